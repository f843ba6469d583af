# SPDX-License-Identifier: AGPL-3.0-or-later
"""Images that no transit names: few may wait for their transit, and they go when it has not come within a day.

An image may come before its transit and is told then by its digest. A forged one waits as well, and is shown to nobody.
"""

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from anpr.contract.image import ImageHeader
from anpr.domain.transit import ImageRole
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


def crowded(conn: Connection, headers: Sequence[ImageHeader]) -> set[int]:
    """Places of those headers whose transit is not stored, and for which MOST_WAITING other images of this role wait.

    Raises StoreError.
    """
    if not headers:
        return set()
    keys = {
        "moments": [each.captured_at for each in headers],
        "ids": [each.transit_id for each in headers],
        "roles": [str(each.role) for each in headers],
    }
    taken: defaultdict[tuple[UUID, ImageRole], set[str]] = defaultdict(set)
    crowded_places = set()
    for row in conn.execute(_SQL["waiting"], keys):
        header = headers[row["place"] - 1]
        digests = taken[header.transit_id, header.role]
        digests |= set(row["digests"])
        if not row["has_transit"] and header.sha256 not in digests and len(digests) >= MOST_WAITING:
            crowded_places.add(row["place"] - 1)
        else:
            digests.add(header.sha256)
    return crowded_places


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
