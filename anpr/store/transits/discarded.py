# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tombstones of discarded transits: an id without a plate for each until its day is dropped; numbers by gate and hour.

By the id a transit that comes again is counted once, and its images are told whenever they come. Ids are kept as long
as transits are: nothing older is taken from a reader.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from anpr.domain.transit import Transit
from anpr.store.database.connection import Connection, Database
from anpr.store.database.fetch import count_of
from anpr.store.database.partitions import drop_partition, ensure_partitions, partitions_before, utc_day
from anpr.store.database.queries import load_queries

TABLE = "discarded_transits"
_SQL = load_queries("discarded")
Key = tuple[datetime, UUID]
"""Capture time and id of a transit."""


@dataclass(frozen=True, kw_only=True, slots=True)
class NotKept:
    """Transits at a gate that were counted and not kept: how many, and when the newest was captured (UTC)."""

    gate_id: str
    number: int
    last_at: datetime | None
    """None when there was none."""


def discard(conn: Connection, transits: Sequence[Transit]) -> Counter[str]:
    """As `discard_new`; returns by gate how many were not counted before."""
    return Counter(each.gate_id for each in discard_new(conn, transits))


def discard_new(conn: Connection, transits: Sequence[Transit]) -> list[Transit]:
    """Count these transits and keep nothing of them but their ids; returns those that were not counted before.

    Call it last in a transaction: rows of the hour are shared by all that store. Raises StoreError.
    """
    if not transits:
        return []
    ensure_partitions(conn, {utc_day(each.captured_at) for each in transits}, [TABLE])
    ordered = sorted(transits, key=lambda each: (each.captured_at, each.id))
    rows = conn.execute(_SQL["discard"], _keys([(each.captured_at, each.id) for each in ordered]))
    added = {row["transit_id"] for row in rows}
    new = [each for each in ordered if each.id in added]
    _count(conn, new)
    return new


def _count(conn: Connection, transits: Sequence[Transit]) -> None:
    """By gate and hour, in this order, so that two that count never wait for each other in a circle."""
    numbers: Counter[tuple[str, datetime]] = Counter()
    last: dict[tuple[str, datetime], datetime] = {}
    for each in transits:
        key = each.gate_id, each.captured_at.replace(minute=0, second=0, microsecond=0)
        numbers[key] += 1
        last[key] = max(each.captured_at, last.get(key, each.captured_at))
    keys = sorted(numbers)
    if keys:
        values = {
            "gate_id": [gate_id for gate_id, _ in keys],
            "hour": [hour for _, hour in keys],
            "number": [numbers[key] for key in keys],
            "last_at": [last[key] for key in keys],
        }
        conn.execute(_SQL["count"], values)


def discarded_among(conn: Connection, keys: Sequence[Key]) -> set[int]:
    """Places of those keys whose transit was discarded. Raises StoreError."""
    if not keys:
        return set()
    return {row["place"] - 1 for row in conn.execute(_SQL["discarded"], _keys(keys))}


def drop_images_of_discarded(conn: Connection, keys: Sequence[Key]) -> list[str]:
    """Delete the rows of images whose transits are discarded and not stored; returns the keys of their files."""
    return [row["path"] for row in conn.execute(_SQL["drop_images"], _keys(keys))] if keys else []


def not_kept(
    conn: Connection, since: datetime, until: datetime | None = None, gate_ids: Iterable[str] = ()
) -> list[NotKept]:
    """What was not kept in the hours of [since, until) at these gates (empty: all); also those that discard now.

    Without gates that kept everything. Raises StoreError.
    """
    values = {"since": since, "until": until, "gate_ids": list(gate_ids) or None}
    return [NotKept(**row) for row in conn.execute(_SQL["not_kept"], values)]


def discarded_by_purpose(conn: Connection, since: datetime, until: datetime) -> dict[str, int]:
    """How many transits were not kept in the hours of [since, until), by the purpose of their gate, of the gates that
    the organisation for which this transaction acts may forward. Raises StoreError."""
    rows = conn.execute(_SQL["by_purpose"], {"since": since, "until": until})
    return {row["purpose"]: row["number"] for row in rows}


def drop_discarded(database: Database, before: date) -> int:
    """Drop the ids of all UTC days before `before`, each day in a transaction of its own; returns how many went."""
    number = 0
    for day in partitions_before(database, before, [TABLE])[TABLE]:
        since = datetime.combine(day, time(), UTC)
        with database.transaction() as conn:
            number += count_of(conn, _SQL["rows_of_day"], {"since": since, "until": since + timedelta(days=1)})
            drop_partition(conn, TABLE, day)
    return number


def forget_counts(conn: Connection, before: datetime) -> int:
    """Forget the numbers of the hours before this; returns how many rows went."""
    return conn.execute(_SQL["forget_counts"], {"before": before}).rowcount


def _keys(keys: Sequence[Key]) -> dict[str, list[object]]:
    return {"moments": [moment for moment, _ in keys], "ids": [each for _, each in keys]}
