# SPDX-License-Identifier: AGPL-3.0-or-later
"""Chromium, and a page in it that watches its own console."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from anpr.domain.access import Role
from tests.support.fixtures_console import PASSWORD, Site

ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--mute-audio",
]
WITHIN_MS = 20_000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; skips when it is not installed."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no browser is here (Debian's package chromium): the console's pages were not driven")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page that fails the test when the browser complains: a script that throws, or a rule of ours it refuses."""
    context = browser.new_context(locale="it-IT", timezone_id="Europe/Rome", viewport={"width": 1280, "height": 900})
    context.set_default_timeout(WITHIN_MS)
    expect.set_options(timeout=WITHIN_MS)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    context.close()
    assert complaints == []


def log_in(page: Page, site: Site, role: Role) -> None:
    """Fill in the login form as the user named like this role."""
    page.goto(f"{site.url}/login")
    page.get_by_label("Nome utente").fill(role.value)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Accedi").click()
