# SPDX-License-Identifier: AGPL-3.0-or-later
"""Filter of the audit's page: what a person did, who asked for a plate, what belongs to a case or a day."""

import re
from datetime import timedelta

import httpx
import pytest

from anpr.console.auth.view_audit import AGAIN_AFTER_S
from anpr.domain.access import Role
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.audit_filter import AuditFilter, filter_audit, filter_of
from tests.support.fixtures_console import WANTED, Site

REASON = "segnalazione del DPO"
_ROW = re.compile(r'<td class="number"[^>]*>(\d+)</td>')


def filtered(site: Site, client: httpx.Client, **fields: str) -> list[int]:
    """The numbers of the rows that the form lets through, newest first."""
    if "plate" in fields:
        fields = {"reason": REASON, **fields}
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


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"operation": "volare"}, "Nessuna operazione del registro ha questo nome"),
        ({"person": "a" * 100}, "al massimo 64 caratteri"),
    ],
)
def test_what_no_row_can_have_is_told(site: Site, fields: dict[str, str], said: str) -> None:
    answer = site.post(site.client(Role.AUDITOR), "/audit/filter", "/audit", **fields)
    assert (answer.status_code, said in answer.text) == (400, True)


def test_a_missing_reason_of_an_export_speaks_of_no_search(site: Site) -> None:
    answer = site.post(site.client(Role.AUDITOR), "/audit/export", "/audit", form="csv", reason="")
    assert answer.status_code == 400
    assert "Scrivi il motivo: parole" in answer.text


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
    answer = site.post(site.client(Role.AUDITOR), "/audit/filter", "/audit", plate=WANTED, reason=REASON)
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


def test_the_same_filter_again_is_one_row_for_a_while_and_each_other_is_one_more(site: Site) -> None:
    client = site.client(Role.AUDITOR)

    def rows_after(**fields: str) -> int:
        filtered(site, client, **fields)
        return sum(row.event.actor == "auditor" and "filter" in row.event.detail for row in site.audit())

    assert rows_after(plate=WANTED) == 1
    assert rows_after(plate=WANTED) == 1
    assert rows_after(plate="AB123CD") == 2
    assert rows_after(plate=WANTED, person="anna") == 3
    filtered(site, site.client(Role.DPO), plate=WANTED)
    mine = [row.event.actor for row in site.audit() if "filter" in row.event.detail]
    assert mine.count("dpo") == 1, "everybody's own"
    site.clock.ahead += timedelta(seconds=AGAIN_AFTER_S + 1)
    assert rows_after(plate=WANTED) == 4


def test_who_asks_about_a_plate_says_why_and_that_is_in_the_audit(site: Site) -> None:
    client = site.client(Role.AUDITOR)
    for reason in ("", "....", "\u200bab"):
        answer = site.post(client, "/audit/filter", "/audit", plate=WANTED, reason=reason)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
        assert WANTED in answer.text, "what was typed stays"
    assert not [row for row in site.audit() if "filter" in row.event.detail]
    filtered(site, client, plate=WANTED, reason="reclamo n. 12")
    newest = site.audit()[0].event
    assert (newest.reason, newest.detail["filter"]["plate"]) == ("reclamo n. 12", WANTED)
    filtered(site, client, plate=WANTED, reason="un altro motivo")
    assert site.audit()[0].event.reason == "un altro motivo", "another reason is another row"
