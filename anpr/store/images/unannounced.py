# SPDX-License-Identifier: AGPL-3.0-or-later
"""Images that no transit names: few may wait for their transit, and they go when it has not come within a day.

An image may come before its transit and is told then by its digest. A forged one waits as well, and is shown to nobody.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from anpr.contract.image import ImageHeader
from anpr.runtime.clock import Clock
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database.connection import Connection, Database
from anpr.store.database.queries import load_queries
from anpr.store.images.check import THREADS
from anpr.store.images.files import Shelf
from anpr.store.images.rows import nobody_puts
from anpr.store.retention_guard import DatabaseClock, database_now, older_clock

MOST_WAITING = 4
"""Images of one transit and role that wait at once. A reader sends one; what comes after its transit needs no place."""
WAIT_FOR = timedelta(hours=24)
LOOK_BACK = timedelta(hours=24)
"""So long after WAIT_FOR an image is looked for; what is older, as after an outage of ingest, goes with its day."""
MOST_AT_ONCE = 100_000
BATCH = 200
ACTOR = "maintenance"
_SQL = load_queries("unannounced")
_KEY = ("captured_at", "transit_id", "role", "sha256")


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """Places of headers that must not be stored."""

    other: set[int]
    """Their transit is stored and names no such image of this gate."""
    crowded: set[int]
    """Their transit is not stored, and MOST_WAITING others of this role wait for it."""


def refused_places(conn: Connection, headers: Sequence[ImageHeader]) -> Refused:
    """Which of these images their transit does not name, or are too many before it has come. Raises StoreError."""
    if not headers:
        return Refused(other=set(), crowded=set())
    keys = {"moments": [each.captured_at for each in headers], "ids": [each.transit_id for each in headers]}
    named = {row["place"] - 1: row for row in conn.execute(_SQL["announced"], keys)}
    other = {place for place, row in named.items() if not _is_named(headers[place], row)}
    early = [place for place in range(len(headers)) if place not in named]
    return Refused(other=other, crowded=_crowded(conn, headers, early) if early else set())


def _is_named(header: ImageHeader, row: dict[str, Any]) -> bool:
    refs = {(role, sha256) for role, sha256, _ in row["images"]}
    return row["gate_id"] == header.gate_id and (header.role.value, header.sha256) in refs


def _crowded(conn: Connection, headers: Sequence[ImageHeader], early: Collection[int]) -> set[int]:
    waiting: defaultdict[tuple[object, ...], set[str]] = defaultdict(set)
    keys = {
        "moments": [headers[place].captured_at for place in early],
        "ids": [headers[place].transit_id for place in early],
        "roles": [str(headers[place].role) for place in early],
    }
    for row in conn.execute(_SQL["waiting"], keys):
        waiting[row["captured_at"], row["transit_id"], row["role"]].add(row["sha256"])
    crowded = set()
    for place in early:
        header = headers[place]
        digests = waiting[header.captured_at, header.transit_id, str(header.role)]
        if header.sha256 not in digests and len(digests) >= MOST_WAITING:
            crowded.add(place)
        else:
            digests.add(header.sha256)
    return crowded


def sweep(database: Database, shelf: Shelf, clock: Clock, database_clock: DatabaseClock = database_now) -> int:
    """Remove the images that have waited for WAIT_FOR, rows and files; returns how many went, and says so in the audit.

    By the older of the two clocks. Raises StoreError; doing it again is harmless.
    """
    with database.transaction() as conn:
        before = older_clock(clock, database_clock(conn)) - WAIT_FOR
        values = {"since": before - LOOK_BACK, "before": before, "most": MOST_AT_ONCE}
        found = conn.execute(_SQL["left"], values).fetchall()
    removed = sum(_remove(database, shelf, found[at : at + BATCH]) for at in range(0, len(found), BATCH))
    if removed:
        _record(database, removed, clock.now())
    return removed


def _remove(database: Database, shelf: Shelf, rows: Sequence[dict[str, Any]]) -> int:
    with database.transaction() as conn:
        nobody_puts(conn)  # else one that comes again would lose its file
        keys = {name: [row[name] for row in rows] for name in _KEY}
        gone = [row["path"] for row in conn.execute(_SQL["drop"], keys)]
        with ThreadPoolExecutor(THREADS, thread_name_prefix="unannounced") as threads:
            list(threads.map(shelf.remove, gone))
    return len(gone)


def _record(database: Database, images: int, at: datetime) -> None:
    detail = {"images": images, "why": "no transit names them"}
    with database.transaction() as conn:
        append(conn, AuditEvent(actor=ACTOR, action=AuditAction.DATA_DELETED, at=at, detail=detail))
