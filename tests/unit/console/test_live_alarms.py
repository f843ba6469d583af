# SPDX-License-Identifier: AGPL-3.0-or-later
"""Live alarms on open pages: bounded queues, and streams that end rather than lie."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from anpr.console.live_alarms import PER_SESSION, PER_USER, LiveAlarms, News, Subscription, next_news
from anpr.domain.alarm import AlarmState
from anpr.domain.errors import StoreError
from anpr.domain.organisation import MANAGER
from anpr.domain.watchlist import Priority
from anpr.runtime.clock import SystemClock
from anpr.store.alarms.tally import AlarmTally
from anpr.store.alarms.views import AlarmView
from tests.support.alarms import Alarms, Notes, view_of


@pytest.fixture
def database() -> Notes:
    return Notes()


class Shown(Alarms):
    """What an organisation sees: each alarm as it was last told, and none of those in `hidden`."""

    hidden: frozenset[int] = frozenset()

    def tell(self, live: LiveAlarms, view: AlarmView) -> None:
        self.views = [each for each in self.views if each.alarm.id != view.alarm.id] + [view]
        live.alarm(view)

    def one(self, alarm_id: int) -> AlarmView | None:
        return None if alarm_id in self.hidden else super().one(alarm_id)


@pytest.fixture
def shown() -> Shown:
    return Shown()


@pytest.fixture
def live(database: Notes, shown: Shown) -> Iterator[LiveAlarms]:
    live = LiveAlarms(database, Alarms(), lambda _: shown, SystemClock(), queue_size=3, max_pages=2)
    live.start()
    while not live.is_up:
        threading.Event().wait(0.005)
    yield live
    live.close()


async def read(page: Subscription) -> list[int]:
    """The ids until the stream is cut off or nothing comes."""
    return [news.alarm.id for news in await read_news(page) if isinstance(news, AlarmView)]


async def read_news(page: Subscription) -> list[News]:
    """All news until the stream is cut off or nothing comes."""
    found = []
    async for news in next_news(page, 0.2):
        if not news:
            break
        found += news
    return found


def test_every_page_is_told(live: LiveAlarms, shown: Shown) -> None:
    async def pages() -> tuple[list[int], list[int]]:
        with live.subscribe() as one, live.subscribe() as two:
            assert one
            assert two
            for view in (view_of(1), view_of(1, AlarmState.ACKNOWLEDGED, version=2)):
                await asyncio.to_thread(shown.tell, live, view)
            return await read(one), await read(two)

    assert asyncio.run(pages()) == ([1, 1], [1, 1])


def test_a_page_that_does_not_keep_up_is_cut_off(live: LiveAlarms, shown: Shown) -> None:
    async def slow() -> tuple[int, list[int]]:
        with live.subscribe() as page:
            assert page
            for number in range(1, 6):
                await asyncio.to_thread(shown.tell, live, view_of(number))
            await asyncio.sleep(0)
            size = page.queue.qsize()
            return size, await read(page)

    size, found = asyncio.run(slow())
    assert size <= 3
    assert found == [], "it ends at once; what it missed is in the table"


def test_alarms_from_the_past_leave_room_for_those_of_now(live: LiveAlarms, shown: Shown) -> None:
    async def flooded() -> list[int]:
        with live.subscribe() as page:
            assert page
            for number in range(1, 50):
                await asyncio.to_thread(shown.tell, live, view_of(number, retro=True))
            await asyncio.to_thread(shown.tell, live, view_of(50))
            return await read(page)

    assert asyncio.run(flooded()) == [50, 1, 2], "and what happens now is sent first"


def test_what_waits_is_taken_at_once_and_those_of_the_past_one_by_one(live: LiveAlarms, shown: Shown) -> None:
    async def behind() -> list[list[int]]:
        with live.subscribe() as page:
            assert page
            await asyncio.to_thread(shown.tell, live, view_of(1, retro=True))
            await asyncio.to_thread(shown.tell, live, view_of(2))
            await asyncio.to_thread(shown.tell, live, view_of(3))
            await asyncio.sleep(0)
            taken = [await page.take(), await page.take()]
            return [[each.alarm.id for each in news if isinstance(each, AlarmView)] for news in taken]

    assert asyncio.run(behind()) == [[2, 3], [1]]


def test_there_are_only_so_many_pages(live: LiveAlarms) -> None:
    async def three() -> list[bool]:
        with live.subscribe() as one, live.subscribe() as two, live.subscribe() as three:
            return [page is not None for page in (one, two, three)]

    assert asyncio.run(three()) == [True, True, False]
    assert live.pages == 0


def test_when_the_database_goes_every_stream_ends(live: LiveAlarms, database: Notes) -> None:
    async def watch() -> list[list[News]]:
        with live.subscribe() as page:
            assert page
            database.fail.set()
            return [view async for view in next_news(page, 10)]

    assert asyncio.run(watch()) == []


def test_a_closed_feed_takes_no_pages(live: LiveAlarms) -> None:
    live.close()

    async def late() -> bool:
        with live.subscribe() as page:
            return page is None

    assert asyncio.run(late())
    assert not live.is_up


def test_every_page_is_told_the_counts_and_a_new_one_finds_the_latest(live: LiveAlarms, shown: Shown) -> None:
    tally = AlarmTally(raised={Priority.LOW: 2})

    async def watch() -> list[News]:
        with live.subscribe() as page:
            assert page
            shown.views = [view_of(1), view_of(2)]
            await asyncio.to_thread(live.count)
            return await read_news(page)

    assert asyncio.run(watch())[-1] == tally
    assert live.latest_tally(MANAGER) == tally
    live.close()
    assert live.latest_tally(MANAGER) is None, "nobody counts any more"


def test_pages_are_told_what_their_organisation_sees(database: Notes) -> None:
    sees = {"vinci": Shown(view_of(1)), "empoli": Shown(view_of(1))}
    sees["empoli"].hidden = frozenset({1})

    async def watch(live: LiveAlarms) -> tuple[list[int], list[int]]:
        with live.subscribe(organisation="vinci") as one, live.subscribe(organisation="empoli") as other:
            assert one
            assert other
            await asyncio.to_thread(live.alarm, view_of(1))
            return await read(one), await read(other)

    assert asyncio.run(with_room(database, watch, sees.__getitem__)) == ([1], [])


def test_pages_whose_organisation_cannot_be_asked_end(database: Notes) -> None:
    class Gone(Alarms):
        def one(self, _alarm_id: int) -> AlarmView | None:
            raise StoreError("database: gone")

    async def watch(live: LiveAlarms) -> list[list[News]]:
        with live.subscribe() as page:
            assert page
            await asyncio.to_thread(live.alarm, view_of(1))
            return [news async for news in next_news(page, 10)]

    assert asyncio.run(with_room(database, watch, lambda _: Gone())) == []


def test_with_one_stream_too_many_the_oldest_of_its_session_ends(database: Notes) -> None:
    async def crowd(live: LiveAlarms) -> tuple[list[bool], list[list[News]]]:
        with ExitStack() as stack:
            first = [stack.enter_context(live.subscribe("anna", "a")) for _ in range(PER_SESSION)]
            other = stack.enter_context(live.subscribe("anna", "b"))
            last = stack.enter_context(live.subscribe("anna", "a"))
            pages = [page for page in (*first, other, last) if page]
            assert len(pages) == PER_SESSION + 2
            ended = [news async for news in next_news(pages[0], 5)]
            return [page.is_replaced for page in pages], ended

    replaced, ended = asyncio.run(with_room(database, crowd))
    assert replaced == [True] + [False] * (PER_SESSION + 1)
    assert ended == [], "its stream is over"


def test_one_user_cannot_take_the_places_of_others(database: Notes) -> None:
    async def crowd(live: LiveAlarms) -> tuple[int, bool]:
        with ExitStack() as stack:
            for number in range(3 * PER_USER):
                stack.enter_context(live.subscribe("anna", f"session-{number}"))
            other = stack.enter_context(live.subscribe("piero", "p"))
            return live.pages, other is not None and live.has_room

    assert asyncio.run(with_room(database, crowd)) == (PER_USER + 1, True)


async def with_room(
    database: Notes,
    crowd: Callable[[LiveAlarms], Awaitable[Any]],
    shown_to: Callable[[str], Alarms] = lambda _: Alarms(),
) -> Any:
    live = LiveAlarms(database, Alarms(), shown_to, SystemClock(), queue_size=3, max_pages=50)
    live.start()
    try:
        while not live.is_up:
            await asyncio.sleep(0.005)
        return await crowd(live)
    finally:
        live.close()
