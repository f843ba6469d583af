# SPDX-License-Identifier: AGPL-3.0-or-later
"""Following notifications: what comes is handed on, and a lost connection is told, waited for and made anew."""

import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest

from anpr.domain.errors import StoreError
from anpr.runtime.clock import ManualClock
from anpr.store.database.connection import Database, Notification
from anpr.store.database.listen import follow

Connection = Sequence[Notification | float]
"""What comes over one connection until it is lost; a number is so many seconds of silence."""


def note(payload: str) -> Notification:
    return Notification(channel="anpr_alarm", payload=payload)


class Connections(Database):
    """Gives these connections, one after the other, and then sets stop."""

    def __init__(self, *connections: Connection) -> None:
        self.clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
        self.stop = threading.Event()
        self.heard: list[str] = []
        self.lost_at: list[float] = []
        self._connections = iter(connections)

    def notifications(self, channels: str | Sequence[str], stop: threading.Event) -> Iterator[Notification]:
        assert channels == ["anpr_alarm"]
        assert stop is self.stop
        connection = next(self._connections, None)
        if connection is None:
            stop.set()
            return
        for each in connection:
            if isinstance(each, Notification):
                yield each
            else:
                self.clock.advance(each)
        raise StoreError("database: gone")

    def lose(self) -> None:
        self.lost_at.append(self.clock.monotonic())

    def follow(self) -> None:
        follow(self, ["anpr_alarm"], self.hear, self.lose, self.clock, self.stop)

    def hear(self, each: Notification) -> None:
        if each.payload == "fails":
            raise StoreError("database: no connection within 10 s")
        self.heard.append(each.payload)


def test_notes_of_each_connection_are_handed_on_and_each_loss_is_told() -> None:
    database = Connections([note("1"), note("2")], [], [note("3")])
    database.follow()
    assert database.heard == ["1", "2", "3"]
    assert len(database.lost_at) == 3


def test_a_note_that_cannot_be_handled_counts_as_a_loss(caplog: pytest.LogCaptureFixture) -> None:
    database = Connections([note("fails"), note("1")], [note("2")])
    database.follow()
    assert database.heard == ["2"]
    assert "listening on anpr_alarm: database: no connection within 10 s; next try in 0." in caplog.text


def test_waits_grow_and_start_again_after_a_connection_that_lasted() -> None:
    def waits(*connections: Connection) -> list[float]:
        database = Connections(*connections)
        database.follow()
        return [later - earlier for earlier, later in zip(database.lost_at, database.lost_at[1:], strict=False)]

    assert waits([], [], [], [], [])[-1] >= 2
    assert waits([], [], [], [31.0], [])[-1] <= 0.5
