# SPDX-License-Identifier: AGPL-3.0-or-later
"""Background threads: a function that runs, or periodic work that is done, for as long as a context lasts."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from anpr.domain.errors import AnprError
from anpr.runtime.backoff import Backoff
from anpr.runtime.clock import Clock

log = logging.getLogger(__name__)

LONGEST_RETRY_S = 60.0
"""Periodic work that failed is tried again after at most so long, or after its period where that is shorter."""


@contextmanager
def running(work: Callable[[threading.Event], object], name: str, *wakes: threading.Event) -> Iterator[None]:
    """Run `work(stop)` in a thread of this name. When the context ends, `stop` is set, then `wakes`, which are other
    events that the work waits for, and the thread is joined.
    """
    stop = threading.Event()
    thread = threading.Thread(target=work, args=(stop,), name=name)
    thread.start()
    try:
        yield
    finally:
        for event in (stop, *wakes):
            event.set()
        thread.join()


@dataclass(frozen=True, kw_only=True)
class Periodic:
    """Periodic work. A failure (AnprError) is logged, and the work is tried again after a wait that grows; any other
    exception is a bug and ends the thread.
    """

    every_s: float
    work: Callable[[], object]
    name: str
    """As log lines say it: `name` failed."""
    clock: Clock
    at_once: bool = True
    """Whether the first time is now, and not after the first `every_s`."""
    wake: threading.Event | None = None
    """Setting it ends the wait for the next time. Cleared before the work, so that what comes meanwhile counts."""

    def run(self, stop: threading.Event) -> None:
        """Do it again and again until `stop` is set; whoever sets it sets `wake` after it."""
        retry = Backoff(most_s=min(self.every_s, LONGEST_RETRY_S))
        if not self.at_once:
            self.clock.wait(stop, self.every_s)
        while True:
            if self.wake is not None:
                self.wake.clear()
            if stop.is_set():  # asked after the clearing: the `wake` that came with it is not lost
                return
            self._once(stop, retry)

    def _once(self, stop: threading.Event, retry: Backoff) -> None:
        try:
            self.work()
        except AnprError as exc:
            wait_s = retry.next_s()
            log.warning("%s failed: %s; next try in %.1f s", self.name, exc, wait_s)
            self.clock.wait(stop, wait_s)
        else:
            retry.reset()
            self.clock.wait(self.wake or stop, self.every_s)


def every(
    seconds: float,
    work: Callable[[], object],
    name: str,
    clock: Clock,
    *,
    at_once: bool = True,
    wake: threading.Event | None = None,
) -> AbstractContextManager[None]:
    """Do `work` every so many seconds in a thread of this name for as long as the context lasts; see Periodic."""
    periodic = Periodic(every_s=seconds, work=work, name=name, clock=clock, at_once=at_once, wake=wake)
    return running(periodic.run, name, *([wake] if wake is not None else []))
