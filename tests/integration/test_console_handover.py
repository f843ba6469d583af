# SPDX-License-Identifier: AGPL-3.0-or-later
"""Handover of a shift in the console: signed by two, at one workstation or at two, and unchangeable from then on."""

import re
from datetime import timedelta

import httpx
import pytest

from anpr.domain.access import Role
from anpr.domain.alarm import Alarm, AlarmState
from anpr.domain.errors import StoreError
from anpr.domain.handover import MAX_TEXT, SIGN_WITHIN
from anpr.store.alarms.rows import list_events
from anpr.store.audit import AuditAction, AuditEvent
from anpr.store.handovers.shift import facts_of_shift
from anpr.store.handovers.signing import forget_handovers, get_handover
from anpr.store.users.accounts import User, create_user, demand_new_password
from tests.integration.test_console_second_factor import code_now, enrol
from tests.support.fixtures_console import PASSWORD, WANTED, Site
from tests.support.organisations import share

COLLEAGUE = "bruna"


@pytest.fixture
def two(site: Site, password_hash: str) -> Site:
    """A site with two operators."""
    with site.database.transaction() as conn:
        create_user(conn, User(name=COLLEAGUE, role=Role.OPERATOR, password_hash=password_hash))
    return site


def as_colleague(site: Site) -> httpx.Client:
    client = site.stranger()
    assert site.log_in(client, COLLEAGUE, PASSWORD).status_code == 303
    return client


def taken(site: Site, client: httpx.Client, plate: str = WANTED) -> Alarm:
    """An alarm that the client's user has."""
    alarm = site.alarm_of(site.pass_vehicle(plate))
    assert site.post(client, f"/alarms/{alarm.id}/acknowledge").status_code == 303
    return site.alarm_of_id(alarm.id)


def sign_out(site: Site, client: httpx.Client, **fields: object) -> str:
    """Sign as who leaves; the handover's address."""
    answer = site.post(client, "/handover", "/handover", **fields)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def events(site: Site, action: AuditAction) -> list[AuditEvent]:
    return [row.event for row in site.audit() if row.event.action is action]


def test_the_page_tells_what_the_shift_leaves(two: Site) -> None:
    client = two.client(Role.OPERATOR)
    alarm = taken(two, client)
    two.post(client, f"/alarms/{alarm.id}/note", text="pattuglia in via Verdi")
    two.post(client, f"/alarms/{alarm.id}/suppress", hours=2, place="here", reason="veicolo in riparazione")
    page = client.get("/handover").text
    for words in (WANTED, "Porta Nord", "pattuglia in via Verdi", "1, di cui 1 in carico", "operator"):
        assert words in page
    facts = page.partition("Avvisi sospesi")[2].partition("</dl>")[0]
    assert WANTED in facts
    assert "Passa a chi subentra l&#39;allarme" in page


def test_what_is_urgent_and_nobodys_comes_before_what_somebody_has(two: Site) -> None:
    made = """
        WITH made AS (
            INSERT INTO alarms (vehicle, organisation_id, kind, priority, raised_at, first_seen_at, last_seen_at, state,
                acknowledged_by, acknowledged_at)
            SELECT 'AA' || place || 'AA', 'manager', 'local', priority, now(), now(), now(),
                CASE WHEN holder IS NULL THEN 'raised' ELSE 'acknowledged' END, holder,
                CASE WHEN holder IS NOT NULL THEN now() END
            FROM unnest(%(priorities)s::text[], %(holders)s::text[]) WITH ORDINALITY given (priority, holder, place)
            ORDER BY place RETURNING id, priority)
        INSERT INTO sightings (alarm_id, transit_id, captured_at, raised_at, gate_id, camera_id, plate, entry_id,
            entry_plate, watchlist_id, reason, priority, probability)
        SELECT id, gen_random_uuid(), now(), now(), 'ponte', 'c', 'AA', 1, 'AA', 'a1', 'r', priority, 1 FROM made"""
    told = [("high", None), ("medium", None), *(("low", "anna"),) * 14, ("high", "anna")]
    priorities, holders = zip(*told, strict=True)
    with two.database.transaction() as conn:
        conn.execute(made.encode(), {"priorities": list(priorities), "holders": list(holders)})
        facts = facts_of_shift(conn, "manager", two.clock.now(), [])
    expected = [("high", None), ("high", "anna"), *(("low", "anna"),) * 14, ("medium", None)]
    assert [(alarm.priority, alarm.holder) for alarm in facts.alarms] == expected


def test_two_sign_in_their_own_sessions_and_the_alarms_change_hands(two: Site) -> None:
    leaving, coming = two.client(Role.OPERATOR), as_colleague(two)
    alarm = taken(two, leaving)
    address = sign_out(two, leaving, text="Attenzione alla Porta Nord", gives="true")
    assert "Da controfirmare: operator" in coming.get("/handover").text
    assert "Attenzione alla Porta Nord" in coming.get(address).text
    assert two.post(coming, f"{address}/sign", address, remark="visto").status_code == 303
    now = two.alarm_of_id(alarm.id)
    assert (now.state, now.acknowledged_by) == (AlarmState.ACKNOWLEDGED, COLLEAGUE)
    page = leaving.get(address).text
    assert "firmata da entrambi" in page
    assert "visto" in page
    (out,), (signed,) = events(two, AuditAction.HANDOVER_SIGNED_OUT), events(two, AuditAction.HANDOVER_SIGNED_IN)
    assert (out.actor, signed.actor) == ("operator", COLLEAGUE)
    assert signed.detail["alarms"] == [alarm.id]
    assert signed.detail["way"] == "session"
    assert out.detail["sha256"] == signed.detail["sha256"]
    assert str(out.detail["sha256"]) in page
    with two.database.transaction() as conn:
        assert list_events(conn, alarm.id)[0].kind == "handed-over"
    sentences = two.client(Role.AUDITOR).get(f"/audit/people/{COLLEAGUE}").text
    assert "ha controfirmato la consegna del turno" in sentences


def test_alarms_stay_with_who_leaves_unless_it_was_agreed_or_when_they_went_meanwhile(two: Site) -> None:
    leaving, coming = two.client(Role.OPERATOR), as_colleague(two)
    alarm = taken(two, leaving)
    kept = sign_out(two, leaving)
    assert two.post(coming, f"{kept}/sign", kept).status_code == 303
    assert two.alarm_of_id(alarm.id).acknowledged_by == "operator"
    given = sign_out(two, leaving, gives="true")
    two.post(leaving, f"/alarms/{alarm.id}/close", outcome="stopped")
    assert two.post(coming, f"{given}/sign", given).status_code == 303
    assert two.alarm_of_id(alarm.id).acknowledged_by == "operator"
    assert events(two, AuditAction.HANDOVER_SIGNED_IN)[0].detail["alarms"] == []


def test_the_colleague_signs_at_the_same_workstation_and_no_session_begins(two: Site) -> None:
    client = two.client(Role.OPERATOR)
    alarm = taken(two, client)
    address = sign_out(two, client, gives="true")
    logins = len(events(two, AuditAction.LOGIN))
    fields = {"colleague": COLLEAGUE, "remark": "preso"}
    wrong = two.post(client, f"{address}/sign-here", address, password="wrong", **fields)
    assert wrong.status_code == 403
    assert "Nome, password o codice errati" in wrong.text
    assert "preso" in wrong.text, "what was written stays"
    assert "wrong" not in wrong.text
    assert events(two, AuditAction.LOGIN_REFUSED)[0].actor == COLLEAGUE
    assert two.post(client, f"{address}/sign-here", address, password=PASSWORD, **fields).status_code == 303
    (signed,) = events(two, AuditAction.HANDOVER_SIGNED_IN)
    assert (signed.actor, signed.detail["way"]) == (COLLEAGUE, "workstation")
    assert two.alarm_of_id(alarm.id).acknowledged_by == COLLEAGUE
    assert len(events(two, AuditAction.LOGIN)) == logins
    assert "operator" in client.get("/account").text, "the session is still the first operator's"


def test_who_uses_a_second_factor_signs_with_it(two: Site) -> None:
    enrolled = enrol(two, COLLEAGUE, as_colleague(two))
    client = two.client(Role.OPERATOR)
    address = sign_out(two, client)
    fields = {"colleague": COLLEAGUE, "password": PASSWORD}
    assert two.post(client, f"{address}/sign-here", address, **fields).status_code == 403
    right = two.post(client, f"{address}/sign-here", address, **fields, code=code_now(two, enrolled.secret))
    assert right.status_code == 303, right.text


def test_nobody_signs_for_both_sides_or_twice_or_late(two: Site) -> None:
    leaving, coming = two.client(Role.OPERATOR), as_colleague(two)
    address = sign_out(two, leaving)
    assert two.post(leaving, f"{address}/sign", address).status_code == 409
    own = {"colleague": "operator", "password": PASSWORD}
    assert two.post(leaving, f"{address}/sign-here", address, **own).status_code == 409
    assert two.post(coming, f"{address}/sign", address).status_code == 303
    again = two.post(coming, f"{address}/sign", address)
    assert again.status_code == 409
    assert "non si può controfirmare" in again.text
    late = sign_out(two, leaving)
    two.clock.ahead += SIGN_WITHIN + timedelta(minutes=1)
    coming = as_colleague(two)
    assert "più di 12 ore" in coming.get(late).text
    assert two.post(coming, f"{late}/sign", late).status_code == 409
    assert len(events(two, AuditAction.HANDOVER_SIGNED_IN)) == 1


@pytest.mark.parametrize("name", ["investigator", "operator@empoli", "nuova"])
def test_only_an_operator_of_the_same_organisation_who_may_log_in_signs(
    two: Site, password_hash: str, name: str
) -> None:
    share(two.database, password_hash)
    with two.database.transaction() as conn:
        create_user(conn, User(name="nuova", role=Role.OPERATOR, password_hash=password_hash))
        demand_new_password(conn, "nuova")
    client = two.client(Role.OPERATOR)
    address = sign_out(two, client)
    answer = two.post(client, f"{address}/sign-here", address, colleague=name, password=PASSWORD)
    assert answer.status_code == 403
    assert not events(two, AuditAction.HANDOVER_SIGNED_IN)


def test_another_organisation_sees_none_of_it(two: Site, password_hash: str) -> None:
    share(two.database, password_hash)
    address = sign_out(two, two.client(Role.OPERATOR), text="riservato")
    guest = two.stranger()
    assert two.log_in(guest, "operator@empoli", PASSWORD).status_code == 303
    assert guest.get(address).status_code == 404
    assert guest.get(f"{address}/pdf").status_code == 404
    assert two.post(guest, f"{address}/sign").status_code == 404
    assert "Nessuna consegna firmata" in guest.get("/handover").text


def test_the_database_keeps_what_was_signed_from_everybody(two: Site) -> None:
    leaving = two.client(Role.OPERATOR)
    address = sign_out(two, leaving, text="prima")
    for change in ("words = 'dopo'", "content = '{}'", "outgoing = 'altri'", "remark = 'x'"):
        with pytest.raises(StoreError, match=r"not changed|violates"), two.database.transaction() as conn:
            conn.execute(f"UPDATE handovers SET {change}".encode())
    assert two.post(as_colleague(two), f"{address}/sign", address).status_code == 303
    for change in ("remark = 'x'", "incoming = 'x'", "incoming = NULL, incoming_at = NULL"):
        with pytest.raises(StoreError, match="not changed"), two.database.transaction() as conn:
            conn.execute(f"UPDATE handovers SET {change}".encode())


def test_what_was_altered_all_the_same_is_told_and_not_signed(two: Site) -> None:
    leaving = two.client(Role.OPERATOR)
    address = sign_out(two, leaving, text="prima")
    with two.database.transaction() as conn:
        conn.execute(b"ALTER TABLE handovers DISABLE TRIGGER keep_signed")
        conn.execute(b"UPDATE handovers SET words = 'dopo'")
        conn.execute(b"ALTER TABLE handovers ENABLE TRIGGER keep_signed")
    coming = as_colleague(two)
    assert "è stato alterato" in coming.get(address).text
    assert two.post(coming, f"{address}/sign", address).status_code == 409


def test_a_shift_begins_with_the_handover_before_it(two: Site) -> None:
    client = two.client(Role.OPERATOR)
    alarm = taken(two, client)
    two.post(client, f"/alarms/{alarm.id}/close", outcome="stopped")
    two.clock.ahead += timedelta(hours=1)
    first = sign_out(two, client)
    assert "Veicolo fermato 1" in client.get(first).text
    two.clock.ahead += timedelta(hours=1)
    second = client.get(sign_out(two, client)).text
    assert "Veicolo fermato 1" not in second
    with two.database.transaction() as conn:
        one, other = get_handover(conn, 1), get_handover(conn, 2)
    assert one is not None
    assert other is not None
    assert other.facts.since == one.facts.at
    assert one.facts.at - one.facts.since == timedelta(hours=24)
    assert [each.name for each in other.facts.people] == ["operator"]


def test_no_plate_is_in_what_is_stored_and_retention_takes_the_rest(two: Site) -> None:
    client = two.client(Role.OPERATOR)
    alarm = taken(two, client)
    two.post(client, f"/alarms/{alarm.id}/note", text="nota su FX427KB")
    address = sign_out(two, client)
    assert WANTED in client.get(address).text
    with two.database.transaction() as conn:
        (row,) = conn.execute(b"SELECT handovers::text AS text FROM handovers")
        assert WANTED not in row["text"]
        conn.execute(b"DELETE FROM sightings")
        conn.execute(b"DELETE FROM alarms")
    page = client.get(address).text
    assert WANTED not in page
    assert f"allarme {alarm.id}" in page
    with two.database.transaction() as conn:
        now = two.clock.now()
        assert forget_handovers(conn, now - timedelta(minutes=5)) == 0
        assert forget_handovers(conn, now + timedelta(minutes=5)) == 1
    assert client.get(address).status_code == 404


def test_words_that_are_too_long_are_given_back(two: Site) -> None:
    client = two.client(Role.OPERATOR)
    answer = two.post(client, "/handover", "/handover", text="lungo " * 400)
    assert answer.status_code == 400
    assert str(MAX_TEXT) in answer.text
    assert "lungo lungo" in answer.text
    assert two.post(client, "/handover", "/handover", text="a\x00b").status_code == 400


def test_handovers_are_paged_and_each_is_a_pdf(two: Site) -> None:
    client = two.client(Role.OPERATOR)
    taken(two, client)
    for _ in range(21):
        sign_out(two, client, text="tutto bene")
    page = client.get("/handover").text
    assert len(re.findall(r'<th scope="row"><a href="/handover/\d+"', page)) == 20
    assert "/handover?below=2" in page
    assert 'href="/handover/1"' in client.get("/handover?below=2").text
    file = client.get("/handover/21/pdf")
    assert file.content.startswith(b"%PDF-")
    assert file.content.count(b"/Type /Page\n") == 1, "one A4"
    (made,) = events(two, AuditAction.DOCUMENT_MADE)
    assert (made.detail["made"], made.detail["about"]) == ("handover", 21)
