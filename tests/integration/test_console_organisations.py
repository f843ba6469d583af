# SPDX-License-Identifier: AGPL-3.0-or-later
"""Two organisations on one console: every address as each role of the other one, agreements, users, the audit."""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from anpr.console.app import PAGES
from anpr.domain.access import Role
from anpr.domain.organisation import Action
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.audit_chain.verification import verify
from anpr.store.organisations.agreements import list_agreements
from anpr.store.users.accounts import get_user
from tests.integration.test_console_access import IDS, addresses
from tests.support.fixtures_console import WANTED, Site
from tests.support.fixtures_organisations import guest
from tests.support.organisations import GATE, THEIR_PLATE, agree

OURS = ("Porta Nord", "Ponte vecchio", "A1 Veicoli rubati", WANTED, "AB123CD")
"""What only the manager's people may read: gates, lists and plates."""


def today(site: Site) -> str:
    return site.clock.now().astimezone(site.settings.zone).date().isoformat()


@pytest.mark.parametrize("role", list(Role))
def test_no_address_shows_anything_of_another_organisation(shared: Site, role: Role) -> None:
    """Their transit and alarm are asked for by their ids, as from a link that was passed on."""
    transit = shared.pass_vehicle(WANTED)
    alarm = shared.alarm_of(transit)
    ids = {**IDS, "transit_id": str(transit.id), "alarm_id": str(alarm.id), "name": role.value}
    client = guest(shared, role)
    for page in PAGES[1:]:
        for path in addresses(page.router.routes, "GET"):
            address = path
            for name, value in IDS.items():
                address = address.replace(value, ids[name]) if name != "number" else address
            if address.endswith(("/stream", "/notices")):
                continue  # they never end: the next test
            answer = client.get(address, follow_redirects=True)
            assert not [each for each in OURS if each in answer.text], address
            if str(transit.id) in address and page.is_for(role):
                assert answer.status_code == 404, address


def test_a_stream_tells_each_organisation_its_own_alarms(shared: Site) -> None:
    client = guest(shared, Role.OPERATOR)
    with client.stream("GET", "/alarms/notices?after=0") as answer:
        lines = answer.iter_lines()
        _until(lines, "event: ready")
        shared.pass_vehicle(WANTED)
        shared.pass_vehicle(THEIR_PLATE, gate_id=GATE.id)
        told = [_until(lines, "data: {") for _ in range(2)]
    assert not [line for line in told if WANTED in line]
    assert any(THEIR_PLATE in line for line in told)


def _until(lines: Iterator[str], start: str) -> str:
    return next(line for line in lines if line.startswith(start) and '"raised":' not in line)


def test_what_another_organisation_may_not_see_it_may_not_handle_either(shared: Site) -> None:
    alarm = shared.alarm_of(shared.pass_vehicle(WANTED))
    client = guest(shared, Role.OPERATOR)
    for what in ("acknowledge", "close"):
        answer = shared.post(client, f"/alarms/{alarm.id}/{what}", outcome="other")
        assert answer.status_code == 404, what
    assert shared.alarm_of_id(alarm.id).state == "raised"


def test_an_agreement_shows_alarms_without_pictures_or_buttons_until_it_ends(shared: Site) -> None:
    transit = shared.pass_vehicle(WANTED)
    with shared.database.transaction() as conn:
        day = shared.clock.now().astimezone(shared.settings.zone).date()
        agree(conn, day, Action.ALARMS, gates={"porta-nord"}, watchlists={"a1"}, days=3)
    client = guest(shared, Role.OPERATOR)
    board = client.get("/alarms?view=cards").text
    assert WANTED in board
    assert "Porta Nord" in board
    assert f"/alarms/{shared.alarm_of(transit).id}/acknowledge" not in board
    assert f"/transits/{transit.id}/thumbnails" not in board
    assert client.get(f"/transits/{transit.id}").status_code == 200
    assert client.get(f"/transits/{transit.id}/images/context").status_code == 404
    assert shared.post(client, f"/alarms/{shared.alarm_of(transit).id}/acknowledge").status_code == 403
    assert "AB123CD" not in client.get("/transits").text, "it raised no alarm"
    shared.advance_days(4)
    client = guest(shared, Role.OPERATOR)
    assert WANTED not in client.get("/alarms?view=cards").text
    assert client.get(f"/transits/{transit.id}").status_code == 404


def test_a_search_says_which_gates_it_covers_and_refuses_others(shared: Site) -> None:
    client = guest(shared, Role.INVESTIGATOR)
    answer = shared.search(client, plate="EM456PL", reason="indagine 12", since="", until="")
    assert "tutti i varchi aperti al tuo ente (1)" in answer.text
    assert "Via Tosco Romagnola" in answer.text
    refused = shared.search(client, plate="AB123CD", reason="indagine 12", gates="porta-nord")
    assert refused.status_code == 400
    assert "non sono aperte al tuo ente" in refused.text


def test_an_administrator_opens_a_gate_and_closes_it_again(shared: Site) -> None:
    ours = shared.client(Role.ADMINISTRATOR)
    fields = {
        "grantee": "empoli", "gates": "porta-nord", "actions": ["search", "pictures"], "purpose": "indagini comuni",
        "document": "Protocollo 9/2026", "starts_on": today(shared), "ends_on": "31/12/2099",
    }  # fmt: skip
    answer = shared.post(ours, "/organisations/agreements", "/organisations", **fields)
    assert answer.status_code == 303, answer.text
    client = guest(shared, Role.INVESTIGATOR)
    assert "AB123CD" in client.get("/transits").text
    assert "Protocollo 9/2026" in guest(shared, Role.DPO).get("/organisations").text
    with shared.database.transaction() as conn:
        [made] = list_agreements(conn)
    path = f"/organisations/agreements/{made.id}/end"
    assert guest(shared, Role.ADMINISTRATOR).get(path).status_code == 404, "the grantee has nothing to end"
    assert shared.post(guest(shared, Role.ADMINISTRATOR), path, "/organisations").status_code == 404
    assert "Comune di Empoli non vedrà più" in ours.get(path).text
    assert shared.post(ours, path, path).headers["location"] == f"/organisations?ended={made.id}"
    assert "AB123CD" not in client.get("/transits").text
    actions = [row.event.action for row in shared.audit()]
    assert {AuditAction.AGREEMENT_MADE, AuditAction.AGREEMENT_ENDED} <= set(actions)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ends_on": "2020-01-01"}, "viene prima del primo"),
        ({"starts_on": "2020-01-01", "ends_on": "2020-02-01"}, "già passato"),
        ({"ends_on": "domani"}, "indica due date"),
        ({"gates": []}, "non apre nulla"),
        ({"gates": GATE.id}, "non è del tuo ente"),
        ({"actions": []}, "non consente nulla"),
        ({"actions": ["handle"]}, "deve anche vederli"),
        ({"actions": ["pictures"]}, "o in una ricerca"),
        ({"grantee": "pisa"}, "non esiste"),
        ({"grantee": "manager"}, "due enti diversi"),
        ({"purpose": " "}, "Manca la finalità"),
        ({"document": ""}, "Manca l&#39;atto"),
    ],
)
def test_a_form_that_makes_no_agreement_comes_back(shared: Site, changes: dict[str, object], message: str) -> None:
    fields = {
        "grantee": "empoli", "gates": "porta-nord", "actions": ["search"], "purpose": "indagini", "document": "P 9",
        "starts_on": today(shared), "ends_on": "2099-12-31", **changes,
    }  # fmt: skip
    answer = shared.post(shared.client(Role.ADMINISTRATOR), "/organisations/agreements", "/organisations", **fields)
    assert answer.status_code == 400
    assert message in answer.text


def test_only_the_managers_administrator_adds_organisations(shared: Site) -> None:
    fields = {"id": "vinci", "name": "Comune di Vinci"}
    assert shared.post(guest(shared, Role.ADMINISTRATOR), "/organisations", "/account", **fields).status_code == 403
    client = shared.client(Role.ADMINISTRATOR)
    assert shared.post(client, "/organisations", "/organisations", **fields).status_code == 303
    assert "Comune di Vinci" in client.get("/organisations").text
    assert shared.post(client, "/organisations", "/organisations", **fields).status_code == 400


def test_an_administrator_manages_the_users_of_their_own_organisation(shared: Site) -> None:
    client = guest(shared, Role.ADMINISTRATOR)
    page = client.get("/users").text
    names = re.findall(r'href="/users/([^"/]+)"', page)
    assert set(names) == {f"{role.value}@empoli" for role in Role}
    assert client.get("/users/operator").status_code == 404
    assert shared.post(client, "/users/operator/disable", "/users").status_code == 404
    made = shared.post(client, "/users", "/users", name="nuova", role="operator", organisation="empoli")
    assert made.status_code == 200
    taken = shared.post(client, "/users", "/users", name="operator", role="operator", organisation="empoli")
    assert taken.status_code == 400
    assert "Esiste già" in taken.text
    foreign = shared.post(client, "/users", "/users", name="altra", role="administrator", organisation="manager")
    assert foreign.status_code == 400
    with shared.database.transaction() as conn:
        user = get_user(conn, "nuova")
    assert user is not None
    assert user.organisation_id == "empoli"


def test_the_last_administrator_of_an_organisation_stays_one(shared: Site) -> None:
    """Those of other organisations do not count."""
    client = shared.client(Role.ADMINISTRATOR)
    for path, fields in (("disable", {}), ("organisation", {"organisation": "empoli"})):
        answer = shared.post(client, f"/users/administrator/{path}", "/users/administrator", **fields)
        assert answer.status_code == 400, path
    answer = shared.post(client, "/users/operator/organisation", "/users/operator", organisation="empoli")
    assert answer.status_code == 303


def test_each_auditor_reads_the_rows_of_their_own_organisation_and_verifies_the_whole(shared: Site) -> None:
    shared.search(shared.client(Role.INVESTIGATOR), plate="AB123CD", reason="indagine nostra", since="", until="")
    shared.search(guest(shared, Role.INVESTIGATOR), plate="EM456PL", reason="indagine di Empoli", since="", until="")
    theirs = guest(shared, Role.AUDITOR)
    page = theirs.get("/audit").text
    assert "indagine di Empoli" in page
    assert "indagine nostra" not in page
    assert "investigator@empoli" in page, "their login too"
    assert "indagine di Empoli" not in shared.client(Role.AUDITOR).get("/audit").text
    checked = shared.post(theirs, "/audit/verify", "/audit")
    assert checked.status_code == 303
    verified = [row.event.detail for row in shared.audit() if "verified" in row.event.detail]
    assert verified[0]["broken"] is None
    assert verified[0]["verified"] >= len(shared.audit()) - len(verified) - 1, "every row, not only theirs"


def test_who_may_search_anothers_gate_keeps_nothing_of_it_past_its_day(shared: Site) -> None:
    transit = shared.pass_vehicle("AB123CD")
    with shared.database.transaction() as conn:
        agree(conn, shared.clock.now().astimezone(shared.settings.zone).date(), Action.SEARCH, gates={"porta-nord"})
    client = guest(shared, Role.INVESTIGATOR)
    assert "Porta Nord" not in client.get("/holds/new").text
    day = shared.clock.now().astimezone(shared.settings.zone)
    fields = {
        "case": "PP 1/2026", "reason": "indagine 12", "ends_on": f"{day + timedelta(days=30):%d/%m/%Y}",
        "since": f"{day:%Y-%m-%d}", "until": f"{day:%Y-%m-%d}",
    }  # fmt: skip
    for what in ({"gate": "porta-nord"}, {"transit": str(transit.id)}):
        answer = shared.post(client, "/holds/new", "/holds/new", **fields, **what)
        assert answer.status_code == 400, what
        assert "di un altro ente" in answer.text
    made = shared.post(client, "/holds/new", "/holds/new", **fields, gate=GATE.id)
    assert made.status_code == 303, made.text


def test_the_owner_sees_in_its_audit_who_changed_its_gate_and_list(shared: Site) -> None:
    events = [
        AuditEvent(actor=actor, action=action, at=shared.clock.now(), reason="deciso dal centro", detail=detail)
        for actor, action, detail in (
            ("os:root", AuditAction.GATE_SAVED, {"gate": GATE.id, "version": 2, "changed": ["name"]}),
            ("os:root", AuditAction.HOLD_MADE, {"hold": 99, "gate": GATE.id}),
            ("administrator", AuditAction.AGREEMENT_MADE, {"agreement": 1, "grantor": "empoli", "grantee": "manager"}),
            ("os:root", AuditAction.GATE_SAVED, {"gate": "porta-nord", "version": 2, "changed": ["purpose"]}),
        )
    ]
    with shared.database.transaction() as conn:
        for event in events:
            append(conn, event)
    theirs = guest(shared, Role.AUDITOR).get("/audit").text
    assert theirs.count("deciso dal centro") == 3
    assert "porta-nord" not in theirs
    assert shared.client(Role.AUDITOR).get("/audit").text.count("deciso dal centro") == 4, "the manager's own rows stay"
    with shared.database.transaction() as conn:
        assert verify(conn).broken_at is None
