# SPDX-License-Identifier: AGPL-3.0-or-later
"""Broadcast of alarms and of their counts to the open pages: one feed per process, a bounded queue per page.

The pages of each organisation are told what the database shows to it. While the database cannot be reached the pages'
streams are closed: they show that the connection is lost, and ask again.
"""

import asyncio
import itertools
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from anpr.domain.errors import StoreError
from anpr.domain.organisation import MANAGER
from anpr.runtime.clock import Clock
from anpr.store.alarms.feed import AlarmFeed, AlarmSource
from anpr.store.alarms.tally import AlarmTally
from anpr.store.alarms.views import AlarmView
from anpr.store.database.connection import Database

News = AlarmView | AlarmTally
"""What a page is told: an alarm that is new or has changed, or how many there are now."""

log = logging.getLogger(__name__)

PER_SESSION = 5
PER_USER = 20
"""Streams at once; with one more the oldest ends, and its page says so."""


@dataclass(frozen=True, order=True, slots=True)
class _Waiting:
    """A place in a page's queue: what happens now goes before what comes from the past; else the first comes first."""

    from_past: bool
    number: int
    news: News | None = field(compare=False)


@dataclass(eq=False, slots=True)
class Subscription:
    """One page's stream. `None` in its queue ends it."""

    loop: asyncio.AbstractEventLoop
    queue: asyncio.PriorityQueue[_Waiting]
    user: str = ""
    session: str = ""
    organisation: str = MANAGER
    is_replaced: bool = False
    """It ends because its session or its user has opened too many others."""
    is_over: threading.Event = field(default_factory=threading.Event)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def push(self, news: News | None) -> None:
        """Called in the feed's threads."""
        try:
            self.loop.call_soon_threadsafe(self._put, news)
        except RuntimeError:  # the server's loop is closed: there is no page any more
            self.is_over.set()

    def _put(self, news: News | None) -> None:
        if self.is_over.is_set():
            return
        from_past = isinstance(news, AlarmView) and news.alarm.retro
        if from_past and self.queue.qsize() * 2 >= self.queue.maxsize:
            # A long list came in: what it found waits for the page's next load, and leaves room for what happens now.
            return
        if news is None or self.queue.full():
            # A page that does not keep up is cut off; it reconnects and reads what it missed from the table.
            self.is_over.set()
            while not self.queue.empty():
                self.queue.get_nowait()
            news = None
        self.queue.put_nowait(_Waiting(from_past=from_past, number=next(self._numbers), news=news))

    async def take(self) -> list[News | None]:
        """What waits, as soon as there is something: all of now, of two counts the newer; else one from the past, so
        that one of now that comes next waits for no more than that."""
        found = [await self.queue.get()]
        while not found[0].from_past and not self.queue.empty():
            following = self.queue.get_nowait()
            if following.from_past:
                self.queue.put_nowait(following)
                break
            found.append(following)
        last_tally = next((each.news for each in reversed(found) if isinstance(each.news, AlarmTally)), None)
        return [each.news for each in found if not isinstance(each.news, AlarmTally) or each.news is last_tally]


class ShownAlarms(Protocol):
    """What one organisation sees of the alarms. Every method raises StoreError."""

    def one(self, alarm_id: int) -> AlarmView | None:
        """One alarm; None when there is none, or not for this organisation."""

    def tally(self) -> AlarmTally:
        """How many are not closed."""


class LiveAlarms:
    """The open pages of one console process, and the feed that fills their queues."""

    def __init__(
        self,
        database: Database,
        source: AlarmSource,
        shown_to: Callable[[str], ShownAlarms],
        clock: Clock,
        *,
        queue_size: int = 64,
        max_pages: int = 500,
    ) -> None:
        """`source` has all alarms; `shown_to` gives what an organisation (by id) sees of them now."""
        self._shown_to = shown_to
        self._feed = AlarmFeed(database, source, clock, self)
        self._queue_size = queue_size
        self._max_pages = max_pages
        self._lock = threading.Lock()
        self._pages: dict[Subscription, None] = {}  # in the order in which they came
        self._tallies: dict[str, AlarmTally] = {}

    def start(self) -> None:
        """Begin to follow the alarms."""
        self._feed.start()

    def close(self) -> None:
        """End every page's stream, and the feed. May be called twice."""
        self._feed.stop()
        self.end_pages()
        self._feed.close()

    @property
    def is_up(self) -> bool:
        """Whether alarms get through at this moment."""
        return self._feed.is_up

    def latest_tally(self, organisation: str) -> AlarmTally | None:
        """How many alarms are open for this organisation; None while nobody can count them. Raises StoreError."""
        if not self.is_up:
            return None
        known = self._tallies.get(organisation)
        if known is None:
            known = self._tallies.setdefault(organisation, self._shown_to(organisation).tally())
        return known

    @property
    def pages(self) -> int:
        """Open streams."""
        return len(self._pages)

    @property
    def has_room(self) -> bool:
        """Whether one more page of somebody new can be served."""
        return len(self._pages) < self._max_pages

    @contextmanager
    def subscribe(
        self, user: str = "", session: str = "", organisation: str = MANAGER
    ) -> Iterator[Subscription | None]:
        """A stream for one page of this user's session; None while the feed is down or has as many pages as it can
        serve.

        The oldest stream of a session that has PER_SESSION, or of a user that has PER_USER, ends for it.
        """
        queue: asyncio.PriorityQueue[_Waiting] = asyncio.PriorityQueue(maxsize=self._queue_size)
        loop = asyncio.get_running_loop()
        page = Subscription(loop=loop, queue=queue, user=user, session=session, organisation=organisation)
        with self._lock:
            replaced = self._too_many(page)
            accepted = self.is_up and len(self._pages) - len(replaced) < self._max_pages
            if accepted:
                for old in replaced:
                    del self._pages[old]
                self._pages[page] = None
        for old in replaced if accepted else []:
            old.is_replaced = True
            old.push(None)
        try:
            yield page if accepted else None
        finally:
            with self._lock:
                self._pages.pop(page, None)

    def alarm(self, view: AlarmView) -> None:
        """Called by the feed: tell the pages of each organisation that sees the alarm."""
        for organisation, pages in self._by_organisation().items():
            try:
                shown = self._shown_to(organisation).one(view.alarm.id)
            except StoreError as exc:  # they come back, and read what they missed
                log.warning("live alarms: the pages of %s are closed: %s", organisation, exc)
                _push(pages, None)
                continue
            if shown is not None:
                _push(pages, shown)

    def count(self) -> None:
        """Called by the feed: tell the pages of each organisation its counts, where they have changed."""
        pages = self._by_organisation()
        for organisation in {*self._tallies, *pages}:
            tally = self._shown_to(organisation).tally()
            if tally != self._tallies.get(organisation):
                self._tallies[organisation] = tally
                _push(pages.get(organisation, ()), tally)

    def lost(self) -> None:
        """Called by the feed when the database cannot be reached."""
        self.end_pages()

    def end_pages(self) -> None:
        """Close every open stream; pages that are still there ask again."""
        for page in self._subscribed():
            page.push(None)

    def _too_many(self, new: Subscription) -> set[Subscription]:
        """The streams that end when this one begins: the oldest of its session, or of its user."""
        if not new.user:
            return set()
        of_user = [page for page in self._pages if page.user == new.user]
        of_session = [page for page in of_user if page.session == new.session]
        return {*of_session[: max(0, len(of_session) - PER_SESSION + 1)]} | {
            *of_user[: max(0, len(of_user) - PER_USER + 1)]
        }

    def _by_organisation(self) -> dict[str, list[Subscription]]:
        found: dict[str, list[Subscription]] = {}
        for page in self._subscribed():
            found.setdefault(page.organisation, []).append(page)
        return found

    def _subscribed(self) -> list[Subscription]:
        with self._lock:
            return list(self._pages)


def _push(pages: Iterable[Subscription], news: News | None) -> None:
    for page in pages:
        page.push(news)


async def next_news(page: Subscription, idle_s: float) -> AsyncIterator[list[News]]:
    """News as they come, those of now before those from the past: what waits at once, and an empty list after each
    `idle_s` without any.

    Ends when the stream is cut off.
    """
    while True:
        try:
            news = await asyncio.wait_for(page.take(), idle_s)
        except TimeoutError:
            yield []
            continue
        known = list(itertools.takewhile(lambda each: each is not None, news))
        if known:
            yield [each for each in known if each is not None]
        if len(known) < len(news):
            return
