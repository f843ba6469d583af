# SPDX-License-Identifier: AGPL-3.0-or-later
"""Login and logout through a real OpenID provider in a real browser, under the console's own security policy."""

import re

from playwright.sync_api import Page, expect

from anpr.domain.access import Role
from scripts.lab.oidc_provider import LabProvider
from tests.acceptance.test_console_accessibility import faults
from tests.support.fixtures_browser import log_in
from tests.support.fixtures_console import Site
from tests.support.fixtures_provider import AUDITORS, MARIO, OPERATORS


def enter(page: Page, site: Site, subject: str) -> None:
    """Take the way through the provider, and say there who one is."""
    page.goto(f"{site.url}/login")
    page.get_by_role("link", name="Accedi con Accesso Comune").click()
    page.get_by_label("Name").fill(subject)
    page.get_by_role("button", name="Enter").click()


def test_a_person_logs_in_through_the_provider_and_out_of_it_again(page: Page, provider_site: Site) -> None:
    page.goto(f"{provider_site.url}/transits")
    assert faults(page) == []
    page.get_by_role("link", name="Accedi con Accesso Comune").click()
    page.get_by_label("Name").fill("m-1")
    page.get_by_role("button", name="Enter").click()
    expect(page).to_have_url(f"{provider_site.url}/transits")
    expect(page.get_by_role("link", name=re.compile("mario.rossi"))).to_be_visible()
    page.goto(f"{provider_site.url}/account")
    assert faults(page) == []
    page.get_by_role("button", name="Esci").click()
    page.wait_for_url(re.compile("/session/end"))
    page.get_by_role("button", name=re.compile("yes", re.IGNORECASE)).click()
    expect(page).to_have_url(re.compile(f"^{re.escape(provider_site.url)}/login"))
    page.goto(f"{provider_site.url}/transits")
    page.get_by_role("link", name="Accedi con Accesso Comune").click()
    expect(page.get_by_label("Name")).to_be_visible()  # the provider's session is over, too


def test_who_may_not_come_in_reads_why_on_the_login_page(
    page: Page, provider_site: Site, lab_provider: LabProvider
) -> None:
    lab_provider.set_people({"m-1": {**MARIO, "groups": [OPERATORS, AUDITORS]}})
    enter(page, provider_site, "m-1")
    expect(page.get_by_role("alert")).to_contain_text("anpr-operatori, anpr-revisori")
    assert faults(page) == []
    lab_provider.kill()
    page.get_by_role("link", name="Accedi con Accesso Comune").click()
    page.context.clear_cookies()
    log_in(page, provider_site, Role.OPERATOR)
    expect(page.get_by_role("button", name="Esci")).to_be_visible()
