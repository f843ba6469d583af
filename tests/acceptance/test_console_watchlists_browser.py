# SPDX-License-Identifier: AGPL-3.0-or-later
"""A list manager's morning in a real browser: search, add, edit, end, remove and restore; a list made by keyboard."""

import re

from playwright.sync_api import Page, expect

from anpr.domain.access import Role
from anpr.store.watchlists.entries import list_entries
from tests.support.fixtures_browser import log_in
from tests.support.fixtures_console import WANTED, Site


def plates(site: Site) -> list[str]:
    with site.database.transaction() as conn:
        return [entry.plate for entry in list_entries(conn, "a1")]


def test_a_list_managers_morning(page: Page, site: Site) -> None:
    log_in(page, site, Role.LIST_MANAGER)
    page.get_by_label("Targa").fill("ab 123 cd")
    page.get_by_label("Motivo della domanda").fill("chiamata della Questura")
    page.get_by_label("Motivo della domanda").press("Enter")
    expect(page.get_by_text("Non è in nessuna delle liste")).to_be_visible()
    assert "AB123CD" not in page.url

    page.get_by_role("link", name="A1 Veicoli rubati").click()
    expect(page.get_by_role("cell", name="Rubata a Prato")).to_be_visible()
    page.get_by_role("link", name="Aggiungi una segnalazione").click()
    page.get_by_label("Targa").fill("ab 12# cd")
    page.get_by_label("Motivo").fill("furto, prot. 4711/2026")
    page.get_by_label("Al", exact=True).fill("31/12/2198")
    page.get_by_role("button", name="Aggiungi", exact=True).click()
    expect(page.get_by_text("non sta in una targa")).to_be_visible()
    expect(page.get_by_label("Motivo")).to_have_value("furto, prot. 4711/2026")
    page.get_by_label("Targa").fill("ab 123 cd")
    page.get_by_label("Targa").press("Enter")
    expect(page.get_by_text("Segnalazione aggiunta")).to_be_visible()
    assert "AB123CD" not in page.url

    page.get_by_label("Targa").fill("AB*")
    page.get_by_role("button", name="Cerca nella lista").click()
    rows = page.locator("tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("31/12/2198")
    expect(rows).to_contain_text("list-manager")
    page.get_by_role("link", name="AB123CD").click()
    page.get_by_label("Motivo", exact=True).fill("furto, prot. 4712/2026")
    page.get_by_label("Motivo della modifica").fill("protocollo corretto")
    page.get_by_role("button", name="Salva la modifica").click()
    expect(page.get_by_text("Segnalazione modificata")).to_be_visible()
    expect(page.get_by_role("cell", name="prot. 4712/2026")).to_be_visible()

    page.get_by_role("link", name=WANTED).click()
    page.get_by_label("Motivo per terminare o togliere").fill("veicolo ritrovato")
    page.get_by_role("button", name="Termina adesso").click()
    expect(page.get_by_text("Segnalazione terminata")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile(WANTED))).to_contain_text("terminata")

    page.get_by_role("link", name="AB123CD").click()
    page.get_by_label("Motivo per terminare o togliere").fill("denuncia ritirata")
    page.get_by_role("button", name="Togli dalla lista").click()
    expect(page.get_by_text("Segnalazione tolta")).to_be_visible()
    assert plates(site) == [WANTED]
    page.get_by_role("button", name="Ripristina").click()
    expect(page.get_by_text("Segnalazione ripristinata")).to_be_visible()
    assert plates(site) == [WANTED, "AB123CD"]


def test_a_list_is_made_by_keyboard_alone(page: Page, site: Site) -> None:
    log_in(page, site, Role.LIST_MANAGER)
    page.get_by_role("link", name="Nuova lista").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Nome").focus()
    for text in ("Ordinanza 3", "ordinanza-3"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    for _ in ("kind", "priority"):
        page.keyboard.press("Tab")
    for text in ("divieto di circolazione", "ordinanza 3/2026", "", "", "26"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("ArrowDown")
    for _ in ("second_person", "urgent_hours", "share", "reason"):
        page.keyboard.press("Tab")
    page.keyboard.type("nuova ordinanza")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Lista creata")).to_be_visible()
    expect(page.get_by_text("anche targhe simili")).to_be_visible()
