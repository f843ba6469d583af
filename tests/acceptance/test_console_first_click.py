# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is pressed before a page's scripts are there is done when they are, and once."""

from playwright.sync_api import Page, expect

from anpr.domain.access import Role
from anpr.domain.alarm import AlarmState
from tests.support.fixtures_browser import log_in, scripts_late
from tests.support.fixtures_console import WANTED, Site


def test_the_boards_buttons_are_pressed_before_their_scripts_are_there(page: Page, site: Site) -> None:
    site.pass_vehicle(WANTED)
    log_in(page, site, Role.OPERATOR)
    with scripts_late(page, f"{site.url}/alarms", "console.js"):
        page.get_by_role("button", name="Attiva l'avviso sonoro").click()
        page.locator("#show-shortcuts").click()
    expect(page.locator("#shortcuts")).to_be_visible()
    expect(page.locator("#sound")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#muted")).to_be_hidden()


def test_what_one_script_could_do_already_is_not_done_twice(page: Page, site: Site) -> None:
    log_in(page, site, Role.OPERATOR)
    with scripts_late(page, f"{site.url}/alarms", "map.js"):
        expect(page.get_by_text("In diretta")).to_be_visible()  # the board's scripts run, the map's does not yet
        page.get_by_role("button", name="Attiva l'avviso sonoro").click()
    expect(page.locator("#sound")).to_have_attribute("aria-pressed", "true")
    page.locator("#sound").click()
    expect(page.locator("#sound")).to_have_attribute("aria-pressed", "false")


def test_keys_that_are_pressed_early_are_shortcuts_all_the_same(page: Page, site: Site) -> None:
    alarm = site.alarm_of(site.pass_vehicle(WANTED))
    log_in(page, site, Role.OPERATOR)
    with scripts_late(page, f"{site.url}/alarms?view=rows", "console.js"):
        page.locator(f"#alarm-{alarm.id}").wait_for()
        page.keyboard.press("j")
        page.keyboard.press("p")
    expect(page.locator("#pane").get_by_text("In carico a operator")).to_be_visible()
    assert site.alarm_of_id(alarm.id).state is AlarmState.ACKNOWLEDGED


def test_a_filter_that_is_chosen_early_is_asked_for(page: Page, site: Site) -> None:
    site.pass_vehicle(WANTED)
    log_in(page, site, Role.OPERATOR)
    with scripts_late(page, f"{site.url}/alarms", "console.js"):
        page.locator("#priority").select_option("low")
    page.wait_for_url("**/alarms?*priority=low*")
