"""The feed of live alarms: bounded queues, each news once, and streams that end rather than lie."""

import asyncio
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from anpr.console.live.alarm_views import AlarmView
from anpr.console.live.feed import AlarmFeed, Subscription, next_alarms
from anpr.domain.alarm import Alarm, AlarmState
from anpr.domain.errors import StoreError
from anpr.domain.watchlist import Priority
from anpr.runtime.clock import SystemClock
from anpr.store.database.connection import Database, Notification
from scripts.lab.transits import START, uuid7_of


class NoNotes(Database):
    """A database that is there and says nothing, until it fails."""

    def __init__(self) -> None:
        self.fail = threading.Event()

    def notifications(self, channels: object, stop: threading.Event) -> Iterator[Notification]:  # noqa: ARG002
        while not stop.is_set() and not self.fail.wait(0.01):
            pass
        if self.fail.is_set():
            raise StoreError("database: gone")
        yield from ()


class Alarms:
    """Alarms a test adds."""

    def __init__(self) -> None:
        self.views: list[AlarmView] = []

    def one(self, alarm_id: int) -> AlarmView | None:
        return next((view for view in self.views if view.alarm.id == alarm_id), None)

    def raised_after(self, alarm_id: int) -> list[AlarmView]:
        return [view for view in self.views if view.alarm.id > alarm_id]

    def newest_id(self) -> int:
        return max((view.alarm.id for view in self.views), default=0)


def view_of(number: int, state: AlarmState = AlarmState.RAISED, *, retro: bool = False) -> AlarmView:
    at = START + timedelta(seconds=number)
    alarm = Alarm(
        id=number, transit_id=uuid7_of(at, number), captured_at=at, raised_at=at, gate_id="g", camera_id="c",
        plate="AB123CD", entry_id=1, entry_plate="AB123CD", watchlist_id="w", reason="r", priority=Priority.LOW,
        probability=1.0, retro=retro, state=state,
    )  # fmt: skip
    return AlarmView(alarm=alarm, gate_name="g", watchlist_name="w", roles=frozenset(), has_transit=False, country=None)


@pytest.fixture
def database() -> NoNotes:
    return NoNotes()


@pytest.fixture
def feed(database: NoNotes) -> Iterator[AlarmFeed]:
    feed = AlarmFeed(database, Alarms(), SystemClock(), queue_size=3, max_pages=2)
    feed.start()
    while not feed.is_up:
        threading.Event().wait(0.005)
    yield feed
    feed.close()


async def read(page: Subscription) -> list[int]:
    """The ids until the stream is cut off or nothing comes."""
    found = []
    async for view in next_alarms(page, 0.2):
        if view is None:
            break
        found.append(view.alarm.id)
    return found


def test_each_state_of_an_alarm_is_announced_once_to_every_page(feed: AlarmFeed) -> None:
    async def pages() -> tuple[list[int], list[int]]:
        with feed.subscribe() as one, feed.subscribe() as two:
            assert one
            assert two
            for view in (view_of(1), view_of(1), view_of(1, AlarmState.ACKNOWLEDGED)):
                await asyncio.to_thread(feed.announce, view)
            return await read(one), await read(two)

    assert asyncio.run(pages()) == ([1, 1], [1, 1])


def test_a_page_that_does_not_keep_up_is_cut_off(feed: AlarmFeed) -> None:
    async def slow() -> tuple[int, list[int]]:
        with feed.subscribe() as page:
            assert page
            for number in range(1, 6):
                await asyncio.to_thread(feed.announce, view_of(number))
            await asyncio.sleep(0)
            size = page.queue.qsize()
            return size, await read(page)

    size, found = asyncio.run(slow())
    assert size <= 3
    assert found == [], "it ends at once; what it missed is in the table"


def test_alarms_from_the_past_leave_room_for_those_of_now(feed: AlarmFeed) -> None:
    async def flooded() -> list[int]:
        with feed.subscribe() as page:
            assert page
            for number in range(1, 50):
                await asyncio.to_thread(feed.announce, view_of(number, retro=True))
            await asyncio.to_thread(feed.announce, view_of(50))
            return await read(page)

    assert asyncio.run(flooded()) == [1, 2, 50]


def test_there_are_only_so_many_pages(feed: AlarmFeed) -> None:
    async def three() -> list[bool]:
        with feed.subscribe() as one, feed.subscribe() as two, feed.subscribe() as three:
            return [page is not None for page in (one, two, three)]

    assert asyncio.run(three()) == [True, True, False]
    assert feed.pages == 0


def test_when_the_database_goes_every_stream_ends(feed: AlarmFeed, database: NoNotes) -> None:
    async def watch() -> list[AlarmView | None]:
        with feed.subscribe() as page:
            assert page
            database.fail.set()
            return [view async for view in next_alarms(page, 10)]

    assert asyncio.run(watch()) == []


def test_a_closed_feed_takes_no_pages(feed: AlarmFeed) -> None:
    feed.close()

    async def late() -> bool:
        with feed.subscribe() as page:
            return page is None

    assert asyncio.run(late())
    assert not feed.is_up
