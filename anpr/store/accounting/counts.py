# SPDX-License-Identifier: AGPL-3.0-or-later
"""Counters of transits by gate, reader and hour: they outlive the transits, and hold no plate."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from anpr.domain.transit import Transit
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

LATE_AFTER = timedelta(hours=1)
"""A transit that is received so long after its capture arrives late."""
KINDS = ("stored", "discarded", "refused", "numbered", "unnumbered", "recovered", "duplicates", "late")
_SQL = load_queries("accounting")
_FORGET = (
    "forget_counts",
    "forget_refused",
    "forget_unqueued",
    "forget_gaps",
    "forget_silent",
    "forget_destinations",
)

Place = tuple[str, str, datetime]
"""Gate, reader, and the hour (UTC)."""
Tally = Counter[tuple[Place, str]]
"""How many, by place and kind (one of KINDS)."""


def place_of(gate_id: str, reader_id: str, moment: datetime) -> Place:
    """Where something of this moment is counted."""
    return gate_id, reader_id, moment.replace(minute=0, second=0, microsecond=0)


def tally_kept(transits: Iterable[Transit], kind: str, now: datetime) -> Tally:
    """Transits that were stored or discarded at `now` (UTC), and those of them that arrived late."""
    tally: Tally = Counter()
    for each in transits:
        place = place_of(each.gate_id, each.reader_id, each.captured_at)
        tally[place, kind] += 1
        if now - each.captured_at > LATE_AFTER:
            tally[place, "late"] += 1
    return tally


def add_counts(conn: Connection, tally: Tally) -> None:
    """Add these numbers, in one order, so that two that count never wait for each other in a circle.

    Call it last in a transaction: rows of the hour are shared by all that store. Raises StoreError.
    """
    places = sorted({place for place, _ in tally})
    if not places:
        return
    values: dict[str, list[object]] = {kind: [tally[place, kind] for place in places] for kind in KINDS}
    for number, name in enumerate(("gate_id", "reader_id", "hour")):
        values[name] = [place[number] for place in places]
    conn.execute(_SQL["count"], values)


def add_refused(conn: Connection, refused: Mapping[tuple[str, datetime, str], int]) -> None:
    """Add refused messages by reader, hour (UTC) of reception and reason. Raises StoreError."""
    keys = sorted(refused)
    if keys:
        values: dict[str, list[object]] = {
            name: [key[number] for key in keys] for number, name in enumerate(("reader_id", "hour", "reason"))
        }
        conn.execute(_SQL["count_refused"], {**values, "number": [refused[key] for key in keys]})


def forget_accounts(conn: Connection, before: datetime) -> int:
    """Forget the numbers of the hours before this, and outboxes and destinations not heard of since; returns how many
    rows went."""
    return sum(conn.execute(_SQL[name], {"before": before}).rowcount for name in _FORGET)
