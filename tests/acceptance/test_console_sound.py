# SPDX-License-Identifier: AGPL-3.0-or-later
"""How loud the board calls, asked of the page itself: by the rules, louder when nobody takes an alarm, or not."""

import re

import pytest
from playwright.sync_api import Page, expect

from anpr.domain.access import Role
from anpr.domain.notification import Rule, Sound, Step
from anpr.domain.organisation import MANAGER
from anpr.store.alarms.handling import acknowledge
from anpr.store.author import Author
from anpr.store.notifications.rules import add_rule
from tests.support.fixtures_browser import log_in
from tests.support.fixtures_console import WANTED, Site

IN_TIME_MS = 20_000


def rule(site: Site, sound: Sound, *, louder_after_s: int | None = None) -> None:
    steps = (Step(), *([Step(after_s=louder_after_s)] if louder_after_s else []))
    made = Rule(id=0, organisation_id=MANAGER, name="Centrale", steps=steps, sound=sound)
    with site.database.transaction() as conn:
        add_rule(conn, made, Author(name="administrator", at=site.clock.now()))


def with_sound(page: Page, site: Site) -> None:
    log_in(page, site, Role.OPERATOR)
    expect(page.get_by_text("In diretta")).to_be_visible()  # the page's scripts are there: a click before them is lost
    expect(page.locator("#muted")).to_have_text("Senza suono")
    page.get_by_role("button", name="Attiva l'avviso sonoro").click()
    expect(page.locator("#muted")).to_be_hidden()


@pytest.mark.parametrize(("sound", "loudness"), [(Sound.NORMAL, "0.36"), (Sound.INSISTENT, "0.6")])
def test_a_rule_says_how_loud_an_alarm_is(page: Page, site: Site, sound: Sound, loudness: str) -> None:
    rule(site, sound)
    with_sound(page, site)
    site.pass_vehicle(WANTED)
    strip = page.locator("#audio-off")
    expect(strip).to_have_attribute("data-played", "high")
    expect(strip).to_have_attribute("data-kind", sound.value)
    expect(strip).to_have_attribute("data-loudness", loudness)


def test_an_alarm_that_a_rule_keeps_silent_is_shown_and_not_heard(page: Page, site: Site) -> None:
    rule(site, Sound.SILENT)
    with_sound(page, site)
    site.pass_vehicle(WANTED)
    expect(page.locator("#alarms [data-alarm]")).to_have_attribute("data-sound", "silent")
    expect(page.locator("#audio-off")).not_to_have_attribute("data-played", "high")


@pytest.mark.parametrize("path", ["/alarms", "/search"])
def test_what_nobody_takes_is_called_for_louder_at_the_moment_of_its_rule(page: Page, site: Site, path: str) -> None:
    rule(site, Sound.NORMAL, louder_after_s=4)
    with_sound(page, site)
    page.goto(f"{site.url}{path}")
    strip = page.locator("#audio-off")
    page.mouse.click(2, 2)  # a page that was just opened may sound after a gesture
    expect(strip).to_be_hidden()
    site.pass_vehicle(WANTED)
    expect(strip).to_have_attribute("data-kind", "normal")
    expect(strip).to_have_attribute("data-kind", "insistent", timeout=IN_TIME_MS)
    if path == "/alarms":
        expect(page.locator("#alarms .is-escalated")).to_have_count(1)


def test_what_somebody_has_taken_waits_for_nothing(page: Page, site: Site) -> None:
    rule(site, Sound.NORMAL, louder_after_s=3600)
    with_sound(page, site)
    alarm = site.alarm_of(site.pass_vehicle(WANTED))
    row = page.locator("#alarms [data-alarm]")
    expect(row).to_have_attribute("data-louder", re.compile("^2026-"))
    with site.database.transaction() as conn:
        acknowledge(conn, alarm.id, "another", site.clock.now())
    page.reload()
    expect(row).to_have_attribute("data-state", "acknowledged")
    assert row.get_attribute("data-louder") is None


def test_both_sounds_can_be_tried_while_sound_is_off(page: Page, site: Site) -> None:
    log_in(page, site, Role.OPERATOR)
    strip = page.locator("#audio-off")
    page.get_by_text("Volume", exact=True).click()
    for kind in ("Normale", "Insistente"):
        page.get_by_label("Suono da provare").select_option(label=kind)
        page.get_by_role("button", name="Prova", exact=True).click()
        expect(strip).to_have_attribute("data-kind", {"Normale": "normal", "Insistente": "insistent"}[kind])
    expect(page.locator("#muted")).to_be_visible()
