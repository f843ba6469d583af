# SPDX-License-Identifier: AGPL-3.0-or-later
"""Change feed of alarms: each new or changed alarm is handed to a listener once, whichever way it was noticed.

NOTIFY makes an alarm appear at once; a sweep of the table every few seconds makes sure that it appears. Live alarms and
those from the past each have a connection and a thread of their own: an import that raises hundreds from the past
delays none of now. The counts have a third thread, so that no alarm waits for them. While the database cannot be
reached the listener is told so, and each thread tries again.
"""

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

from anpr.domain.errors import StoreError
from anpr.runtime.background import Periodic
from anpr.runtime.clock import Clock
from anpr.store.alarms.rows import ALARM_CHANNEL, RETRO_CHANNEL
from anpr.store.alarms.views import AlarmView
from anpr.store.database.connection import Database, Notification
from anpr.store.database.listen import follow

log = logging.getLogger(__name__)

SWEEP_S = 5.0
_REST_S = 0.02
"""After each alarm from the past. An import raises hundreds at once; reading them without a rest keeps the processor
from those of now. So 200 take four seconds, which is soon enough for what happened in the past."""
_COUNT_REST_S = 0.2
"""After each count: while alarms come one upon the other, a number five times a second is as many as anybody reads, and
each is sent to every page."""
_REMEMBERED = 5_000


class AlarmSource(Protocol):
    """Where the feed reads alarms: the store, or a test's stand-in. Every method raises StoreError."""

    def one(self, alarm_id: int) -> AlarmView | None:
        """One alarm; None when there is none (any more)."""

    def changed_after(self, version: int) -> list[AlarmView]:
        """Alarms with higher versions than this, in their order, not necessarily all of them."""

    def newest_version(self) -> int:
        """The highest version there is; 0 when there is no alarm."""


class AlarmListener(Protocol):
    """Who is told. Every method is called in the feed's threads; but for `count` none may raise anything."""

    def alarm(self, view: AlarmView) -> None:
        """A new alarm, or one that has changed, a new sighting too: each version of it once, none after a newer one."""

    def count(self) -> None:
        """Count the open alarms: after a change, several at once together, and every few seconds. It may take a while,
        and raise StoreError."""

    def lost(self) -> None:
        """The database cannot be reached: until `AlarmFeed.is_up` again, alarms may go unnoticed."""


class AlarmFeed:
    """Follows the alarms of one database from `start` to `close`. Alarms raised before the start are not told."""

    def __init__(self, database: Database, source: AlarmSource, clock: Clock, listener: AlarmListener) -> None:
        self._database = database
        self._source = source
        self._clock = clock
        self._listener = listener
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._announced: OrderedDict[int, int] = OrderedDict()
        self._version: int | None = None
        self._is_up = False
        self._changed = threading.Event()
        sweep = Periodic(every_s=SWEEP_S, work=self._sweep, name="sweep of alarms", clock=clock)
        count = Periodic(every_s=SWEEP_S, work=self._count, name="count of alarms", clock=clock, wake=self._changed)
        steps: dict[str, Callable[[], None]] = {
            "live": lambda: self._follow(ALARM_CHANNEL),
            "retro": lambda: self._follow(RETRO_CHANNEL, _REST_S),
            "count": lambda: count.run(self._stop),
            "sweep": lambda: sweep.run(self._stop),  # the last to start: it asks whether all of them run
        }
        self._threads = [
            threading.Thread(target=step, name=f"alarm-feed-{name}", daemon=True) for name, step in steps.items()
        ]

    def start(self) -> None:
        """Begin to follow."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Tell the threads to end, without waiting for them."""
        self._stop.set()
        self._changed.set()

    def close(self) -> None:
        """End the threads and wait for them, at most 10 s each. May be called twice."""
        self.stop()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=10)

    @property
    def is_up(self) -> bool:
        """Whether alarms get through at this moment."""
        return self._is_up and not self._stop.is_set()

    def announce(self, view: AlarmView) -> None:
        """Hand an alarm to the listener, unless it was told of this version of it already, or of a newer one."""
        with self._lock:
            if self._announced.get(view.alarm.id, -1) >= view.alarm.version:
                return
            self._announced[view.alarm.id] = view.alarm.version
            self._announced.move_to_end(view.alarm.id)
            while len(self._announced) > _REMEMBERED:
                self._announced.popitem(last=False)
        self._listener.alarm(view)
        self._changed.set()

    def _follow(self, channel: str, rest_s: float = 0.0) -> None:
        def noticed(note: Notification) -> None:
            self._noticed(note)
            if rest_s:
                self._clock.wait(self._stop, rest_s)

        follow(self._database, [channel], noticed, self._lost, self._clock, self._stop)

    def _noticed(self, note: Notification) -> None:
        view = self._source.one(int(note.payload)) if note.payload.isdigit() else None
        if view is None:
            log.warning("live alarms: a notification on %s names no alarm", note.channel)
        else:
            self.announce(view)

    def _count(self) -> None:
        self._listener.count()
        self._clock.wait(self._stop, _COUNT_REST_S)

    def _lost(self) -> None:
        self._is_up = False
        self._listener.lost()

    def _sweep(self) -> None:
        try:
            if self._version is None:
                self._version = self._source.newest_version()
            for view in self._source.changed_after(self._version):
                self.announce(view)
                self._version = view.alarm.version
        except StoreError:
            self._lost()
            raise
        # Another error than StoreError ends a thread: then nobody may believe that alarms get through.
        self._is_up = all(thread.is_alive() for thread in self._threads)
