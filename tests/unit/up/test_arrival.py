# SPDX-License-Identifier: AGPL-3.0-or-later
"""A database server that is not there when `anpr up` starts is waited for, by its name and without its password."""

import threading
from collections.abc import Iterator

from anpr.runtime.clock import ManualClock
from anpr.up.arrival import wait_for_database

URL = "postgresql://anpr:topsecret@db.example.it:6432/anpr"


def test_it_says_whom_it_waits_for_once_a_minute_and_goes_on_when_they_answer(clock: ManualClock) -> None:
    said: list[str] = []
    answers: Iterator[str | None] = iter([*["database: connection refused"] * 40, None])
    assert wait_for_database(URL, clock, threading.Event(), said.append, lambda _: next(answers))
    assert said == [
        "database: waiting for db.example.it:6432 since 0 s (database: connection refused); Ctrl-C ends it",
        "database: waiting for db.example.it:6432 since 60 s (database: connection refused); Ctrl-C ends it",
        "database: db.example.it:6432 answers after 80 s",
    ]


def test_who_is_there_at_once_is_not_spoken_of(clock: ManualClock) -> None:
    said: list[str] = []
    assert wait_for_database(URL, clock, threading.Event(), said.append, lambda _: None)
    assert said == []


def test_told_to_stop_it_waits_no_longer(clock: ManualClock) -> None:
    stop = threading.Event()

    def ask(_url: str) -> str:
        stop.set()
        return "away"

    assert not wait_for_database(URL, clock, stop, lambda _line: None, ask)
