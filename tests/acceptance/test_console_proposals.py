# SPDX-License-Identifier: AGPL-3.0-or-later
"""A second person in a real browser: one proposes, another decides; at a desk, on a phone, and without scripts."""

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from anpr.domain.access import Role
from tests.integration.test_console_proposals import demand
from tests.support.fixtures_browser import log_in
from tests.support.fixtures_console import PASSWORD, Site

SIZES = [ViewportSize(width=1366, height=768), ViewportSize(width=390, height=844), ViewportSize(width=320, height=700)]
LONG = (
    "veicolo rubato questa notte davanti alla stazione, denuncia n. 4711/2026 raccolta dalla pattuglia di Pontassieve"
)


def width_of(page: Page) -> int:
    width: int = page.evaluate("document.documentElement.scrollWidth")
    return width


def as_bruno(page: Page, site: Site) -> None:
    page.context.clear_cookies()
    page.goto(f"{site.url}/login")
    page.get_by_label("Nome utente").fill("bruno")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Accedi").click()
    expect(page).to_have_url(f"{site.url}/watchlists")


def propose(page: Page, site: Site) -> None:
    log_in(page, site, Role.LIST_MANAGER)
    page.goto(f"{site.url}/watchlists/a1/add")
    page.get_by_label("Targa", exact=True).fill("ab 123 cd")
    page.get_by_label("Motivo", exact=True).fill(LONG)
    page.get_by_label("Urgente").check()
    page.get_by_role("button", name="Proponi").click()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: str(size["width"]))
def test_one_proposes_and_another_approves(page: Page, site: Site, size: ViewportSize) -> None:
    demand(site, urgent_hours=6)
    page.set_viewport_size(size)
    propose(page, site)
    expect(page.get_by_role("status")).to_contain_text("la segnalazione vale già")
    expect(page.get_by_role("button", name="Ritira la proposta")).to_be_visible()
    assert width_of(page) <= size["width"]
    as_bruno(page, site)
    page.goto(f"{site.url}/watchlists")
    page.get_by_role("link", name="1 proposta", exact=True).click()
    assert width_of(page) <= size["width"]
    page.get_by_role("link", name="aggiungere una segnalazione").click()
    expect(page.get_by_text("È urgente: vale già")).to_be_visible()
    page.get_by_role("button", name="Approva").click()
    expect(page.get_by_role("status")).to_contain_text("Approvata")
    page.goto(f"{site.url}/watchlists/a1/proposals")
    expect(page.get_by_text("approvata")).to_be_visible()
    assert width_of(page) <= size["width"]


def test_it_needs_no_script(browser: Browser, site: Site) -> None:
    demand(site, urgent_hours=6)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    propose(page, site)
    as_bruno(page, site)
    page.goto(f"{site.url}/watchlists/a1/proposals/1")
    page.get_by_label("Motivo del rifiuto").fill("manca l'atto")
    page.get_by_role("button", name="Rifiuta").click()
    expect(page.get_by_role("status")).to_contain_text("Rifiutata")
    context.close()
