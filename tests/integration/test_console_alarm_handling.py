# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commands on an alarm in the console: each by its route, with its words on the card and its row in the audit."""

import re
from datetime import timedelta

import httpx
import pytest

from anpr.domain.access import Role
from anpr.domain.alarm import Alarm, AlarmOutcome, AlarmState
from anpr.store.alarms.handling import acknowledge, close_alarm
from anpr.store.alarms.rows import list_alarms, list_events, list_sightings
from anpr.store.alarms.suppressions import list_suppressions
from anpr.store.audit import AuditAction
from anpr.store.users.accounts import User, create_user
from tests.support.fixtures_console import WANTED, Site


@pytest.fixture
def alarm(site: Site) -> Alarm:
    return site.alarm_of(site.pass_vehicle(WANTED, with_pictures=False))


@pytest.fixture
def client(site: Site) -> httpx.Client:
    """The operator, with scripts."""
    client = site.client(Role.OPERATOR)
    client.headers["HX-Request"] = "true"
    return client


def send(site: Site, client: httpx.Client, alarm: Alarm, what: str, **fields: object) -> str:
    answer = site.post(client, f"/alarms/{alarm.id}/{what}", "/alarms", **fields)
    assert answer.status_code == 200, answer.text
    return answer.text


def actions(site: Site) -> list[AuditAction]:
    told = (row.event.action for row in site.audit())
    return [action for action in told if isinstance(action, AuditAction) and action.startswith("alarm-")]


def test_an_alarm_is_taken_started_noted_and_handed_back(site: Site, client: httpx.Client, alarm: Alarm) -> None:
    assert "In carico a operator" in send(site, client, alarm, "acknowledge")
    assert "In corso: operator" in send(site, client, alarm, "start")
    card = send(site, client, alarm, "note", text="auto grigia, un faro rotto")
    assert "auto grigia, un faro rotto" in card
    assert "Prendi in carico" in send(site, client, alarm, "release")
    assert actions(site) == [
        AuditAction.ALARM_RELEASED, AuditAction.ALARM_NOTED, AuditAction.ALARM_STARTED, AuditAction.ALARM_ACKNOWLEDGED,
    ]  # fmt: skip
    assert "auto grigia" not in str([row.event for row in site.audit()]), "a note goes with its alarm"
    assert site.alarm_of_id(alarm.id).state is AlarmState.RAISED


def test_a_colleague_takes_it_over_with_a_word_from_whom_their_page_says(
    site: Site, client: httpx.Client, alarm: Alarm
) -> None:
    with site.database.transaction() as conn:
        acknowledge(conn, alarm.id, "anna", site.clock.now())
    assert "Subentra a anna" in client.get("/alarms").text
    assert "Manca il testo" in send(site, client, alarm, "take-over", holder="anna", word=" ")
    assert "già preso in carico" in send(site, client, alarm, "take-over", holder="bruno", word="sono sul posto")
    assert site.alarm_of_id(alarm.id).acknowledged_by == "anna"
    assert "In carico a operator" in send(site, client, alarm, "take-over", holder="anna", word="sono sul posto")
    event = site.audit()[1].event if site.audit()[0].event.action is AuditAction.VIEW_SHOWN else site.audit()[0].event
    assert (event.action, event.reason, event.detail["from"]) == (
        AuditAction.ALARM_TAKEN_OVER,
        "sono sul posto",
        "anna",
    )


def test_it_is_handed_over_to_a_colleague_who_may_handle_it_and_to_nobody_else(
    site: Site, client: httpx.Client, alarm: Alarm
) -> None:
    with site.database.transaction() as conn:
        create_user(conn, User(name="bruno", role=Role.OPERATOR, password_hash="x"))
        create_user(conn, User(name="gone", role=Role.OPERATOR, password_hash="x", disabled=True))
    send(site, client, alarm, "acknowledge")
    for name in ("nobody", "gone", "auditor", "operator"):
        assert "Nessun collega con questo nome" in send(site, client, alarm, "hand-over", to=name), name
    assert "In carico a bruno" in send(site, client, alarm, "hand-over", to="bruno", word="fine turno")
    assert "già preso in carico" in send(site, client, alarm, "release")
    assert actions(site) == [AuditAction.ALARM_HANDED_OVER, AuditAction.ALARM_ACKNOWLEDGED]


def test_an_alarm_that_was_closed_by_a_slip_is_opened_again(site: Site, client: httpx.Client, alarm: Alarm) -> None:
    assert "Riapri" in send(site, client, alarm, "close", outcome="other")
    assert "In carico a operator" in send(site, client, alarm, "reopen")
    with site.database.transaction() as conn:
        close_alarm(conn, alarm.id, "operator", site.clock.now() - timedelta(minutes=11), AlarmOutcome.OTHER)
    assert "Riapri" not in client.get(f"/alarms/{alarm.id}").text
    assert "Non si può più riaprire" in send(site, client, alarm, "reopen")
    assert actions(site)[0] is AuditAction.ALARM_REOPENED


def test_a_vehicle_is_suppressed_at_the_gate_and_the_suppression_is_lifted(
    site: Site, client: httpx.Client, alarm: Alarm
) -> None:
    assert "Manca il testo" in send(site, client, alarm, "suppress", hours=4, reason="")
    assert "avvisi sospesi" in send(site, client, alarm, "suppress", hours=4, reason="già verificato")
    send(site, client, alarm, "close", outcome="other")
    site.pass_vehicle(WANTED, with_pictures=False)
    with site.database.transaction() as conn:
        assert len(list_alarms(conn)) == 1
        assert len(list_sightings(conn)) == 2
        [made] = list_suppressions(conn, site.clock.now())
    page = client.get("/alarms/suppressions").text
    for text in (WANTED, "già verificato", "Porta Nord"):
        assert text in page
    assert re.search(r'data-label="Avvistamenti"><b>1</b>', page), "what it kept from being an alarm"
    case = client.get(f"/alarms/{alarm.id}").text
    assert "Avvistamenti sospesi" in case
    answer = site.post(client, f"/alarms/suppressions/{made.id}/lift", "/alarms/suppressions")
    assert (answer.status_code, answer.headers["location"]) == (303, "/alarms/suppressions")
    page = client.get("/alarms/suppressions").text
    assert "Nessuna sospensione in corso" in page
    assert "Terminate nelle ultime 24 ore" in page
    assert "tolta prima" in page
    assert actions(site)[0] is AuditAction.ALARM_UNSUPPRESSED
    site.post(client, f"/alarms/suppressions/{made.id}/lift", "/alarms/suppressions")
    assert actions(site).count(AuditAction.ALARM_UNSUPPRESSED) == 1


def test_a_vehicle_that_passes_again_is_on_its_card(site: Site, client: httpx.Client, alarm: Alarm) -> None:
    site.pass_vehicle(WANTED, with_pictures=False, gate_id="ponte")
    page = client.get("/alarms?view=cards").text
    assert page.count("<article") == 1
    assert "Transiti (2)" in page
    assert f"{alarm.id}-{alarm.version}" not in page
    changed = client.get("/alarms/cards", params={"known": f"{alarm.id}-{alarm.version}"}).text
    assert "×2" in changed


def test_who_may_not_handle_alarms_is_refused_every_command(site: Site, alarm: Alarm) -> None:
    client = site.client(Role.AUDITOR)
    for what in ("acknowledge", "start", "release", "take-over", "hand-over", "note", "close", "reopen", "suppress"):
        assert site.post(client, f"/alarms/{alarm.id}/{what}", "/account").status_code == 403, what
    with site.database.transaction() as conn:
        assert len(list_events(conn, alarm.id)) == 1


def test_what_to_do_is_on_the_card_the_detail_and_the_patrols_page(site: Site, client: httpx.Client) -> None:
    with site.database.transaction() as conn:
        conn.execute("UPDATE entries SET instructions = 'chiamare il 112' WHERE plate = %s", [WANTED])
    alarm = site.alarm_of(site.pass_vehicle(WANTED))
    for address in ("/alarms?view=cards", "/alarms?view=rows", f"/alarms/{alarm.id}"):
        assert "chiamare il 112" in client.get(address).text, address
    assert "chiamare il 112" in site.client(Role.PATROL).get("/patrol").text
