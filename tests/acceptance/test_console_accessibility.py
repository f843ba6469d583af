# SPDX-License-Identifier: AGPL-3.0-or-later
"""axe-core on every page: the rules of WCAG 2.2 AA that a program can check, as each role that has the page, in both
colour schemes, on a phone and in the office."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, expect

from anpr.console.app import PAGES
from anpr.domain.access import Role
from anpr.domain.hold import Hold
from anpr.domain.organisation import MANAGER
from anpr.domain.subject_request import RequestKind, SubjectRequest
from anpr.domain.transit import Transit
from anpr.store.author import Author
from anpr.store.handovers.shift import facts_of_shift
from anpr.store.handovers.signing import sign_out
from anpr.store.holds import add_hold
from anpr.store.investigations.life import end_investigation, open_investigation
from anpr.store.requests.register import add_request
from anpr.store.watchlists.entries import NewEntry
from anpr.store.watchlists.proposing import propose_entry
from tests.support.completeness import archive_report
from tests.support.evidence import fill_investigation
from tests.support.fixtures_browser import NewPage, log_in
from tests.support.fixtures_console import WANTED, Site
from tests.support.received_site import receive_list

OPTIONS: dict[str, Any] = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    # Experimental in axe, and an error for whoever speaks to the page instead of pressing: WCAG 2.5.3.
    "rules": {"label-content-name-mismatch": {"enabled": True}},
}
COLOURS: dict[str, Any] = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""The rules that a colour scheme can break."""
ROLES = {
    "/alarms": Role.OPERATOR,
    "/patrol": Role.PATROL,
    "/archive": Role.OPERATOR,
    "/handover": Role.OPERATOR,
    "/transits": Role.OPERATOR,
    "/vehicle": Role.INVESTIGATOR,
    "/search": Role.INVESTIGATOR,
    "/watchlists": Role.LIST_MANAGER,
    "/received-lists": Role.LIST_MANAGER,
    "/investigations": Role.INVESTIGATOR,
    "/holds": Role.INVESTIGATOR,
    "/requests": Role.DPO,
    "/audit": Role.AUDITOR,
    "/map": Role.OPERATOR,
    "/gates": Role.OPERATOR,
    "/statistics": Role.AUDITOR,
    "/status": Role.ADMINISTRATOR,
    "/forwarding": Role.ADMINISTRATOR,
    "/completeness": Role.ADMINISTRATOR,
    "/documents": Role.DPO,
    "/users": Role.ADMINISTRATOR,
    "/notifications": Role.ADMINISTRATOR,
    "/organisations": Role.ADMINISTRATOR,
    "/account": Role.DPO,
}
"""Who opens each page here."""


def faults(page: Page, options: dict[str, Any] = OPTIONS) -> list[str]:
    """Rule, number and first element of each fault that axe finds in the page as it is now."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("options => axe.run(options).then(results => results.violations)", options)
    return [f"{page.url}: {fault['id']} × {len(fault['nodes'])}: {fault['nodes'][0]['html'][:200]}" for fault in found]


def hold_of(transit: Transit) -> Hold:
    """One that covers the transit's plate for an hour."""
    at = transit.captured_at
    return Hold(
        case_reference="12/2026", reason="furto", author="investigator", made_at=at, plate=transit.plate,
        since=at - timedelta(hours=1), until=at + timedelta(hours=1), ends_on=at.date() + timedelta(days=30),
    )  # fmt: skip


def request_for(transit: Transit) -> SubjectRequest:
    """One for the erasure of its data."""
    return SubjectRequest(
        kind=RequestKind.ERASURE, plate=transit.plate, reference="4711/2026", received_on=transit.captured_at.date(),
        registered_by="dpo", registered_at=transit.captured_at,
    )  # fmt: skip


def investigation_pages(site: Site, transit: Transit) -> list[str]:
    """One that goes on, with a package, a link and all else; one that has ended."""
    number, _, token = fill_investigation(site, transit)
    with site.database.transaction() as conn:
        by = Author(name="investigator", at=site.clock.now())
        ended = open_investigation(conn, "99/2026", "Chiuso", "", by)
        end_investigation(conn, ended.id, by, "archiviato")
    return [f"/investigations/{number}", f"/investigations/{ended.id}", f"/evidence/{token}", f"/transits/{transit.id}"]


def opened(new_page: NewPage, site: Site) -> Iterator[Page]:
    """Open each page in turn."""
    page = new_page()
    page.goto(f"{site.url}/login")
    yield page
    transit = site.pass_vehicle(WANTED)
    site.pass_vehicle("AB123CD", country=None)
    with site.database.transaction() as conn:
        add_hold(conn, hold_of(transit))
        add_request(conn, request_for(transit))
        wanted = NewEntry(plate="AB123CD", reason="furto")
        propose_entry(conn, "a1", wanted, Author(name="operator", at=site.clock.now()))
        facts = facts_of_shift(conn, MANAGER, site.clock.now(), [])
        sign_out(conn, facts, "operator", "tutto bene", gives_alarms=True)
    results = site.search(
        site.client(Role.INVESTIGATOR), gates=[transit.gate_id], reason="furto in via Roma", confidence="10"
    ).url.path
    report = archive_report(site)
    receive_list(site)
    more = {
        "/search": [results, f"{results}?view=table", f"{results}?view=sheet", f"{results}/timeline"],
        "/completeness": [f"/completeness/{report}"],
        "/forwarding": ["/forwarding/questura", "/forwarding/questura/profile", "/forwarding/questura/runs"],
        "/alarms": [
            "/alarms?view=cards", "/alarms?view=wall", "/alarms/1", "/alarms/1/patrols",
            "/alarms/suppressions", "/nothing",
        ],
        "/patrol": ["/patrol/offline"],
        "/archive": ["/archive?since=ieri"],
        "/handover": ["/handover/1"],
        "/notifications": [
            "/notifications/rules/new", "/notifications/areas/new", "/notifications/recipients/new",
            "/notifications/ledger",
        ],
        "/transits": [f"/transits/{transit.id}"],
        "/vehicle": [f"/vehicle?transit={transit.id}", "/vehicle/cross"],
        "/investigations": investigation_pages(site, transit),
        "/holds": [f"/holds/new?transit={transit.id}", f"/holds/new?plate_of={transit.id}", "/holds/1", "/holds/1/end"],
        "/watchlists": [
            "/watchlists/a1", "/watchlists/a1/add", "/watchlists/a1/entries/1", "/watchlists/a1/settings",
            "/watchlists/a1/delete", "/watchlists/_new", "/watchlists/a1/import", "/watchlists/a1/cost",
            "/watchlists/a1/export", "/watchlists/a1/proposals", "/watchlists/a1/proposals/1",
        ],
        "/received-lists": ["/received-lists/centro", "/watchlists/centro"],
        "/requests": ["/requests/1", "/requests/1/data", "/requests/1/erase"],
        "/gates": ["/gates/porta-nord?picture=1", "/gates/porta-nord/cameras/nord-1", "/gates?q=nowhere"],
        "/documents": ["/documents/ending", "/documents/registro", "/documents/dossier-comitato"],
        "/audit": ["/audit/people/operator", "/audit/people/operator?since=ieri", "/audit/hints"],
        "/users": ["/users/operator", "/users/operator/password", "/users/patrol"],
        "/account": ["/account/second-factor"],
    }  # fmt: skip
    for role in sorted(set(ROLES.values())):
        # A profile each: an answer to what the former user's pages still ask for would end the new session.
        page = new_page()
        log_in(page, site, role)
        page.get_by_role("button", name="Esci").wait_for()
        for address in (address for path in ROLES if ROLES[path] is role for address in (path, *more.get(path, ()))):
            page.goto(f"{site.url}{address}")
            yield page


def faults_in_each_look(page: Page) -> list[str]:
    """In both sizes and both colour schemes."""
    found = []
    for width in (390, 1366):
        page.set_viewport_size({"width": width, "height": 844})
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        found += faults(page)
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        found += faults(page, COLOURS)
    return found


def test_every_page_of_the_menu_is_looked_over() -> None:
    assert set(ROLES) == {page.path for page in PAGES if page.permissions}


def test_axe_finds_no_fault_on_any_page(new_page: NewPage, site: Site) -> None:
    assert [fault for page in opened(new_page, site) for fault in faults_in_each_look(page)] == []


def test_a_fault_in_one_colour_scheme_would_be_found(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/login")
    page.evaluate(
        """() => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync("@media (prefers-color-scheme: dark) { h1 { color: #222 !important } }");
            document.adoptedStyleSheets = [sheet];
        }"""
    )
    assert {fault.split(": ")[1].split()[0] for fault in faults_in_each_look(page)} == {"color-contrast"}


def test_a_fault_would_be_found(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/login")
    page.evaluate("document.querySelector('.languages button').setAttribute('aria-label', 'Sprache')")
    (fault,) = faults(page)
    assert "label-content-name-mismatch" in fault


def test_who_speaks_to_the_page_calls_controls_by_the_words_they_show(page: Page, site: Site) -> None:
    site.pass_vehicle(WANTED)
    log_in(page, site, Role.OPERATOR)
    page.get_by_role("link", name="Ultimi transiti").click()
    for word in ("IT", "EN"):
        expect(page.get_by_role("button", name=re.compile(rf"^{word}\b"))).to_be_visible()
    row = page.locator("li.transit a")
    expect(row).to_have_accessible_name(re.compile(rf"{WANTED}.*Porta Nord.*nord-1.*\d\d:\d\d:\d\d.*Probabilità 97 %"))
