# SPDX-License-Identifier: AGPL-3.0-or-later
"""Words on the pages: gender and number agree, a day is not an hour, nothing is said twice."""

import re
from datetime import timedelta

import pytest

from anpr.domain.access import Role
from anpr.domain.gate import Gate
from anpr.domain.health import Change, HealthReport, SubjectKind
from anpr.store.gates import save_gates
from anpr.store.health.record import record_health
from anpr.store.users.accounts import User, create_user
from tests.support.fixtures_console import PASSWORD, WANTED, Site


def report(site: Site, kind: SubjectKind, state: str) -> None:
    now = site.clock.now()
    change = Change(state=state, since=now - timedelta(hours=1))
    one = HealthReport(kind=kind, id="uno", reader_id="uno", gate_ids=("porta-nord",), at=now, changes=(change,))
    with site.database.transaction() as conn:
        record_health(conn, [one], now)


@pytest.mark.parametrize(
    ("kind", "state", "word"),
    [
        (SubjectKind.READER, "up", ">attivo<"),
        (SubjectKind.CAMERA, "up", ">attiva<"),
        (SubjectKind.READER, "stopped", ">fermato<"),
        (SubjectKind.CAMERA, "stopped", ">fermata<"),
    ],
)
def test_the_state_of_a_reader_and_of_a_camera_agree_with_it(
    site: Site, kind: SubjectKind, state: str, word: str
) -> None:
    report(site, kind, state)
    page = site.client(Role.ADMINISTRATOR).get("/status").text
    health = page[page.index('id="health"') : page.index('id="forwarding"')]
    assert word in health


def test_an_outage_of_a_reader_agrees_with_it(site: Site) -> None:
    report(site, SubjectKind.READER, "stopped")
    page = site.client(Role.ADMINISTRATOR).get("/status").text
    assert "Interruzioni e visibilità ridotta" in page
    assert re.search(r"Il lettore uno( \([^)]+\))? non è in funzione dal", page)
    assert ": fermato." in page


@pytest.mark.parametrize(
    ("days", "words"), [(0, "scade oggi"), (1, "scade domani"), (2, "scade tra 2 giorni"), (-1, "scaduta il {day}")]
)
def test_the_end_of_a_legal_basis_is_told_in_days(site: Site, days: int, words: str) -> None:
    until = site.clock.now().astimezone(site.settings.zone).date() + timedelta(days=days)
    gate = Gate(id="ponte", name="Ponte", purpose="p", legal_basis="b", legal_basis_until=until)
    with site.database.transaction() as conn:
        save_gates(conn, [gate])
    told = words.format(day=until.strftime("%d/%m/%Y"))
    assert f">{told}<" in site.client(Role.ADMINISTRATOR).get("/status").text


def test_a_closed_alarm_names_its_day_with_the_words_of_a_day(site: Site) -> None:
    alarm = site.alarm_of(site.pass_vehicle(WANTED))
    client = site.client(Role.OPERATOR)
    site.post(client, f"/alarms/{alarm.id}/close", outcome="other")
    day = site.clock.now().astimezone(site.settings.zone).strftime("%d/%m/%Y")
    assert f"Chiuso da operator il {day}" in client.get(f"/alarms/{alarm.id}").text


def test_a_user_named_like_the_role_is_not_named_twice(site: Site, password_hash: str) -> None:
    with site.database.transaction() as conn:
        create_user(conn, User(name="operatore", role=Role.OPERATOR, password_hash=password_hash))
    client = site.stranger()
    site.log_in(client, "operatore", PASSWORD)
    header = client.get("/alarms").text.partition("<header")[2].partition("<main")[0]
    assert header.count("operatore") == 1
    assert "<span>operatore</span>" in site.client(Role.OPERATOR).get("/alarms").text.partition("<main")[0]
