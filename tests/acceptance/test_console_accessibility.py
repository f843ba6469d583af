# SPDX-License-Identifier: AGPL-3.0-or-later
"""axe-core on every page: the rules of WCAG 2.2 AA that a program can check, as each role that has the page, in both
colour schemes, on a phone and in the office."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from anpr.console.app import PAGES
from anpr.domain.access import Role
from tests.support.fixtures_browser import log_in
from tests.support.fixtures_console import WANTED, Site

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

OPTIONS = {
    "resultTypes": ["violations"],
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    # Experimental in axe, and an error for whoever speaks to the page instead of pressing: WCAG 2.5.3.
    "rules": {"label-content-name-mismatch": {"enabled": True}},
}
ROLES = {
    "/alarms": Role.OPERATOR,
    "/transits": Role.OPERATOR,
    "/search": Role.INVESTIGATOR,
    "/watchlists": Role.LIST_MANAGER,
    "/audit": Role.AUDITOR,
    "/gates": Role.OPERATOR,
    "/status": Role.ADMINISTRATOR,
    "/users": Role.ADMINISTRATOR,
    "/organisations": Role.ADMINISTRATOR,
    "/account": Role.DPO,
}
"""Who opens each page here."""


def faults(page: Page) -> list[str]:
    """Rule, number and first element of each fault that axe finds."""
    found = Axe().run(page, options=OPTIONS).response["violations"]
    return [f"{page.url}: {fault['id']} × {len(fault['nodes'])}: {fault['nodes'][0]['html'][:200]}" for fault in found]


def opened(page: Page, site: Site) -> Iterator[None]:
    """Open each page in turn."""
    page.goto(f"{site.url}/login")
    yield
    transit = site.pass_vehicle(WANTED)
    site.pass_vehicle("AB123CD", country=None)
    more = {
        "/alarms": ["/alarms/closed", "/nothing"],
        "/transits": [f"/transits/{transit.id}"],
        "/gates": ["/gates/porta-nord?picture=1", "/gates?q=nowhere"],
        "/users": ["/users/operator", "/users/operator/password"],
        "/account": ["/account/second-factor"],
    }
    for path, role in ROLES.items():
        page.context.clear_cookies()
        log_in(page, site, role)
        page.get_by_role("button", name="Esci").wait_for()
        for address in (path, *more.get(path, ())):
            page.goto(f"{site.url}{address}")
            yield


def test_every_page_of_the_menu_is_looked_over() -> None:
    assert set(ROLES) == {page.path for page in PAGES if page.permissions}


@pytest.mark.parametrize("width", [390, 1366])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_on_any_page(page: Page, site: Site, scheme: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    assert [fault for _ in opened(page, site) for fault in faults(page)] == []


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
