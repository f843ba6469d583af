"""Keeps the lists in memory current while ingest runs: told by the database, looking itself now and then."""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial

from anpr.domain.errors import StoreError
from anpr.ingest.matcher import Matcher
from anpr.runtime.background import beside
from anpr.runtime.clock import Clock
from anpr.store.database.connection import Database
from anpr.transport.backoff import Backoff

LIST_CHANNEL = "anpr_watchlists"
LOOK_EVERY_S = 10.0
"""Nothing depends on it: a batch that meets newer lists calls for them itself."""
log = logging.getLogger(__name__)


@contextmanager
def lists_in_memory(database: Database, clock: Clock, *also: threading.Event) -> Iterator[Matcher]:
    """A matcher whose lists follow the database's for as long as the context lasts; `also` is set at every change too.

    It matches from the first moment on: by the database, until all entries are loaded.
    """
    matcher = Matcher(database, clock)
    with (
        beside(partial(keep_current, matcher, clock), "lists", matcher.behind),
        beside(partial(listen, matcher, database, clock, also), "lists-listen"),
    ):
        yield matcher


def keep_current(matcher: Matcher, clock: Clock, stop: threading.Event) -> None:
    """Reload whenever the matcher is behind, until `stop` is set. Waits for a database that is away."""
    backoff = Backoff()
    while not stop.is_set():
        matcher.behind.clear()  # before the look: what changes during it sets this again
        if _tried(matcher.refresh, "loading the watchlists"):
            backoff.reset()
            clock.wait(matcher.behind, LOOK_EVERY_S)
        else:
            clock.wait(stop, backoff.next_s())


def listen(
    matcher: Matcher, database: Database, clock: Clock, also: Iterable[threading.Event], stop: threading.Event
) -> None:
    """Call for a reload at every notification, until `stop` is set; a new connection after each that is lost."""
    backoff = Backoff()

    def wait_for_changes() -> None:
        for _ in database.notifications(LIST_CHANNEL, stop):
            backoff.reset()
            for event in (matcher.behind, *also):
                event.set()

    while not stop.is_set():
        if not _tried(wait_for_changes, "listening for changes of the watchlists"):
            matcher.forget()
            matcher.behind.set()
            clock.wait(stop, backoff.next_s())


def _tried(action: Callable[[], object], what: str) -> bool:
    try:
        action()
    except StoreError as exc:
        log.warning("%s failed: %s", what, exc)
        return False
    return True
