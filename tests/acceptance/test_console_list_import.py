# SPDX-License-Identifier: AGPL-3.0-or-later
"""A list manager's file in a real browser: chosen, looked at, corrected, applied, undone; at a desk and on a phone."""

import pytest
from playwright.sync_api import Browser, FilePayload, Page, ViewportSize, expect

from anpr.domain.access import Role
from tests.support.fixtures_browser import log_in
from tests.support.fixtures_console import WANTED, Site

SIZES = [ViewportSize(width=1366, height=768), ViewportSize(width=390, height=844)]
OFFICE = "Mezzo;Perché;Dal;Al\nab 123-cd;rubata in città;21/11/2026;31.12.26\nEF456GH;rubata;;\nAB*;vista;;\n".encode(
    "cp1252"
)


def width_of(page: Page) -> int:
    width: int = page.evaluate("document.documentElement.scrollWidth")
    return width


def choose(page: Page, site: Site, content: bytes = OFFICE) -> None:
    page.goto(f"{site.url}/watchlists/a1/import")
    page.get_by_label("File", exact=True).set_input_files(
        {"name": "elenco della Questura.csv", "mimeType": "text/csv", "buffer": content}
    )
    page.get_by_role("button", name="Mostra l'anteprima").click()


@pytest.mark.parametrize("size", SIZES)
def test_a_file_becomes_entries_and_is_undone(page: Page, site: Site, size: ViewportSize) -> None:
    page.set_viewport_size(size)
    log_in(page, site, Role.LIST_MANAGER)
    choose(page, site)
    expect(page.get_by_role("alert")).to_contain_text("non si può leggere così")
    page.get_by_label("Targa", exact=True).select_option("1")
    page.get_by_label("Motivo", exact=True).select_option("2")
    page.get_by_label("Importa le altre righe").check()
    page.get_by_role("button", name="Aggiorna l'anteprima").click()
    expect(page.get_by_role("heading", name="Le prime 2 segnalazioni")).to_be_visible()
    expect(page.get_by_role("heading", name="1 riga scartata")).to_be_visible()
    assert width_of(page) <= size["width"]
    with page.expect_download() as download:
        page.get_by_role("link", name="Scarica le righe scartate").click()
    assert download.value.suggested_filename.endswith("-scartate.csv")
    page.get_by_role("button", name="Applica alla lista").click()
    expect(page.get_by_role("status").first).to_contain_text("File applicato")
    assert width_of(page) <= size["width"]
    applied = page.url
    page.get_by_role("link", name="Importazione n.").click()
    expect(page.get_by_role("rowheader", name="EF456GH")).to_be_visible()
    assert width_of(page) <= size["width"]
    page.goto(applied)
    page.get_by_text("Annulla…").click()
    page.get_by_role("button", name="Annulla l'importazione").click()
    expect(page.get_by_role("status").first).to_contain_text("la lista è come prima")


def test_it_needs_no_script(browser: Browser, site: Site) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    log_in(page, site, Role.LIST_MANAGER)
    choose(page, site, b"Targa;Motivo\nAB123CD;rubata\n")
    page.get_by_role("button", name="Applica alla lista").click()
    expect(page.get_by_role("status").first).to_contain_text("File applicato")
    context.close()


def test_a_file_that_is_too_large_is_told_before_it_is_sent(page: Page, site: Site) -> None:
    log_in(page, site, Role.LIST_MANAGER)
    page.goto(f"{site.url}/watchlists/a1/import")
    field = page.get_by_label("File", exact=True)
    large: FilePayload = {"name": "a.csv", "mimeType": "text/csv", "buffer": b"x" * (16 * 1024 * 1024 + 1)}
    field.set_input_files(large)
    assert "troppo grande" in field.evaluate("field => field.validationMessage")


@pytest.mark.parametrize("size", SIZES)
def test_a_week_is_replayed_day_by_day(page: Page, site: Site, size: ViewportSize) -> None:
    site.pass_vehicle(WANTED)
    site.pass_vehicle(f"{WANTED[:-1]}8")
    page.set_viewport_size(size)
    log_in(page, site, Role.LIST_MANAGER)
    page.goto(f"{site.url}/watchlists/a1/settings")
    page.get_by_label("Anche targhe simili.").check()
    page.get_by_role("button", name="Stima gli allarmi").click()
    expect(page.get_by_text("2 transiti con allarme in 7 giorni")).to_be_visible(timeout=60_000)
    expect(page.locator(".cost-pictures img")).to_have_count(2)
    assert width_of(page) <= size["width"]
