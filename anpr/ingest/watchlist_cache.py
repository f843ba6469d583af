# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cache of all watchlists, kept current while ingest runs: invalidated by NOTIFY, and polled now and then."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from anpr.ingest.matcher import Matcher
from anpr.runtime.background import every, running
from anpr.runtime.clock import Clock
from anpr.store.database.connection import Database, Notification
from anpr.store.database.listen import follow

LIST_CHANNEL = "anpr_watchlists"
LOOK_EVERY_S = 10.0
"""Nothing depends on it: a batch that meets newer lists calls for them itself."""


@contextmanager
def watchlist_cache(database: Database, clock: Clock, *also: threading.Event) -> Iterator[Matcher]:
    """A matcher whose lists follow the database's for as long as the context lasts; `also` is set at every change too.

    It matches from the first moment on: by the database, until all entries are loaded.
    """
    matcher = Matcher(database, clock)

    def call_for_reload(_: Notification) -> None:
        for event in (matcher.behind, *also):
            event.set()

    def lost() -> None:
        matcher.forget()
        matcher.behind.set()

    listening = partial(follow, database, [LIST_CHANNEL], call_for_reload, lost, clock)
    with (
        every(LOOK_EVERY_S, matcher.refresh, "loading the watchlists", clock, wake=matcher.behind),
        running(listening, "watchlists-listen"),
    ):
        yield matcher
