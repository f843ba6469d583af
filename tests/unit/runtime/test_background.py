# SPDX-License-Identifier: AGPL-3.0-or-later
"""Work in the background begins with its context and has ended after it; periodic work survives its failures."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from anpr.domain.errors import StoreError
from anpr.runtime.background import Periodic, every, running
from anpr.runtime.clock import ManualClock, SystemClock


def test_it_works_until_the_context_ends() -> None:
    begun, ended = threading.Event(), threading.Event()

    def work(stop: threading.Event) -> None:
        begun.set()
        stop.wait()
        ended.set()

    with running(work, "one"):
        assert begun.wait(10)
        assert not ended.is_set()
        assert "one" in {thread.name for thread in threading.enumerate()}
    assert ended.is_set()
    assert "one" not in {thread.name for thread in threading.enumerate()}


def test_it_ends_when_the_context_fails() -> None:
    ended = threading.Event()

    def work(stop: threading.Event) -> None:
        stop.wait()
        ended.set()

    with pytest.raises(RuntimeError, match="lost"), running(work, "one"):
        raise RuntimeError("lost")
    assert ended.is_set()


def test_what_it_waits_for_wakes_it_after_its_end_was_told() -> None:
    news, seen = threading.Event(), list[bool]()

    def work(stop: threading.Event) -> None:
        news.wait()
        seen.append(stop.is_set())

    with running(work, "one", news):
        pass
    assert seen == [True]


class Work:
    """Fails at the given times (the first is 0); says when each was, and stops after `times`."""

    def __init__(self, times: int, failures: tuple[int, ...] = ()) -> None:
        self.clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
        self.stop = threading.Event()
        self.at: list[float] = []
        self._times = times
        self._failures = failures

    def __call__(self) -> None:
        self.at.append(self.clock.monotonic())
        if len(self.at) == self._times:
            self.stop.set()
        if len(self.at) - 1 in self._failures:
            raise StoreError("database: gone")

    def periodic(self, *, at_once: bool = True) -> Callable[[], None]:
        work = Periodic(every_s=100, work=self, name="counting", clock=self.clock, at_once=at_once)
        return lambda: work.run(self.stop)


def test_periodic_work_is_done_at_once_and_then_every_so_often() -> None:
    work = Work(times=3)
    work.periodic()()
    assert work.at == [0, 100, 200]


def test_periodic_work_may_wait_first() -> None:
    work = Work(times=2)
    work.periodic(at_once=False)()
    assert work.at == [100, 200]


def test_after_a_failure_it_is_tried_again_soon_and_after_a_success_in_time(caplog: pytest.LogCaptureFixture) -> None:
    work = Work(times=12, failures=tuple(range(10)))
    work.periodic()()
    waits = [later - earlier for earlier, later in zip(work.at, work.at[1:], strict=False)]
    assert waits[0] <= 0.5
    assert 30 <= waits[9] <= 60
    assert waits[10] == pytest.approx(100)
    assert "counting failed: database: gone; next try in 0." in caplog.text


def test_a_bug_is_not_taken_for_a_failure() -> None:
    def work() -> None:
        raise ZeroDivisionError

    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    with pytest.raises(ZeroDivisionError):
        Periodic(every_s=1, work=work, name="counting", clock=clock).run(threading.Event())


def test_periodic_work_is_done_when_it_is_woken_and_ends_with_its_context() -> None:
    wake, done = threading.Event(), threading.Semaphore(0)
    with every(3600, done.release, "one", SystemClock(), wake=wake):
        assert done.acquire(timeout=10)
        wake.set()
        assert done.acquire(timeout=10)
        assert "one" in {thread.name for thread in threading.enumerate()}
    assert "one" not in {thread.name for thread in threading.enumerate()}


class ClearedLate(threading.Event):
    """Somebody stops the work just before it clears its wake."""

    def __init__(self, stop: threading.Event) -> None:
        super().__init__()
        self._stop = stop

    def clear(self) -> None:
        self._stop.set()
        self.set()
        super().clear()


def test_a_wake_that_came_with_the_stop_is_not_lost() -> None:
    stop, done = threading.Event(), list[int]()
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    Periodic(every_s=10, work=lambda: done.append(1), name="x", clock=clock, wake=ClearedLate(stop)).run(stop)
    assert done == []
    assert clock.monotonic() == 0
