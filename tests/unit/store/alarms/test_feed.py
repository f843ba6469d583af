# SPDX-License-Identifier: AGPL-3.0-or-later
"""The feed of alarms: each news once, those of now before those from the past, and no lie about being up."""

import queue
import threading
from collections.abc import Iterator

import pytest

from anpr.domain.alarm import AlarmState
from anpr.runtime.clock import SystemClock
from anpr.store.alarms.feed import AlarmFeed
from anpr.store.alarms.rows import ALARM_CHANNEL, RETRO_CHANNEL
from anpr.store.alarms.views import AlarmView
from tests.support.alarms import Alarms, Notes, view_of
from tests.support.waiting import eventually

WITHIN_S = 30


class Told:
    """A listener that keeps what it is told."""

    def __init__(self) -> None:
        self.ids: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.counts = 0
        self.is_lost = threading.Event()

    def count(self) -> None:
        self.counts += 1

    def alarm(self, view: AlarmView) -> None:
        self.ids.put(view.alarm.id)

    def lost(self) -> None:
        self.is_lost.set()


class SlowPast(Alarms):
    """Reading an alarm from the past takes until the test lets it go on."""

    def __init__(self, *views: AlarmView) -> None:
        super().__init__(*views)
        self.go_on = threading.Event()
        self.is_reading = threading.Event()

    def one(self, alarm_id: int) -> AlarmView | None:
        view = super().one(alarm_id)
        if view and view.alarm.retro:
            self.is_reading.set()
            self.go_on.wait(WITHIN_S)
        return view


@pytest.fixture
def database() -> Notes:
    return Notes()


@pytest.fixture
def alarms() -> SlowPast:
    return SlowPast(view_of(1, retro=True), view_of(2))


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def feed(database: Notes, alarms: SlowPast, told: Told) -> Iterator[AlarmFeed]:
    feed = AlarmFeed(database, alarms, SystemClock(), told)
    feed.start()
    while not feed.is_up:
        threading.Event().wait(0.005)
    yield feed
    alarms.go_on.set()
    feed.close()
    assert not feed.is_up


def test_it_is_up_with_its_first_sweep(database: Notes, told: Told) -> None:
    class EndlessWaits(SystemClock):
        def wait(self, event: threading.Event, _seconds: float) -> bool:
            return event.wait(WITHIN_S)

    feed = AlarmFeed(database, Alarms(), EndlessWaits(), told)
    feed.start()
    try:
        eventually(lambda: feed.is_up, within_s=WITHIN_S / 2)
    finally:
        feed.close()


@pytest.mark.usefixtures("feed")
def test_an_alarm_of_now_does_not_wait_for_those_from_the_past(database: Notes, alarms: SlowPast, told: Told) -> None:
    database.notify(RETRO_CHANNEL, 1)
    assert alarms.is_reading.wait(WITHIN_S)
    database.notify(ALARM_CHANNEL, 2)
    assert told.ids.get(timeout=WITHIN_S) == 2, "while one from the past is still being read"
    alarms.go_on.set()
    assert told.ids.get(timeout=WITHIN_S) == 1


def test_the_feed_rests_between_alarms_from_the_past_and_not_between_those_of_now(database: Notes, told: Told) -> None:
    class CountingClock(SystemClock):
        def __init__(self) -> None:
            self.rests = 0

        def wait(self, event: threading.Event, seconds: float) -> bool:
            self.rests += seconds < 0.1  # the count rests for longer
            return super().wait(event, seconds)

    clock, alarms = CountingClock(), SlowPast(*(view_of(number, retro=number < 4) for number in range(1, 7)))
    alarms.go_on.set()
    feed = AlarmFeed(database, alarms, clock, told)
    feed.start()
    for number in (4, 5, 6):
        database.notify(ALARM_CHANNEL, number)
    assert {told.ids.get(timeout=WITHIN_S) for _ in range(3)} == {4, 5, 6}
    before = clock.rests
    for number in (1, 2, 3):
        database.notify(RETRO_CHANNEL, number)
    eventually(lambda: clock.rests == 3)
    feed.close()
    assert before == 0
    assert {told.ids.get(timeout=WITHIN_S) for _ in range(3)} == {1, 2, 3}


def test_each_version_of_an_alarm_is_told_once_and_none_after_a_newer_one(feed: AlarmFeed, told: Told) -> None:
    taken = view_of(3, AlarmState.ACKNOWLEDGED, version=5)
    for view in (view_of(3), view_of(3), taken, view_of(3), taken, view_of(4)):
        feed.announce(view)
    assert [told.ids.get(timeout=WITHIN_S) for _ in range(3)] == [3, 3, 4]
    assert told.ids.empty()


def test_the_sweep_tells_a_change_of_an_old_alarm_whose_notification_is_lost(alarms: SlowPast, told: Told) -> None:
    class Hurried(SystemClock):
        def wait(self, event: threading.Event, seconds: float) -> bool:
            return super().wait(event, min(seconds, 0.01))

    feed = AlarmFeed(Notes(), alarms, Hurried(), told)
    feed.start()
    try:
        eventually(lambda: feed.is_up, within_s=WITHIN_S)
        alarms.views[1] = view_of(2, version=9)
        assert told.ids.get(timeout=WITHIN_S) == 2
    finally:
        feed.close()


def test_a_notification_that_names_no_alarm_is_passed_over(
    database: Notes, alarms: SlowPast, told: Told, feed: AlarmFeed
) -> None:
    database.notify(ALARM_CHANNEL, 4711)
    database.notify(ALARM_CHANNEL, 2)
    assert told.ids.get(timeout=WITHIN_S) == 2
    assert feed.is_up
    assert alarms.one(4711) is None


def test_when_the_database_goes_the_listener_is_told(feed: AlarmFeed, database: Notes, told: Told) -> None:
    database.fail.set()
    assert told.is_lost.wait(WITHIN_S)
    feed.stop()
    assert not feed.is_up


def test_each_change_is_followed_by_a_count(database: Notes, alarms: SlowPast, told: Told, feed: AlarmFeed) -> None:
    eventually(lambda: told.counts == 1, within_s=WITHIN_S)  # also before anything changes
    alarms.views.append(view_of(3))
    database.notify(ALARM_CHANNEL, 3)
    assert told.ids.get(timeout=WITHIN_S) == 3
    eventually(lambda: told.counts > 1, within_s=WITHIN_S)
    assert feed.is_up
