# SPDX-License-Identifier: AGPL-3.0-or-later
"""Synthetic month: thirty days of traffic generated inside PostgreSQL.

A hundred million rows take hours: a fill that was interrupted goes on with the day that is missing.
"""

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
    by a restore: it is much quicker. The month that was begun goes on, whatever `month` says now."""
    began = CLOCK.monotonic()
    conn = database.connect(autocommit=True)
    try:
        _fill(conn, _begun(conn, month), purposes)
    finally:
        conn.close()
    return CLOCK.monotonic() - began


def is_filled(database: Database) -> bool:
    """Whether a month was made here to its end."""
    with database.transaction() as conn:
        has_rows = conn.execute("SELECT FROM transits LIMIT 1").fetchone() is not None
        is_begun = conn.execute("SELECT to_regclass('benchmark.month') AS month").fetchone()
    assert is_begun is not None
    return has_rows and is_begun["month"] is None


def last_day(month: Month) -> datetime:
    """When the last of the thirty days begins (UTC)."""
    return month.end.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)


def _fill(conn: Connection, month: Month, purposes: int) -> None:
    sql = _queries()
    conn.execute("SET maintenance_work_mem = '512MB'")
    conn.execute("SET work_mem = '256MB'")
    conn.execute(sql["plate_of"])
    _drop_indexes(conn)
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
        if conn.execute(sql["has_day"], values).fetchone() is None:
            conn.execute(sql["seed"], {"seed": back / MONTH_DAYS})
            conn.execute(_with_purposes(sql["day"], purposes), values)
            log(f"queries: {MONTH_DAYS - back - 1} days of {month.rows // MONTH_DAYS:,} rows are left")
    conn.execute("TRUNCATE plates")
    conn.execute(sql["plates"])
    _make_indexes(conn)
    conn.execute("VACUUM (ANALYZE) transits, plates")
    conn.execute("DROP SCHEMA benchmark CASCADE")


def _begun(conn: Connection, month: Month) -> Month:
    """The month that is being made in this database: `month`, when none was begun."""
    conn.execute(_queries()["begin"])
    row = conn.execute("SELECT rows, ends_at FROM benchmark.month").fetchone()
    if row is not None:
        return Month(rows=row["rows"], end=row["ends_at"])
    conn.execute("INSERT INTO benchmark.month VALUES (%s, %s)", (month.rows, month.end))
    return month


def _drop_indexes(conn: Connection) -> None:
    """Those of the schema, but for the keys; what makes them again is kept in the database until it has."""
    with conn.transaction():
        for row in conn.execute(_queries()["indexes"]).fetchall():
            definition = row["indexdef"].replace(" ON ONLY ", " ON ")
            conn.execute("INSERT INTO benchmark.indexes VALUES (%s, %s)", (row["indexname"], definition))
            conn.execute(f"DROP INDEX {row['indexname']}".encode())


def _make_indexes(conn: Connection) -> None:
    for row in conn.execute("SELECT name, definition FROM benchmark.indexes").fetchall():
        with conn.transaction():
            conn.execute(row["definition"].encode())
            conn.execute("DELETE FROM benchmark.indexes WHERE name = %s", (row["name"],))
        log(f"queries: index {row['name']}")


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
