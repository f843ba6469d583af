"""New and changed alarms from the database to every open page: one listener per process, a bounded queue per page.

NOTIFY makes an alarm appear at once; a sweep of the table every few seconds makes sure that it appears. When the
database cannot be reached the feed closes its pages' streams: they show that the connection is lost, and ask again.
"""

import asyncio
import logging
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from anpr.console.live.alarm_views import AlarmView
from anpr.domain.alarm import AlarmState
from anpr.domain.errors import StoreError
from anpr.runtime.clock import Clock
from anpr.store.alarms.rows import ALARM_CHANNEL, RETRO_CHANNEL
from anpr.store.database.connection import Database

log = logging.getLogger(__name__)

SWEEP_S = 5.0
_REMEMBERED = 5_000
_LONGEST_WAIT_S = 30.0


class AlarmSource(Protocol):
    """Where the feed reads alarms: the store, or a test's stand-in."""

    def one(self, alarm_id: int) -> AlarmView | None:
        """One alarm; None when there is none (any more)."""

    def raised_after(self, alarm_id: int) -> list[AlarmView]:
        """Alarms with ids above `alarm_id`, oldest first, not necessarily all of them."""

    def newest_id(self) -> int:
        """The highest id there is; 0 when there is no alarm."""


@dataclass(eq=False, slots=True)
class Subscription:
    """One page's stream. `None` in its queue ends it."""

    loop: asyncio.AbstractEventLoop
    queue: asyncio.Queue[AlarmView | None]
    is_over: threading.Event = field(default_factory=threading.Event)

    def push(self, view: AlarmView | None) -> None:
        """Called in the feed's threads."""
        try:
            self.loop.call_soon_threadsafe(self._put, view)
        except RuntimeError:  # the server's loop is closed: there is no page any more
            self.is_over.set()

    def _put(self, view: AlarmView | None) -> None:
        if self.is_over.is_set():
            return
        if view is not None and view.alarm.retro and self.queue.qsize() * 2 >= self.queue.maxsize:
            # A long list came in: what it found waits for the page's next load, and leaves room for what happens now.
            return
        if view is None or self.queue.full():
            # A page that does not keep up is cut off; it reconnects and reads what it missed from the table.
            self.is_over.set()
            while not self.queue.empty():
                self.queue.get_nowait()
            view = None
        self.queue.put_nowait(view)


class AlarmFeed:
    """Announces each (alarm, state) once to all open pages."""

    def __init__(
        self, database: Database, source: AlarmSource, clock: Clock, *, queue_size: int = 64, max_pages: int = 500
    ) -> None:
        self._database = database
        self._source = source
        self._clock = clock
        self._queue_size = queue_size
        self._max_pages = max_pages
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._pages: set[Subscription] = set()
        self._announced: OrderedDict[tuple[int, AlarmState], None] = OrderedDict()
        self._highest_id: int | None = None
        self._is_up = False
        self._threads = [
            threading.Thread(target=self._work, args=(step,), name=f"alarm-feed-{step.__name__}", daemon=True)
            for step in (self._listen, self._sweep)
        ]

    def start(self) -> None:
        """Begin to listen."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End every page's stream and the threads. May be called twice."""
        self._stop.set()
        self.end_pages()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=10)

    @property
    def is_up(self) -> bool:
        """Whether alarms get through at this moment."""
        return self._is_up and not self._stop.is_set()

    @property
    def pages(self) -> int:
        """Open streams."""
        return len(self._pages)

    @contextmanager
    def subscribe(self) -> Iterator[Subscription | None]:
        """A stream for one page; None while the feed is down or has as many pages as it can serve."""
        loop = asyncio.get_running_loop()
        page = Subscription(loop=loop, queue=asyncio.Queue(maxsize=self._queue_size))
        with self._lock:
            accepted = self.is_up and len(self._pages) < self._max_pages
            if accepted:
                self._pages.add(page)
        try:
            yield page if accepted else None
        finally:
            with self._lock:
                self._pages.discard(page)

    def announce(self, view: AlarmView) -> None:
        """Tell all pages, unless they were told of this alarm in this state already."""
        key = (view.alarm.id, view.alarm.state)
        with self._lock:
            if key in self._announced:
                return
            self._announced[key] = None
            while len(self._announced) > _REMEMBERED:
                self._announced.popitem(last=False)
            pages = list(self._pages)
        for page in pages:
            page.push(view)

    def _work(self, step: Callable[[], None]) -> None:
        wait_s = 1.0
        while not self._stop.is_set():
            try:
                step()
                wait_s = 1.0
            except StoreError as exc:
                log.warning("live alarms: %s; trying again in %.0f s", exc, wait_s)
                self._is_up = False
                self.end_pages()
                self._clock.wait(self._stop, wait_s)
                wait_s = min(wait_s * 2, _LONGEST_WAIT_S)

    def _listen(self) -> None:
        for note in self._database.notifications([ALARM_CHANNEL, RETRO_CHANNEL], self._stop):
            view = self._source.one(int(note.payload)) if note.payload.isdigit() else None
            if view is None:
                log.warning("live alarms: a notification that names no alarm")
            else:
                self.announce(view)

    def _sweep(self) -> None:
        if self._highest_id is None:
            # Older ones are on every page when it opens.
            self._highest_id = self._source.newest_id()
        for view in self._source.raised_after(self._highest_id):
            self.announce(view)
            self._highest_id = view.alarm.id
        # Another error than StoreError ends a thread: then no page may believe that it is live.
        self._is_up = all(thread.is_alive() for thread in self._threads)
        self._clock.wait(self._stop, SWEEP_S)

    def end_pages(self) -> None:
        """Close every open stream; pages that are still there ask again."""
        with self._lock:
            pages = list(self._pages)
        for page in pages:
            page.push(None)


async def next_alarms(page: Subscription, idle_s: float) -> AsyncIterator[AlarmView | None]:
    """Alarms as they are announced, and None after each `idle_s` without one; ends when the stream is cut off."""
    while True:
        try:
            view = await asyncio.wait_for(page.queue.get(), idle_s)
        except TimeoutError:
            yield None
            continue
        if view is None:
            return
        yield view
