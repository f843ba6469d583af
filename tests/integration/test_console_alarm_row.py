# SPDX-License-Identifier: AGPL-3.0-or-later
"""A row of the board is rendered once for all of an organisation, and anew when what it shows has changed."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from anpr.console import alarm_row as module
from anpr.console.alarm_row import alarm_in, alarm_row
from anpr.console.rendering.templates import PageContext
from anpr.domain.access import Permission
from anpr.domain.alarm import AlarmState
from anpr.store.alarms.views import AlarmView, StoredAlarms
from tests.support.fixtures_console import WANTED, Site

ANNA = PageContext(language="it", form_token="a", path="/alarms", user="anna", may=frozenset(Permission))
BRUNO = PageContext(language="it", form_token="b", path="/alarms", user="bruno", may=frozenset())


@pytest.fixture
def view(site: Site) -> AlarmView:
    site.alarm_of(site.pass_vehicle(WANTED))
    [found] = StoredAlarms(site.database.transaction).board()
    return found


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The rows that were rendered, with nothing remembered before."""
    rows: list[str] = []
    rendered = module._Rendered()
    get = rendered.get

    def counted(key: tuple[object, ...], make: Callable[[], str]) -> str:
        def render() -> str:
            rows.append(make())
            return rows[-1]

        return get(key, render)

    monkeypatch.setattr(rendered, "get", counted)
    monkeypatch.setattr(module, "_RENDERED", rendered)
    return rows


def test_a_row_is_rendered_once_and_is_the_same_for_everybody(site: Site, view: AlarmView, made: list[str]) -> None:
    assert alarm_row(site.console, ANNA, view) == alarm_row(site.console, BRUNO, view)
    assert len(made) == 1
    assert WANTED in made[0]
    assert "form" not in made[0]
    assert "anna" not in made[0]


def test_a_row_in_another_language_or_of_a_changed_alarm_is_another(
    site: Site, view: AlarmView, made: list[str]
) -> None:
    alarm_row(site.console, ANNA, view)
    assert "New" in alarm_row(site.console, replace(ANNA, language="en"), view)
    taken = replace(view.alarm, state=AlarmState.ACKNOWLEDGED, acknowledged_by="carla", version=view.alarm.version + 1)
    assert "carla" in alarm_row(site.console, ANNA, replace(view, alarm=taken))
    alarm_row(site.console, ANNA, replace(view, seen=2))
    assert len(made) == 4


def test_no_more_rows_are_remembered_than_a_board_has_use_for(
    site: Site, view: AlarmView, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_REMEMBERED", 2)
    for seen in (1, 2, 3, 3, 1):
        alarm_row(site.console, ANNA, replace(view, seen=seen))
    assert len(made) == 4, "the third was there still, the first was not"


def test_a_page_of_cards_takes_a_card_with_its_forms(site: Site, view: AlarmView) -> None:
    assert alarm_in(site.console, ANNA, view, as_row=True).count("<form") == 0
    assert 'action="/alarms/' in alarm_in(site.console, ANNA, view, as_row=False)
