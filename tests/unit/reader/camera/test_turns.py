# SPDX-License-Identifier: AGPL-3.0-or-later
"""First come, first served, also for who has just been served."""

import threading
from collections.abc import Callable

import pytest

from anpr.reader.camera.turns import Turns

LONG_S = 10.0


def test_no_more_work_at_once_than_there_are_turns() -> None:
    turns = Turns(2)
    at_work = threading.Semaphore(0)
    go = threading.Event()

    def work() -> None:
        at_work.release()
        go.wait(LONG_S)

    workers = [_start(turns, work) for _ in range(4)]
    assert at_work.acquire(timeout=LONG_S)
    assert at_work.acquire(timeout=LONG_S)
    assert not at_work.acquire(blocking=False)
    go.set()
    _end(workers)


def test_who_asks_again_goes_behind_those_that_wait() -> None:
    turns, order = Turns(1), list[str]()
    asks, pause = threading.Event(), threading.Event()

    def waiter() -> None:
        order.append("waiter")

    with turns.taken():
        thread = _start(turns, waiter, asks)
        assert asks.wait(LONG_S)
        while not turns.waiting:
            pause.wait(0.001)
    with turns.taken():
        order.append("again")
    _end([thread])
    assert order == ["waiter", "again"]


def test_a_turn_that_failed_is_given_back() -> None:
    turns = Turns(1)
    with pytest.raises(ValueError, match="frame"), turns.taken():
        raise ValueError("frame")
    with turns.taken():
        pass


def test_more_turns_go_to_those_that_wait() -> None:
    turns, served = Turns(1), threading.Event()
    with turns.taken():
        thread = _start(turns, served.set)
        turns.grow(2)
        assert served.wait(LONG_S)
    _end([thread])


def _start(turns: Turns, work: Callable[[], object], asks: threading.Event | None = None) -> threading.Thread:
    def run() -> None:
        if asks is not None:
            asks.set()
        with turns.taken():
            work()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def _end(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.join(LONG_S)
        assert not thread.is_alive()
