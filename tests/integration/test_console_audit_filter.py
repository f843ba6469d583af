# SPDX-License-Identifier: AGPL-3.0-or-later
"""Filter of the audit's page: what a person did, who asked for a plate, what belongs to a case or a day."""

import re
from datetime import timedelta

import httpx
import pytest

from anpr.domain.access import Role
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.audit_filter import AuditFilter, filter_audit, filter_of
from tests.support.fixtures_console import WANTED, Site

_ROW = re.compile(r'<td class="number"[^>]*>(\d+)</td>')


def filtered(site: Site, client: httpx.Client, **fields: str) -> list[int]:
    """The numbers of the rows that the form lets through, newest first."""
    answer = site.post(client, "/audit/filter", "/audit", **fields)
    assert answer.status_code == 303, answer.text
    address = answer.headers["location"]
    assert not any(value in address for value in fields.values()), "nothing that was typed is in the address"
    return [int(number) for number in _ROW.findall(client.get(address).text)]


def note(
    site: Site, actor: str, action: AuditAction, reason: str = "", case: str | None = None, **detail: object
) -> int:
    at = site.clock.now()
    event = AuditEvent(actor=actor, action=action, at=at, reason=reason or None, case_reference=case, detail=detail)
    with site.database.transaction() as conn:
        return append(conn, event).seq


def test_what_a_person_did_is_one_click_away(site: Site) -> None:
    mine = note(site, "anna", AuditAction.SEARCH, pattern="AB123CD")
    note(site, "piero", AuditAction.SEARCH, pattern="AB123CD")
    client = site.client(Role.AUDITOR)
    assert 'href="/audit?person=anna"' in client.get("/audit").text
    page = client.get("/audit?person=anna").text
    assert _ROW.findall(page) == [str(mine)]
    newest = site.audit()[0].event
    assert newest.action is AuditAction.AUDIT_VIEWED
    assert newest.detail["filter"] == {"person": "anna"}, "that somebody asked is in the audit"
    assert filtered(site, client, person=" Anna ") == [mine]


def test_who_asked_for_a_plate_is_found_also_by_pattern_look_alike_view_and_alarm(site: Site) -> None:
    transit = site.pass_vehicle(WANTED)
    alarm = site.alarm_of(transit)
    other = site.pass_vehicle("AB123CD")
    found = [
        note(site, "anna", AuditAction.SEARCH, pattern=WANTED, look_alike=False),
        note(site, "anna", AuditAction.SEARCH, pattern="FX4*", look_alike=False),
        note(site, "anna", AuditAction.SEARCH, pattern="?X427K?", look_alike=False),
        note(site, "anna", AuditAction.SEARCH, pattern="FX427K8", look_alike=True),
        note(site, "anna", AuditAction.TRANSIT_VIEWED, transit=str(transit.id)),
        note(site, "anna", AuditAction.TRANSIT_VIEWED, transits=[str(other.id), str(transit.id)]),
        note(site, "anna", AuditAction.ALARM_CLOSED, alarm=alarm.id),
        note(site, "anna", AuditAction.ENTRY_ADDED, plate=WANTED, watchlist="a1"),
    ]
    for pattern, look_alike in (("FX427K8", False), ("AB123CD", False), ("GX*", False)):
        note(site, "anna", AuditAction.SEARCH, pattern=pattern, look_alike=look_alike)
    note(site, "anna", AuditAction.TRANSIT_VIEWED, transits=[str(other.id)])
    rows = filtered(site, site.client(Role.DPO), plate="fx 427-kb", person="anna")
    assert rows == sorted(found, reverse=True)


def test_cases_operations_and_days_narrow_together(site: Site) -> None:
    client = site.client(Role.AUDITOR)
    kept = note(site, "anna", AuditAction.SEARCH, "indagine", "PP 12/2026_x", pattern="AB1*")
    note(site, "anna", AuditAction.EXPORTED, "indagine", "PP 12/2026_x")
    note(site, "anna", AuditAction.SEARCH, "indagine", "PP 12/2026yx", pattern="AB1*")
    today = site.clock.now().astimezone(site.settings.zone).strftime("%d/%m/%Y")
    assert filtered(site, client, case="12/2026_X", operation="search", since=today, until=today) == [kept]
    tomorrow = (site.clock.now() + timedelta(days=1)).astimezone(site.settings.zone).strftime("%Y-%m-%d")
    assert filtered(site, client, case="12/2026_x", since=tomorrow) == []


def test_what_makes_no_filter_comes_back_with_a_message(site: Site) -> None:
    client = site.client(Role.AUDITOR)
    for fields, message in (
        ({"plate": "Ж123"}, "cirillico"),
        ({"since": "ieri"}, "ieri"),
        ({"since": "2026-12-02", "until": "2026-12-01"}, "prima"),
    ):
        answer = site.post(client, "/audit/filter", "/audit", **fields)
        assert answer.status_code == 400, message
        assert 'role="alert"' in answer.text
        assert next(iter(fields.values())) in answer.text, "what was typed stays"


def test_somebody_elses_filter_is_nobodys_to_open(site: Site) -> None:
    answer = site.post(site.client(Role.AUDITOR), "/audit/filter", "/audit", plate=WANTED)
    address = answer.headers["location"]
    assert site.client(Role.DPO).get(address).status_code == 404
    row = note(site, "dpo", AuditAction.SEARCH, pattern="AB1*")
    assert site.client(Role.DPO).get(f"/audit?view={row}").status_code == 404, "no filter"


@pytest.mark.parametrize("case", ["100%", "a_b", "back\\slash"])
def test_signs_of_patterns_in_a_case_are_signs(site: Site, case: str) -> None:
    kept = note(site, "anna", AuditAction.SEARCH, case=f"x {case} y")
    note(site, "anna", AuditAction.SEARCH, case="x 100 aXb backslash y")
    with site.database.transaction() as conn:
        assert [row.seq for row in filter_audit(conn, AuditFilter(case=case))] == [kept]


def test_a_filter_comes_back_from_its_row_as_it_went_in(site: Site) -> None:
    now = site.clock.now()
    which = AuditFilter(person="anna", operation="search", plate=WANTED, case="1", since=now, until=now)
    number = note(site, "dpo", AuditAction.AUDIT_VIEWED, filter=which.detail)
    row = next(each for each in site.audit() if each.seq == number)
    assert filter_of(row) == which
