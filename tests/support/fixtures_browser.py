# SPDX-License-Identifier: AGPL-3.0-or-later
"""A real browser, and pages in it that fail the test when the browser complains."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from anpr.domain.access import Role
from scripts.lab.browser import chromium, chromium_path, italian_context
from tests.support.fixtures_console import PASSWORD, Site

WITHIN_MS = 90_000
"""A second on a quiet machine, as a rule; one on which ten others work is slower, not wrong."""
NewPage = Callable[[], Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium."""
    program = chromium_path()
    if program is None:
        pytest.skip("no browser is here (Debian's package chromium): the console's pages were not driven")
    with chromium(program) as browser:
        yield browser


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a profile of its own."""
    with _watched_page(browser) as page:
        yield page


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """Makes further pages, each in a profile of its own: other workstations."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(_watched_page(browser))


@contextmanager
def _watched_page(browser: Browser) -> Iterator[Page]:
    """Fails when a script throws, or does what our content security policy refuses."""
    context = italian_context(browser)
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
    """Fill in the login form as the user named like this role; returns when the page that follows is there."""
    page.goto(f"{site.url}/login")
    fill_in_login(page, role)
    page.wait_for_url(lambda url: urlsplit(url).path != "/login", wait_until="domcontentloaded")


def fill_in_login(page: Page, role: Role) -> None:
    """The same, on a login page that is there already."""
    page.get_by_label("Nome utente").fill(role.value)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Accedi").click()


def count_tones(page: Page) -> None:
    """From the next page on, `window.tones` counts the tones that are played."""
    page.add_init_script(
        """window.tones = 0;
        const { start } = OscillatorNode.prototype;
        OscillatorNode.prototype.start = function (...values) {
            window.tones += 1;
            return start.apply(this, values);
        };"""
    )


def show_cards(page: Page, site: Site) -> None:
    """This workstation has the board of cards from now on."""
    page.context.add_cookies([{"name": "anpr_board", "value": "cards", "url": site.url}])


@contextmanager
def scripts_late(page: Page, address: str, late: str) -> Iterator[None]:
    """The page at this address, whose script `late` arrives when the block ends."""
    held: list[Route] = []
    page.route(f"**/static/{late}", lambda route: held.append(route))  # noqa: PLW0108  no method of a list is taken
    page.goto(address, wait_until="commit")
    yield
    while not held:
        page.wait_for_event("request")
    for route in held:
        route.continue_()
    page.unroute(f"**/static/{late}")
