# SPDX-License-Identifier: AGPL-3.0-or-later
"""No consultation without a trace: which transits were shown, which images, and under which reason."""

import pytest

from anpr.console.app import create_app
from anpr.domain.access import Role
from anpr.settings import ConsoleSettings
from anpr.store.audit import AuditAction, AuditEvent
from anpr.store.database.connection import Connection
from tests.support.fixtures_console import WANTED, Site, serving
from tests.support.waiting import eventually


def events(site: Site, action: AuditAction) -> list[AuditEvent]:
    """Oldest first."""
    return [row.event for row in reversed(site.audit()) if row.event.action is action]


def test_a_whole_image_is_recorded_with_the_reason_of_the_search_once_for_a_session(site: Site) -> None:
    transit = site.pass_vehicle("AB123CD")
    client = site.client(Role.INVESTIGATOR)
    site.search(client, plate="AB123CD", reason="furto in via Roma", case="1182/26")
    number = site.audit()[1].seq
    page = client.get(f"/transits/{transit.id}?via=search&search={number}").text
    addresses = {
        f"/transits/{transit.id}/images/{role}?via=search&amp;search={number}" for role in ("context", "plate")
    }
    assert all(address in page for address in addresses)
    for address in (*sorted(addresses), *addresses):
        assert client.get(address.replace("&amp;", "&")).status_code == 200
    seen = events(site, AuditAction.IMAGE_VIEWED)
    assert [event.detail["image"] for event in seen] == ["context", "plate"]
    for event in [*seen, events(site, AuditAction.TRANSIT_VIEWED)[-1]]:
        assert (event.actor, event.reason, event.case_reference) == ("investigator", "furto in via Roma", "1182/26")
        assert (event.detail["transit"], event.detail["search"]) == (str(transit.id), number)
    again = site.client(Role.INVESTIGATOR)
    again.get(f"/transits/{transit.id}/images/context")
    last = events(site, AuditAction.IMAGE_VIEWED)
    assert len(last) == 3
    assert (last[-1].reason, last[-1].detail["via"]) == (None, "address")


def test_an_image_under_an_alarm_names_it_and_nobody_borrows_the_reason_of_another(site: Site) -> None:
    transit = site.pass_vehicle(WANTED)
    alarm, other = site.alarm_of(transit), site.pass_vehicle("AB123CD")
    site.search(site.client(Role.INVESTIGATOR), plate="AB123CD", reason="furto in via Roma")
    number = site.audit()[1].seq
    client = site.client(Role.OPERATOR)
    client.get(f"/transits/{transit.id}/images/plate?via=alarm&alarm={alarm.id}")
    client.get(f"/transits/{other.id}/images/plate?via=search&search={number}&alarm={alarm.id}")
    under, borrowed = events(site, AuditAction.IMAGE_VIEWED)
    assert under.detail["alarm"] == alarm.id
    assert "alarm" not in borrowed.detail, "an alarm of another vehicle"
    assert (borrowed.reason, "search" in borrowed.detail) == (None, False), "a search of another user"


def test_lists_record_which_transits_they_showed_and_each_only_once(site: Site) -> None:
    first = site.pass_vehicle("AB123CD")
    client = site.client(Role.OPERATOR)
    client.get("/transits")
    client.get("/transits/rows")
    second = site.pass_vehicle(WANTED)
    client.get("/transits/rows")
    client.get("/alarms?view=cards")
    client.get("/alarms?view=cards")
    shown = [(event.detail["page"], event.detail["transits"]) for event in events(site, AuditAction.TRANSIT_VIEWED)]
    assert shown == [
        ("latest", [str(first.id)]),
        ("latest", [str(second.id)]),
        ("alarms", [str(second.id)]),
    ]
    page = site.client(Role.AUDITOR).get("/audit").text
    assert str(first.id) in page


def test_a_page_of_results_records_what_it_showed_under_the_reason_of_the_search(site: Site) -> None:
    transit = site.pass_vehicle("AB123CD")
    site.search(site.client(Role.INVESTIGATOR), plate="AB123CD", reason="furto in via Roma")
    (event,) = events(site, AuditAction.TRANSIT_VIEWED)
    assert event.reason == "furto in via Roma"
    assert event.detail["transits"] == [str(transit.id)]


def test_the_stream_of_alarms_records_what_it_sends(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    with client.stream("GET", "/alarms/stream") as stream:
        lines = stream.iter_lines()
        assert next(lines)
        transit = site.pass_vehicle(WANTED)
        assert any(WANTED in line for line in lines)
        eventually(lambda: events(site, AuditAction.TRANSIT_VIEWED))
    (event,) = events(site, AuditAction.TRANSIT_VIEWED)
    assert event.detail == {"page": "alarm-stream", "transits": [str(transit.id)]}


def test_the_stream_of_alarms_shows_nothing_that_could_not_be_recorded(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    for path in ("/alarms/stream?view=rows", "/alarms/stream?view=cards", "/alarms/notices"):
        with client.stream("GET", path) as stream:
            lines = stream.iter_lines()
            assert next(lines)
            with site.database.transaction() as conn:
                conn.execute("ALTER TABLE audit RENAME TO elsewhere")
            alarm = site.alarm_of(site.pass_another())
            assert f"id: {alarm.id}" not in lines, "it ends instead"
        with site.database.transaction() as conn:
            conn.execute("ALTER TABLE elsewhere RENAME TO audit")
        with client.stream("GET", path, headers={"Last-Event-ID": str(alarm.id - 1)}) as stream:
            assert f"id: {alarm.id}" in stream.iter_lines(), "and shows it when it comes back"


def test_looking_at_the_watchlists_is_recorded(site: Site) -> None:
    client = site.client(Role.LIST_MANAGER)
    for _ in range(2):
        client.get("/watchlists")
    assert [event.actor for event in events(site, AuditAction.WATCHLIST_VIEWED)] == ["list-manager"]


def test_what_could_not_be_recorded_is_not_shown_and_is_due_again(site: Site) -> None:
    transit = site.pass_vehicle("AB123CD")
    client = site.client(Role.OPERATOR)
    path = f"/transits/{transit.id}/images/context"
    with site.database.transaction() as conn:
        conn.execute("ALTER TABLE audit RENAME TO elsewhere")
    assert client.get(path).status_code == 503
    with site.database.transaction() as conn:
        conn.execute("ALTER TABLE elsewhere RENAME TO audit")
    assert client.get(path).status_code == 200
    assert len(events(site, AuditAction.IMAGE_VIEWED)) == 1


def test_a_search_that_takes_too_long_is_broken_off_told_and_recorded(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slowly(conn: Connection, _query: object) -> int:
        conn.execute("SELECT pg_sleep(60)")
        return 0

    monkeypatch.setattr("anpr.store.transits.audited_search.count_found", slowly)
    quick = ConsoleSettings(idle_minutes=1440, search_timeout_s=0.2)
    settings = site.settings.model_copy(update={"console": quick})
    with serving(create_app(settings, site.console.database, site.images, site.clock)) as url:
        site.url = url
        client = site.client(Role.INVESTIGATOR)
        answer = site.post(client, "/search", "/search", plate="AB1*", reason="furto in via Roma")
    assert answer.status_code == 503
    assert "più di 0.2 secondi" in answer.text
    assert 'value="AB1*"' in answer.text, "the form is there to narrow it"
    (event,) = events(site, AuditAction.SEARCH_REFUSED)
    assert event.reason == "furto in via Roma"


def test_a_third_search_of_one_user_is_told_to_wait_and_others_are_not(site: Site) -> None:
    client = site.client(Role.INVESTIGATOR)
    with site.console.search_seats.seat("investigator"), site.console.search_seats.seat("investigator"):
        answer = site.post(client, "/search", "/search", plate="AB1*", reason="furto in via Roma")
        assert answer.status_code == 503
        assert "sono ancora in corso" in answer.text
        other = site.post(site.client(Role.OPERATOR), "/search", "/search", plate="AB1*", reason="furto in via Roma")
        assert other.status_code == 303
    assert site.post(client, "/search", "/search", plate="AB1*", reason="furto in via Roma").status_code == 303
