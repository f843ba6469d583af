# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cache of readers' keys, kept current while ingest runs: invalidated by NOTIFY, and polled now and then."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from anpr.ingest.key_ring import KeyRing
from anpr.runtime.background import every, running
from anpr.runtime.clock import Clock
from anpr.store.database.connection import Database, Notification
from anpr.store.database.listen import follow
from anpr.store.reader_keys import list_keys

KEY_CHANNEL = "anpr_reader_keys"
LOOK_EVERY_S = 10.0
"""So long at most a revoked key is still taken where the notification of it was lost."""


@contextmanager
def key_cache(database: Database, clock: Clock, *, allow_unsigned: bool) -> Iterator[KeyRing]:
    """A key ring whose keys follow the database's for as long as the context lasts.

    It has them from the first moment on. Raises StoreError when they cannot be read at its beginning.
    """
    ring = KeyRing(allow_unsigned=allow_unsigned)
    load_keys(database, ring)
    changed = threading.Event()

    def call_for_reload(_: Notification) -> None:
        changed.set()

    listening = partial(follow, database, [KEY_CHANNEL], call_for_reload, changed.set, clock)
    with (
        every(LOOK_EVERY_S, partial(load_keys, database, ring), "loading the readers' keys", clock, wake=changed),
        running(listening, "reader-keys-listen"),
    ):
        yield ring


def load_keys(database: Database, ring: KeyRing) -> None:
    """Give the ring all keys that are in the database. Raises StoreError."""
    with database.transaction() as conn:
        keys = list_keys(conn)
    ring.replace(keys)
