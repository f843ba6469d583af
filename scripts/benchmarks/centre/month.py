# SPDX-License-Identifier: AGPL-3.0-or-later
"""Synthetic month: thirty days of traffic generated inside PostgreSQL."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from string import ascii_uppercase

from anpr.domain.plate import look_alike_key
from anpr.store.database.connection import Connection, Database
from anpr.store.database.partitions import Part, ensure_partitions, ensure_parts, utc_day
from scripts.benchmarks.common import CLOCK
from scripts.command import log

MONTH_DAYS = 30
_NAME = re.compile(r"^-- name: (\w+)$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Month:
    """So many transits in the thirty days before `end`: 4,000 of each camera a day, each vehicle about five times."""

    rows: int
    end: datetime

    @property
    def cameras(self) -> int:
        return max(2, self.rows // MONTH_DAYS // 4000)

    @property
    def regulars(self) -> int:
        """MadeTransit once a day: three in five of all transits."""
        return max(1, self.rows * 3 // 5 // MONTH_DAYS)

    @property
    def others(self) -> int:
        """MadeTransit twice a month."""
        return max(1, self.rows // 5)


def fill(database: Database, month: Month, purposes: int = 0) -> float:
    """Seconds it took. With `purposes`, gates have one of so many purposes in turn. Indexes are made after the rows, as
    by a restore: it is much quicker."""
    began = CLOCK.monotonic()
    conn = database.connect(autocommit=True)
    try:
        _fill(conn, month, purposes)
    finally:
        conn.close()
    return CLOCK.monotonic() - began


def last_day(month: Month) -> datetime:
    """When the last of the thirty days begins (UTC)."""
    return month.end.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)


def _fill(conn: Connection, month: Month, purposes: int) -> None:
    sql = _queries()
    conn.execute("SET maintenance_work_mem = '512MB'")
    conn.execute("SET work_mem = '256MB'")
    conn.execute(sql["plate_of"])
    conn.execute(sql["seed"])
    indexes = _drop_indexes(conn, sql)
    letters = "".join(letter for letter in ascii_uppercase if look_alike_key(letter) != letter)
    for back in range(MONTH_DAYS):
        day = last_day(month) - timedelta(days=back)
        if purposes:
            ensure_parts(conn, [Part(utc_day(day), f"purpose-{number}") for number in range(purposes)], ["transits"])
        else:
            ensure_partitions(conn, [utc_day(day)], ["transits"])
        values = {
            "day": day,
            "rows": month.rows // MONTH_DAYS,
            "cameras": month.cameras,
            "regulars": month.regulars,
            "others": month.others,
            "from": letters,
            "to": look_alike_key(letters),
        }
        conn.execute(_with_purposes(sql["day"], purposes), values)
    conn.execute(sql["plates"])
    log(f"queries: {month.rows:,} rows are in, {len(indexes)} indexes follow")
    for index in indexes:
        conn.execute(index.encode())
    conn.execute("VACUUM (ANALYZE) transits, plates")


def _drop_indexes(conn: Connection, sql: Mapping[str, bytes]) -> list[str]:
    """Those of the schema, but for the keys; the statements that make them again."""
    found = conn.execute(sql["indexes"]).fetchall()
    for row in found:
        conn.execute(f"DROP INDEX {row['indexname']}".encode())
    return [row["indexdef"].replace(" ON ONLY ", " ON ") for row in found]


def _with_purposes(query: bytes, purposes: int) -> bytes:
    """The column is left out where there are none: the benchmark also fills schemas that do not have it."""
    if not purposes:
        return query
    of_camera = f"'purpose-' || camera / 2 % {purposes}".replace("%", "%%")
    return query.replace(b"images)\n", b"images, purpose)\n").replace(b"'[]'\n", f"'[]', {of_camera}\n".encode())


def _queries() -> Mapping[str, bytes]:
    text = (Path(__file__).parent / "fill.sql").read_text(encoding="utf-8")
    parts = _NAME.split(text)[1:]
    return {name: body.strip().encode() for name, body in zip(parts[::2], parts[1::2], strict=True)}
