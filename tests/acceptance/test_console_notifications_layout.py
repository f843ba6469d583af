# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pages of notifications in a real browser, at both sizes: nothing too wide, everything reached by the keyboard."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from anpr.domain.access import Role
from anpr.domain.notification import ChannelKind, NotificationState, Recipient, Rule, Step
from anpr.store.author import Author
from anpr.store.gate_areas import GateArea, add_area
from anpr.store.gates import gate_names
from anpr.store.notifications.channel_health import ChannelHealth, tell_channel
from anpr.store.notifications.ledger import begin_attempt, enter_test, settle
from anpr.store.notifications.recipients import add_recipient, get_recipient
from anpr.store.notifications.rules import add_rule
from tests.support.fixtures_browser import fill_in_login, log_in
from tests.support.fixtures_console import Site

SIZES = {"office": ViewportSize(width=1366, height=768), "phone": ViewportSize(width=390, height=844)}
PATHS = (
    "/notifications",
    "/notifications/areas/new",
    "/notifications/areas/1",
    "/notifications/rules/new",
    "/notifications/rules/1",
    "/notifications/recipients/new",
    "/notifications/recipients/1/delete",
    "/notifications/ledger",
)
UNBROKEN = "https://comune.example/" + "indirizzo_lunghissimo_senza_spazi_" * 8


@pytest.fixture
def filled(site: Site) -> Site:
    """Long names, a rule that reaches nobody, a channel that fails, and something that was given up."""
    at = datetime.now(UTC)
    by = Author(name="anna", at=at)
    with site.database.transaction() as conn:
        one = Recipient(id=0, organisation_id="", name="Sala operativa", channel=ChannelKind.WEBHOOK, address=UNBROKEN)
        number = add_recipient(conn, one, by)
        area = GateArea(id=0, name="Accessi_" * 12, gates=tuple(gate_names(conn)))
        add_area(conn, area, by)
        step = Step(recipients=frozenset({number}))
        add_rule(conn, Rule(id=0, organisation_id="", name="Rubati di notte", steps=(step, Step(after_s=60))), by)
        add_rule(conn, Rule(id=0, organisation_id="", name="Nessuno_" * 12, steps=(Step(),)), by)
        row = enter_test(conn, get_recipient(conn, number), by)
        begin_attempt(conn, row, at)
        settle(conn, row, 1, NotificationState.DEAD, at, error="webhook comune.example: status 422 " * 4)
        failing = ChannelHealth(
            channel=ChannelKind.WEBHOOK, is_set_up=True, told_at=at, failing_since=at, reason="refused"
        )
        tell_channel(conn, failing)
        tell_channel(conn, ChannelHealth(channel=ChannelKind.EMAIL, is_set_up=True, told_at=at))
    return site


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_too_wide(page: Page, filled: Site, size: str) -> None:
    page.set_viewport_size(SIZES[size])
    log_in(page, filled, Role.ADMINISTRATOR)
    for path in PATHS:
        page.goto(f"{filled.url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"], path


@pytest.mark.parametrize("size", SIZES)
def test_long_choices_do_not_lie_on_one_another(page: Page, filled: Site, size: str) -> None:
    by = Author(name="anna", at=datetime.now(UTC))
    with filled.database.transaction() as conn:
        for number in range(20):
            name = f"Centrale operativa della Polizia Locale di Borgo San Lorenzo, turno numero {number} di notte"
            address = f"a{number}@comune.example"
            one = Recipient(id=0, organisation_id="", name=name, channel=ChannelKind.EMAIL, address=address)
            add_recipient(conn, one, by)
    page.set_viewport_size(SIZES[size])
    log_in(page, filled, Role.ADMINISTRATOR)
    page.goto(f"{filled.url}/notifications/rules/new")
    covered = page.locator("input[name=to0]").evaluate_all(
        """ticks => {
            const texts = ticks.map(each => each.closest("label").querySelector("span").getBoundingClientRect());
            const apart = (a, b) => a.right <= b.left + 1 || a.bottom <= b.top + 1;
            const meets = (a, b) => !apart(a, b) && !apart(b, a);
            return texts.filter((a, place) => texts.some((b, other) => other > place && meets(a, b))).length;
        }"""
    )
    assert covered == 0


def test_a_recipient_is_made_with_the_keyboard_only(page: Page, filled: Site) -> None:
    log_in(page, filled, Role.ADMINISTRATOR)
    page.goto(f"{filled.url}/notifications/recipients/new")
    page.get_by_label("Nome").focus()
    page.keyboard.type("Comandante")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("capo@comune.example")
    page.keyboard.press("Enter")
    page.get_by_text("Destinatario salvato").wait_for()
    assert page.get_by_role("link", name="Comandante").is_visible()


def test_what_was_typed_outlives_a_session_that_ends_and_is_for_the_same_user_alone(page: Page, filled: Site) -> None:
    log_in(page, filled, Role.ADMINISTRATOR)
    page.goto(f"{filled.url}/notifications/areas/new")
    page.get_by_label("Nome").fill("Centro storico")
    page.get_by_label("Porta Nord").check()
    filled.clock.ahead += timedelta(hours=25)
    page.get_by_role("button", name="Salva").click()
    page.goto(f"{filled.url}/notifications/areas/new")
    page.get_by_text("La sessione è terminata").wait_for()
    fill_in_login(page, Role.ADMINISTRATOR)
    page.wait_for_url("**/notifications/areas/new")
    expect(page.get_by_label("Nome")).to_have_value("Centro storico")
    expect(page.get_by_label("Porta Nord")).to_be_checked()
    page.goto(f"{filled.url}/notifications")
    page.goto(f"{filled.url}/notifications/areas/new")
    expect(page.get_by_label("Nome")).to_have_value("")
