# SPDX-License-Identifier: AGPL-3.0-or-later
"""Alarms from the past on their page: a line each, all marked as seen with one reason, and opened again."""

import re
from collections.abc import Iterable
from datetime import timedelta

import httpx
import pytest

from anpr.domain.access import Role
from anpr.domain.alarm import AlarmEventKind, AlarmOutcome, AlarmState
from anpr.store.alarms import past
from anpr.store.alarms.handling import acknowledge
from anpr.store.alarms.rows import list_events
from anpr.store.audit import AuditAction
from tests.support.fixtures_console import WANTED, Site

PAST = "/alarms/past"
WHY = "già noti"


@pytest.fixture
def client(site: Site) -> httpx.Client:
    return site.client(Role.OPERATOR)


@pytest.fixture
def old(site: Site) -> list[int]:
    """Three alarms from the past, of three vehicles."""
    return [site.pass_before_it_is_listed(f"ZZ{number:03}ZZ").id for number in range(3)]


def mark(site: Site, client: httpx.Client, **fields: object) -> httpx.Response:
    newest = re.search(r'name="newest" value="(\d+)"', client.get(PAST).text)
    assert newest
    return site.post(client, f"{PAST}/seen", PAST, **{"newest": newest[1], "reason": WHY, **fields})


def take_back(site: Site, client: httpx.Client) -> httpx.Response:
    moment = re.search(r'name="settled_at" value="([^"]+)"', client.get(PAST).text)
    assert moment
    return site.post(client, f"{PAST}/unseen", PAST, settled_at=moment[1])


def states(site: Site, ids: Iterable[int]) -> set[AlarmState]:
    return {site.alarm_of_id(number).state for number in ids}


def changes(site: Site, action: AuditAction) -> list[tuple[str | None, object]]:
    events = (row.event for row in site.audit())
    return [(event.reason, event.detail.get("alarms")) for event in events if event.action is action]


def test_the_page_has_a_line_for_each_vehicle_and_the_board_of_cards_a_card(
    client: httpx.Client, old: list[int]
) -> None:
    page = client.get(PAST).text
    assert re.findall(r'class="alarm-row[^>]* data-alarm="(\d+)"', page) == [str(number) for number in reversed(old)]
    assert 'class="alarm-row' in client.get(PAST, params={"only": "cards", "rows": 1}).text
    assert 'class="alarm-row' not in client.get(PAST, params={"only": "cards"}).text, "the board of cards"


def test_all_that_nobody_has_are_marked_as_seen_with_a_reason_in_one_row_of_the_audit(
    site: Site, client: httpx.Client, old: list[int]
) -> None:
    now = site.alarm_of(site.pass_vehicle(WANTED))
    with site.database.transaction() as conn:
        acknowledge(conn, old[0], "anna", site.clock.now())
    assert mark(site, client).headers["location"] == PAST
    assert states(site, old[1:]) == {AlarmState.CLOSED}
    assert states(site, [old[0]]) == {AlarmState.ACKNOWLEDGED}, "somebody works on it"
    assert states(site, [now.id]) == {AlarmState.RAISED}
    settled = site.alarm_of_id(old[1])
    assert (settled.outcome, settled.note, settled.closed_by) == (AlarmOutcome.OTHER, WHY, "operator")
    assert changes(site, AuditAction.ALARM_CLOSED) == [(WHY, old[1:])]
    with site.database.transaction() as conn:
        [last, *_] = list_events(conn, old[1])
    assert (last.kind, last.author, last.text) == (AlarmEventKind.CLOSED, "operator", WHY)


def test_without_a_reason_nothing_is_marked(site: Site, client: httpx.Client, old: list[int]) -> None:
    answer = mark(site, client, reason=" ")
    assert "Manca il testo" in client.get(answer.headers["location"]).text
    assert states(site, old) == {AlarmState.RAISED}


def test_what_came_after_the_page_is_not_marked(site: Site, client: httpx.Client, old: list[int]) -> None:
    newest = max(old)
    later = site.pass_before_it_is_listed("ZZ009ZZ").id
    mark(site, client, newest=newest)
    assert states(site, old) == {AlarmState.CLOSED}
    assert states(site, [later]) == {AlarmState.RAISED}


def test_a_slip_is_taken_back_within_minutes_and_not_later(site: Site, client: httpx.Client, old: list[int]) -> None:
    mark(site, client)
    assert "3 segnati come visti" in client.get(PAST).text
    assert take_back(site, client).headers["location"] == PAST
    assert states(site, old) == {AlarmState.RAISED}
    assert changes(site, AuditAction.ALARM_REOPENED) == [(None, old)]
    assert "segnati come visti" not in client.get(PAST).text
    mark(site, client)
    page = client.get(PAST).text
    moment = re.search(r'name="settled_at" value="([^"]+)"', page)
    assert moment
    site.clock.ahead += timedelta(minutes=11)
    answer = site.post(client, f"{PAST}/unseen", PAST, settled_at=moment[1])
    assert "Non si può più riaprire" in client.get(answer.headers["location"]).text
    assert states(site, old) == {AlarmState.CLOSED}


def test_a_vehicle_that_has_another_alarm_meanwhile_keeps_that_one(
    site: Site, client: httpx.Client, old: list[int]
) -> None:
    mark(site, client)
    with site.database.transaction() as conn:
        conn.execute("UPDATE alarms SET vehicle = 'ZZ000ZZ' WHERE id = %s", [old[1]])
        conn.execute(
            "UPDATE alarms SET state = 'raised', acknowledged_by = NULL, acknowledged_at = NULL, closed_by = NULL,"
            " closed_at = NULL, outcome = NULL, note = NULL WHERE id = %s",
            [old[1]],
        )
    take_back(site, client)
    assert states(site, [old[0]]) == {AlarmState.CLOSED}
    assert states(site, old[1:]) == {AlarmState.RAISED}


def test_no_more_are_marked_at_once_than_live_alarms_can_wait_for(
    site: Site, client: httpx.Client, old: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "MOST_SETTLED", 2)
    mark(site, client)
    assert states(site, old[1:]) == {AlarmState.CLOSED}
    assert states(site, old[:1]) == {AlarmState.RAISED}


def test_who_may_not_handle_alarms_is_offered_nothing_and_refused(site: Site, old: list[int]) -> None:
    client = site.client(Role.INVESTIGATOR)
    assert "past/seen" not in client.get(PAST).text
    assert site.post(client, f"{PAST}/seen", PAST, newest=max(old), reason=WHY).status_code == 403
    assert site.post(client, f"{PAST}/unseen", PAST, settled_at="2026-11-21T10:00:00+00:00").status_code == 403
    assert states(site, old) == {AlarmState.RAISED}
