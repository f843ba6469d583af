# SPDX-License-Identifier: AGPL-3.0-or-later
"""A handover in a real browser: signed by two at one workstation with the keyboard, and printed on one A4."""

import re

from playwright.sync_api import Page, expect

from anpr.domain.access import Role
from anpr.store.users.accounts import User, create_user
from anpr.store.watchlists.entries import NewEntry, add_entry
from tests.support.fixtures_browser import log_in
from tests.support.fixtures_console import PASSWORD, Site


def test_two_operators_sign_at_one_workstation_and_it_prints_on_one_sheet(
    page: Page, site: Site, password_hash: str
) -> None:
    with site.database.transaction() as conn:
        create_user(conn, User(name="bruna", role=Role.OPERATOR, password_hash=password_hash))
    for number in range(10, 22):
        with site.database.transaction() as conn:
            add_entry(conn, "a1", NewEntry(plate=f"AB1{number}CD", reason="prova"))
        site.pass_vehicle(f"AB1{number}CD", with_pictures=False)
    log_in(page, site, Role.OPERATOR)
    page.get_by_role("link", name="Consegne").click()
    page.get_by_label("Consegne", exact=True).fill("Telecamera nord sporca: chiamato il manutentore.")
    page.get_by_role("button", name="Firma come operator").press("Enter")
    page.get_by_label("Nome utente").fill("bruna")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_text("firmata da entrambi")).to_be_visible()
    expect(page.get_by_role("button", name="Esci")).to_be_visible()
    file = page.pdf(format="A4", print_background=True)
    assert re.findall(rb"/Count (\d+)", file) == [b"1"]
