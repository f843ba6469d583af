# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pages of forwarding in a real browser: sending again with undo, widths with long names and many destinations, axe."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from anpr.domain.access import Role
from anpr.store.database.connection import Database
from tests.acceptance.test_console_accessibility import faults
from tests.support.fixtures_browser import log_in
from tests.support.fixtures_console import WANTED, Site
from tests.support.forwarding_console import ForwardingSite, fill_month, forwarding_site, tell_alarm

OWNER = "titolare-della-lista-con-un-nome-lunghissimo-e-un-numero-01"
OTHERS = tuple(f"questura-della-citta-con-un-nome-lungo-{number:02}" for number in range(11))


@pytest.fixture
def forwarding(site: Site, console_database: Database, tmp_path: Path) -> Iterator[ForwardingSite]:
    with forwarding_site(site, console_database, tmp_path, OTHERS, alarms_to=[OWNER, "titolare"]) as made:
        yield made


def test_rejected_ones_are_tried_sent_again_and_taken_back(page: Page, forwarding: ForwardingSite) -> None:
    forwarding.reject()
    forwarding.store(3)
    forwarding.run()
    forwarding.write_profile()
    log_in(page, forwarding.site, Role.ADMINISTRATOR)
    page.goto(f"{forwarding.site.url}/status")
    page.get_by_role("link", name="questura", exact=True).click()
    page.locator("section", has=page.get_by_role("heading", name="Respinti")).get_by_role("link").click()
    page.get_by_role("link", name="Prova il profilo di adesso").click()
    expect(page.get_by_text("Provati 3: 3 sarebbero scritti")).to_be_visible()
    page.get_by_label("Perché (resta nel registro)").fill("profilo corretto con la revisione 2")
    page.get_by_role("button", name="Rimetti in coda tutti (3)").click()
    expect(page.get_by_text("Rimessi in coda: 3.")).to_be_visible()
    assert forwarding.states() == {"queued": 3}
    page.get_by_role("button", name="Annulla").click()
    expect(page.get_by_role("status")).to_contain_text("3 sono tornati tra i respinti")
    assert forwarding.states() == {"rejected": 3}


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark"), (1366, "light")])
def test_nothing_is_too_wide_and_axe_finds_no_fault(
    page: Page, forwarding: ForwardingSite, width: int, scheme: str
) -> None:
    forwarding.reject()
    transits = forwarding.store(3)
    forwarding.run()
    forwarding.write_profile()
    fill_month(forwarding)
    alarm = tell_of_alarm(forwarding)
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    log_in(page, forwarding.site, Role.ADMINISTRATOR)
    page.get_by_role("button", name="Esci").wait_for()
    day = f"/forwarding/questura/days/{forwarding.yesterday.isoformat()}"
    for path in (
        "/forwarding", f"/forwarding/{OTHERS[0]}", "/forwarding/questura", day, f"{day}/files/1", f"{day}/rejected",
        f"{day}/rejected?trial=1", "/forwarding/questura/profile", "/forwarding/questura/runs",
        f"/forwarding/questura/transits/{transits[0].id}", f"/forwarding/{OWNER}/alarms", "/status",
    ):  # fmt: skip
        assert_fits(page, f"{forwarding.site.url}{path}")
    page.context.clear_cookies()
    log_in(page, forwarding.site, Role.OPERATOR)
    page.get_by_role("button", name="Esci").wait_for()
    assert_fits(page, f"{forwarding.site.url}/alarms/{alarm}")


def assert_fits(page: Page, address: str) -> None:
    """Nothing is wider than the window, and axe finds no fault."""
    page.goto(address)
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0, f"{address} is {over} px too wide"
    assert faults(page) == []


def tell_of_alarm(forwarding: ForwardingSite) -> int:
    """An alarm with a message of each state, and long reasons; its id."""
    number = forwarding.site.alarm_of(forwarding.site.pass_vehicle(WANTED)).id
    reason = "answered 500: unbroken_" + "reason_" * 25
    tell_alarm(forwarding, number, OWNER)
    for version, state in enumerate(("superseded", "accepted", "rejected", "dead", "queued"), start=1):
        outcome = {"message": "outcome", "outcome": "out-of-date", "version": version}
        tell_alarm(forwarding, number, OWNER, state=state, reason=reason, **outcome)
    return number
