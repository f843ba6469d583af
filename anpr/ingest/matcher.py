# SPDX-License-Identifier: AGPL-3.0-or-later
"""In-memory matcher: compares transits with all watchlists in microseconds, and misses no change of them.

Why none is missed. Every change of the lists raises one version in the database, in the order in which changes become
visible (migration 5). A batch asks for that version in its own transaction, after it has taken the lock of its insert
(`announce_storing`), by the statement that also confirms the entries found here. When it is the version that memory
holds, every entry committed until that moment was compared. When it is another, memory is behind: the batch is matched
by the database instead, and a reload is called for. An entry that is committed later still is new to the batch:
retro-match waits for whoever holds that lock, and then looks for it among what is stored. So a notification that is
late or lost costs speed, and nothing else.

The same statement decides, before the insert, what is discarded at a gate that keeps hits only: a transit that no entry
committed until then matches. A later entry cannot find it.

Memory may name an entry that is gone or has ended, never the other way round: the database confirms each.
"""

import logging
import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from anpr.domain.reasons import ListReload, MatchedBy
from anpr.domain.transit import Transit
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import LIST_ENTRIES, LIST_LAG, LIST_RELOAD_SECONDS, MATCHED
from anpr.store.database.connection import Connection, Database
from anpr.store.watchlists.entry_index import EntryIndex, IndexedEntry
from anpr.store.watchlists.matching import (
    Hit,
    confirm,
    count_newer,
    list_version,
    matching_entries,
    newer_entries,
    see_one_moment,
)

log = logging.getLogger(__name__)

FEW = 10_000
"""Entries. So many and half of what is there are added to it; more are loaded anew, which forgets what is gone."""

_CHUNK = 2_000
"""Entries taken in at once: a batch waits for them."""
_SAY_EVERY = 100_000


class Matcher:
    """Holds all lists in memory. `hits` and `refresh` may run in different threads, one thread for `refresh`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._lock = threading.Lock()
        self._index = EntryIndex()
        self._version: int | None = None
        self.behind = threading.Event()
        """Set when a batch met a newer version than memory holds."""

    def hits(self, conn: Connection, transits: Sequence[Transit]) -> list[Hit]:
        """What `matching_entries` gives, for one cheap query where memory is up to date.

        Call it after `announce_storing`, in the transaction that stores them, at its isolation level READ COMMITTED.
        """
        if not transits:
            return []
        with self._lock:
            version, likely = self._version, self._index.likely(transits)
        confirmed = confirm(conn, set().union(*likely.values()))
        if confirmed.version != version:
            LIST_LAG.set(confirmed.version - (version or 0))
            self.behind.set()
            MATCHED.labels(MatchedBy.DATABASE).inc(len(transits))
            return matching_entries(conn, transits)
        MATCHED.labels(MatchedBy.MEMORY).inc(len(transits))
        return [hit for place in sorted(likely) for hit in confirmed.hits(transits[place], likely[place])]

    def refresh(self) -> bool:
        """Load what changed; whether anything had. Raises StoreError, and then what was there stays in use."""
        began = self._clock.monotonic()
        with self._database.transaction() as conn:
            see_one_moment(conn)
            version = list_version(conn)
            if version == self._version:
                return False
            how, index, number = self._load(conn, version)
        with self._lock:
            self._index, self._version = index, version
        took = self._clock.monotonic() - began
        LIST_LAG.set(0)
        LIST_ENTRIES.set(len(index))
        LIST_RELOAD_SECONDS.labels(how).observe(took)
        log.info("watchlists: version %d, %d entries loaded (%s) in %.1f s", version, number, how, took)
        return True

    def forget(self) -> None:
        """Invalidate what is loaded: batches are matched by the database until the next `refresh`.

        For when the connection was lost: the database that comes back may be another one, or restored.
        """
        with self._lock:
            self._version = None

    def _load(self, conn: Connection, version: int) -> tuple[ListReload, EntryIndex, int]:
        """Gives how entries were loaded, the index, and their number."""
        held, index = self._version, self._index
        if held is not None and held < version:
            number = count_newer(conn, held)
            if number <= FEW + len(index) // 2:
                for chunk in _chunks(newer_entries(conn, held)):
                    with self._lock:
                        index.add(chunk)
                return ListReload.CHANGES, index, number
        index = EntryIndex()
        total = count_newer(conn, -1)
        for chunk in _chunks(newer_entries(conn, -1)):
            index.add(chunk)
            if len(index) % _SAY_EVERY == 0:
                log.info("watchlists: %d of %d entries loaded", len(index), total)
        return ListReload.ALL, index, total


def _chunks(entries: Iterable[IndexedEntry]) -> Iterator[list[IndexedEntry]]:
    rest = iter(entries)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
