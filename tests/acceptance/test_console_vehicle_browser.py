# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page of a vehicle in a real browser: its map, its width with long names, and axe, at both sizes and colours."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from anpr.domain.access import Role
from anpr.store.gates import list_gates, save_gates
from tests.acceptance.test_console_accessibility import faults
from tests.acceptance.test_console_map import drawn, use
from tests.support.company import OTHER, around, drive_at_once, drive_together
from tests.support.fixtures_browser import log_in
from tests.support.fixtures_console import SEARCH_KIND, WANTED, Site
from tests.support.map_site import place_gates

LONG = "Varco 12 – Strada provinciale della Val di Sieve, rotatoria con via da Verrazzano, in uscita verso "
UNBROKEN = "Varco_" + "lunghissimo_nome_senza_spazi_" * 3
SHOTS = os.environ.get("ANPR_SHOTS")
"""Folder for what these tests have looked at; none: they keep no image."""


@pytest.fixture
def company(site: Site) -> Site:
    """The site with a vehicle that is accompanied and cloned, at gates with long names."""
    place_gates(site)
    with site.database.transaction() as conn:
        gates = list_gates(conn)
        save_gates(conn, [replace(gate, name=UNBROKEN if gate.id == "campi" else LONG + gate.name) for gate in gates])
    drive_together(site, 6)
    drive_at_once(site)
    return site


def addresses(page: Page, site: Site) -> Iterator[str]:
    """Each page of a vehicle in turn, opened as an investigator opens it."""
    log_in(page, site, Role.INVESTIGATOR)
    page.get_by_role("button", name="Esci").wait_for()
    page.goto(f"{site.url}/vehicle")
    yield "form"
    page.get_by_label("Targa").fill(WANTED)
    page.get_by_label("Tipo di motivo").select_option(SEARCH_KIND)
    page.get_by_label("Motivo della ricerca").fill("rapina in banca")
    page.get_by_role("button", name="Apri la scheda").click()
    drawn(page)
    yield "vehicle"
    page.get_by_role("link", name="In compagnia di").click()
    expect(page.get_by_role("rowheader", name=OTHER)).to_be_visible()
    yield "together"
    page.goto(f"{site.url}/vehicle/cross")
    yield "cross-form"
    yield from cross(page, site)


def cross(page: Page, site: Site) -> Iterator[str]:
    """A cross search by hand."""
    for number, transit in enumerate(drive_together(site, 1)[:2]):
        fields = around(site, transit, number)
        page.locator(f"#since_{number}").fill(str(fields[f"since_{number}"]))
        page.locator(f"#until_{number}").fill(str(fields[f"until_{number}"]))
        box = page.locator(".cross-window").nth(number)
        box.locator("summary").click()
        box.locator(f"input[value={transit.gate_id}]").check()
    page.get_by_label("Motivo della ricerca").fill("rapina in banca")
    page.get_by_role("button", name="Cerca i veicoli comuni").click()
    expect(page.get_by_role("rowheader", name=WANTED)).to_be_visible()
    yield "cross"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["office", "phone"])
def test_the_pages_of_a_vehicle_fit_and_axe_finds_no_fault(page: Page, company: Site, size: str, scheme: str) -> None:
    use(page, size, scheme)
    for name in addresses(page, company):
        page.wait_for_load_state("load")  # with its styles
        if SHOTS and scheme == "light":
            page.screenshot(path=Path(SHOTS) / f"{name}-{size}.png", full_page=True)
        assert faults(page) == [], name
        widths = (page.viewport_size or {"width": 0})["width"], 320
        for width in widths:
            page.set_viewport_size({"width": width, "height": 844})
            over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert over <= 0, f"{name} is {over} px too wide at {width}"
        use(page, size, scheme)
