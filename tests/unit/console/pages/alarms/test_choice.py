# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a board is asked for in its address, and the view that a workstation keeps."""

import pytest
from starlette.requests import Request

from anpr.console.pages.alarms.choice import VIEW_COOKIE, Asked, BoardView, board_view
from anpr.domain.alarm import AlarmKind
from anpr.domain.watchlist import Priority
from anpr.store.alarms.views import AlarmFilter


def request(cookie: str = "") -> Request:
    headers = [(b"cookie", f"{name}={cookie}".encode()) for name in (VIEW_COOKIE, f"__Host-{VIEW_COOKIE}") if cookie]
    return Request({"type": "http", "method": "GET", "path": "/alarms", "query_string": b"", "headers": headers,
                    "scheme": "http", "server": ("localhost", 80)})  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "kept", "view"),
    [
        ("", "", BoardView.ROWS),
        ("", "cards", BoardView.CARDS),
        ("rows", "cards", BoardView.ROWS),
        ("wall", "cards", BoardView.WALL),
        ("", "something of a former version", BoardView.ROWS),
    ],
)
def test_the_address_says_the_view_then_the_workstation_then_it_is_rows(asked: str, kept: str, view: BoardView) -> None:
    assert board_view(request(kept), asked) is view


def test_what_is_empty_does_not_narrow() -> None:
    which = Asked(user="anna")
    assert which.filter == AlarmFilter()
    assert not which.narrows
    assert which.address("/alarms") == "/alarms"


@pytest.mark.parametrize(
    ("which", "filter_"),
    [
        (Asked(watchlist="a1"), AlarmFilter(watchlist="a1")),
        (Asked(priority="high"), AlarmFilter(priority=Priority.HIGH)),
        (Asked(kind="stolen"), AlarmFilter(kind=AlarmKind.STOLEN)),
        (Asked(gate="porta-nord"), AlarmFilter(gate="porta-nord")),
        (Asked(whose="mine", user="anna"), AlarmFilter(holder="anna")),
        (Asked(whose="free", user="anna"), AlarmFilter(is_untaken=True)),
    ],
)
def test_each_part_of_the_address_narrows(which: Asked, filter_: AlarmFilter) -> None:
    assert which.filter == filter_
    assert which.narrows


def test_an_address_keeps_the_filter_and_never_says_who_asks() -> None:
    which = Asked(watchlist="a1", gate="via Roma & co", whose="mine", user="anna")
    assert which.address("/alarms", view="rows") == "/alarms?list=a1&gate=via+Roma+%26+co&whose=mine&view=rows"
    assert which.with_priority("low") == "/alarms?list=a1&priority=low&gate=via+Roma+%26+co&whose=mine"
    assert Asked(priority="high").with_priority("") == "/alarms"
