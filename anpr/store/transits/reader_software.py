# SPDX-License-Identifier: AGPL-3.0-or-later
"""Dictionary of what readers said they run: a transit has the text's digest, 8 bytes instead of a hundred."""

import hashlib
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from anpr.domain.transit import Transit
from anpr.store.database.connection import Connection
from anpr.store.database.partitions import utc_day
from anpr.store.database.queries import load_queries

MOST_TEXTS = 10_000
"""In the dictionary; a text beyond is not recorded. A region of 1,000 readers that is upgraded monthly has a few."""
_SQL = load_queries("reader_software")


@lru_cache(maxsize=4096)
def software_id(text: str) -> int:
    """The first eight bytes of its SHA-256, as a signed number."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)


def note_software(conn: Connection, transits: Sequence[Transit]) -> None:
    """Put into the dictionary what is not there, or was last said on an earlier day; in the order of the ids, so that
    two inserters never wait for each other in a circle."""
    last: dict[str, date] = {}
    for transit in transits:
        if transit.software is not None:
            day = utc_day(transit.captured_at)
            last[transit.software] = max(day, last.get(transit.software, day))
    if not last:
        return
    texts = sorted(last, key=software_id)
    ids, days = [software_id(text) for text in texts], [last[text] for text in texts]
    conn.execute(_SQL["note"], {"ids": ids, "texts": texts, "days": days, "most": MOST_TEXTS})


def software_text(conn: Connection, number: int | None) -> str | None:
    """The text; None where none was recorded."""
    row = None if number is None else conn.execute(_SQL["get"], {"id": number}).fetchone()
    return str(row["text"]) if row else None


def forget_software(conn: Connection, before: date) -> int:
    """Take out what no transit from this day on has, unless transits are held; returns how many."""
    return conn.execute(_SQL["forget"], {"before": before}).rowcount
