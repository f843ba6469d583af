# SPDX-License-Identifier: AGPL-3.0-or-later
"""A person's page and the hints at unusual use: what is told, to whom, and that looking is recorded."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from anpr.domain.access import Role
from anpr.settings.centre import AuditSettings
from anpr.store.audit import AuditAction, AuditEvent, append
from tests.support.fixtures_console import WANTED, Site
from tests.support.fixtures_organisations import guest


def note(site: Site, actor: str, action: AuditAction, at: datetime, case: str | None = None, **detail: Any) -> None:
    event = AuditEvent(
        actor=actor, action=action, at=at, reason="indagine sul furto", case_reference=case, detail=detail
    )
    with site.database.transaction() as conn:
        append(conn, event)


def noon(site: Site, days_ago: int) -> datetime:
    local = site.clock.now().astimezone(site.settings.zone)
    return local.replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=days_ago)


def test_the_page_tells_what_a_person_did_in_a_period(site: Site) -> None:
    for days_ago in (2, 2, 3):
        note(site, "operator", AuditAction.SEARCH, noon(site, days_ago), case="12/2026", pattern=WANTED, found=3)
    note(site, "operator", AuditAction.LOGIN, noon(site, 2), address="10.0.0.1")
    note(site, "operator", AuditAction.SEARCH, noon(site, 40), pattern="ZZ999ZZ")
    client = site.client(Role.AUDITOR)
    page = client.get("/audit/people/operator").text
    assert "Attività di operator" in page
    assert "4 righe del registro" in page
    assert "<dt>Ricerche</dt><dd>3</dd>" in page
    assert page.count("indagine sul furto") >= 3
    assert page.count("12/2026") >= 3
    assert "operator è entrato nel sistema" in page
    assert "ZZ999ZZ" not in page
    assert page.count('class="activity-all" x=') == 2, "a bar for each day with rows"
    newest = site.audit()[0].event
    assert (newest.action, newest.detail["page"]) == (AuditAction.AUDIT_VIEWED, "audit-person")
    assert newest.detail["filter"]["person"] == "operator"
    rows = len(site.audit())
    client.get("/audit/people/operator")
    assert len(site.audit()) == rows, "one row while the look goes on"
    day = noon(site, 3).date().isoformat()
    assert "1 riga del registro" in client.get(f"/audit/people/operator?since={day}&until={day}").text


@pytest.mark.parametrize(
    "query",
    ["since=ieri", "since=2026-11-02&until=2026-11-01", "since=2020-01-01&until=2026-01-01", "until=0001-01-01"],
)
def test_an_odd_period_is_told(site: Site, query: str) -> None:
    answer = site.client(Role.AUDITOR).get(f"/audit/people/operator?{query}")
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_nobody_is_found_of_whom_nothing_is_known(site: Site) -> None:
    assert site.client(Role.DPO).get("/audit/people/mago").status_code == 404
    note(site, "os:root", AuditAction.EXPORTED, noon(site, 1))
    assert "Nessun utente ha oggi questo nome" in site.client(Role.DPO).get("/audit/people/os:root").text


def test_another_organisation_sees_its_own_people_only(shared: Site) -> None:
    note(shared, "operator", AuditAction.SEARCH, noon(shared, 1), pattern=WANTED)
    client = guest(shared, Role.AUDITOR)
    assert client.get("/audit/people/operator").status_code == 404
    assert client.get("/audit/people/auditor@empoli").status_code == 200
    for days_ago in range(1, 7):
        note(shared, "operator", AuditAction.SEARCH, noon(shared, days_ago), pattern=WANTED)
    assert WANTED in shared.client(Role.AUDITOR).get("/audit/hints").text
    assert WANTED not in client.get("/audit/hints").text


def test_of_another_organisations_user_the_page_says_that_their_rows_are_not_seen(shared: Site) -> None:
    guest(shared, Role.AUDITOR).get("/audit")
    page = shared.client(Role.AUDITOR).get("/audit/people/auditor@empoli").text
    assert "le righe del registro di quell&#39;ente non si vedono da qui" in page
    assert "righe visibili da qui" in page
    assert "Nessuna operazione in questo periodo" not in page
    own = guest(shared, Role.AUDITOR).get("/audit/people/auditor@empoli").text
    assert "non si vedono da qui" not in own


def test_hints_are_told_in_words_with_their_figures(site: Site) -> None:
    for days_ago in range(1, 7):
        note(site, "operator", AuditAction.SEARCH, noon(site, days_ago), pattern="AB123CD")
        note(site, "operator", AuditAction.SEARCH, noon(site, days_ago), case="1/26", pattern="EF456GH")
        note(site, "operator", AuditAction.SEARCH, noon(site, days_ago), pattern="IL7*")
    for days_ago in range(40, 50):
        for _ in range(3):
            note(site, "investigator", AuditAction.SEARCH, noon(site, days_ago), case="1/26", pattern="MN1*")
    for number in range(30):
        late = noon(site, 2) + timedelta(hours=11, minutes=number)
        note(site, "investigator", AuditAction.SEARCH, late, case="1/26", pattern="MN1*")
    page = site.client(Role.DPO).get("/audit/hints").text
    assert "Ha cercato la targa AB123CD 6 volte in 6 giorni diversi, senza indicare un fascicolo." in page
    assert "EF456GH" not in page, "a case explains it"
    assert "IL7*" not in page
    assert "ha fatto 30 ricerche; nei giorni precedenti in cui ha cercato erano di solito 3." in page
    assert "Ha fatto 30 ricerche tra le 23 e le 6; nel periodo precedente, in tutto 0." in page
    assert 'href="/audit/people/investigator"' in page
    newest = site.audit()[0].event
    assert newest.detail == {"page": "audit-hints", "days_looked_at": 30}
    assert "Usi insoliti" in site.client(Role.AUDITOR).get("/audit").text


def test_where_hints_are_off_there_are_none(site: Site) -> None:
    audit = AuditSettings.model_validate({"unusual": {"shown": False}})
    site.app.state.console = replace(site.console, settings=site.settings.model_copy(update={"audit": audit}))
    client = site.client(Role.AUDITOR)
    assert client.get("/audit/hints").status_code == 404
    assert "/audit/hints" not in client.get("/audit").text
