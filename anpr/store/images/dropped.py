# SPDX-License-Identifier: AGPL-3.0-or-later
"""Second half of retention of images: removes the files whose rows were dropped, also what a crash left behind.

Rows go by day and purpose, files lie by day and gate. Where all purposes of a day are over, its folder goes as a whole.
Before that, the folders of those gates are thinned whose rows of the day were dropped (the drop itself notes them, in
`dropped_images`), and of those whose purpose keeps that day no more; a file stays where a row still names it.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import unquote

from anpr.store.database.connection import Connection, Database
from anpr.store.database.queries import load_queries
from anpr.store.gates import retention_purposes
from anpr.store.images.check import THREADS
from anpr.store.images.image_store import ImageStore, gate_folder
from anpr.store.images.rows import nobody_puts

_SQL = load_queries("images")


def drop_files(database: Database, images: ImageStore, oldest: date, kept_since: Callable[[str], date]) -> None:
    """Remove the files of what retention has dropped: all days before `oldest`, and of others by purpose.

    `kept_since` gives the first UTC day that is kept of a purpose, by its id. Doing it again is harmless. Raises
    StoreError when the shelf refuses.
    """
    with database.transaction() as conn:
        kept = {row["path"] for row in conn.execute(_SQL["kept"], {"before": _start(oldest)})}
    images.drop_days(oldest, kept)
    with database.transaction() as conn:
        conn.execute(_SQL["forget_dropped_days"], {"before": oldest})
        noted = [(row["day"], row["gate_id"]) for row in conn.execute(_SQL["dropped"])]
        purposes = retention_purposes(conn)
    for day, gate_id in noted:
        # A gate that has another purpose now may still get images of that day.
        _thin(database, images, day, gate_folder(gate_id), waits=day >= kept_since(purposes.get(gate_id, "")))
        with database.transaction() as conn:
            conn.execute(_SQL["forget_dropped"], {"day": day, "gate_id": gate_id})
    for day in images.shelf.days():
        for folder in images.shelf.gates(day) if day < _latest(kept_since, purposes) else ():
            if day < kept_since(purposes.get(unquote(folder), "")):
                _thin(database, images, day, folder, waits=False)


def _latest(kept_since: Callable[[str], date], purposes: dict[str, str]) -> date:
    return max(kept_since(purpose) for purpose in {"", *purposes.values()})


def _thin(database: Database, images: ImageStore, day: date, folder: str, *, waits: bool) -> None:
    """Remove the files in a gate's folder of a day that no row names. `waits`: until nobody is between putting a file
    and noting it, which ingest waits for in turn."""
    with database.transaction() as conn:
        if waits:
            nobody_puts(conn)
        keep = _kept(conn, day, unquote(folder))
        gone = [each.key for each in images.shelf.files(day, folder) if each.key not in keep]
        with ThreadPoolExecutor(THREADS, thread_name_prefix="dropped") as threads:
            list(threads.map(images.shelf.remove, gone))


def _kept(conn: Connection, day: date, gate_id: str) -> set[str]:
    values = {"starts": _start(day), "ends": _start(day + timedelta(days=1)), "gate_id": gate_id}
    return {row["path"] for row in conn.execute(_SQL["kept_of_gate"], values)}


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
