# SPDX-License-Identifier: AGPL-3.0-or-later
"""Gates of the centre in a real browser: drawn, saved, shown again, taken back, and what two do at once."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from anpr.domain.access import Role
from anpr.domain.gate_plan import PlanOrigin, PlanState
from anpr.domain.health import Change, HealthReport, SubjectKind
from anpr.store.database.connection import Database
from anpr.store.gate_plans import record_plan_reports
from tests.acceptance.test_console_accessibility import faults
from tests.acceptance.test_console_draw_browser import PATH, click, lines, send_view
from tests.acceptance.test_console_layout import LONG, UNBROKEN
from tests.support.centre_gates import centre_of, newest_version, save_gate
from tests.support.fixtures_browser import log_in
from tests.support.fixtures_console import Site

GATE = "/gates/porta-nord"
CORNERS = [[0.25, 0.3], [0.75, 0.3], [0.75, 0.9], [0.25, 0.9]]
SHOTS = os.environ.get("ANPR_TEST_SHOTS")
"""A folder for images of these pages, to be looked at."""


def definition(**changes: Any) -> dict[str, Any]:
    camera = {"id": "nord-1", "url": "rtsp://10.0.0.5/live", "secret": "nord-1", **changes.pop("camera", {})}
    gate = {"id": "porta-nord", "name": "Porta Nord", "purpose": "sicurezza urbana", "legal_basis": "patto 2025"}
    return {**gate, "reader": "reader-1", **changes, "cameras": [camera]}


@pytest.fixture
def centre(site: Site, console_database: Database) -> Iterator[Site]:
    with centre_of(site, console_database) as made:
        save_gate(made, definition())
        yield made


def draw_region(page: Page) -> None:
    page.locator('[data-do="regions"]').click()
    for corner in (*CORNERS, CORNERS[0]):
        click(page, *corner)
    expect(page.locator("#draw-status")).to_contain_text("dentro 1, fuori 1.")


def save_drawing(page: Page, why: str) -> None:
    page.get_by_label("Motivo della modifica").fill(why)
    page.get_by_role("button", name="Salva").click()


def test_a_region_is_drawn_saved_shown_again_and_taken_back(page: Page, centre: Site) -> None:
    send_view(centre)
    log_in(page, centre, Role.ADMINISTRATOR)
    page.goto(f"{centre.url}{PATH}")
    page.locator('[data-do="regions"]').click()
    expect(page.get_by_role("button", name="Salva")).to_be_disabled()
    page.keyboard.press("Escape")
    page.reload()
    draw_region(page)
    save_drawing(page, "solo la corsia di destra")
    expect(page.get_by_text("Salvato come versione 2.")).to_be_visible()
    assert newest_version(centre, "porta-nord").definition == definition(camera={"regions": [CORNERS]})
    page.reload()
    expect(page.locator("#draw-status")).to_contain_text("dentro 1, fuori 1.")
    page.goto(f"{centre.url}{GATE}")
    page.get_by_role("link", name="Versioni del varco").click()
    expect(page.get_by_text("solo la corsia di destra")).to_be_visible()
    first = page.locator("section", has=page.get_by_role("heading", name="Versione 1"))
    first.get_by_text("Ripristina", exact=True).click()
    first.get_by_label("Motivo della modifica").fill("mancava la sinistra")
    first.get_by_role("button", name="Ripristina la versione 1").click()
    expect(page.get_by_text("Salvato come versione 3.")).to_be_visible()
    assert newest_version(centre, "porta-nord").definition == definition()
    page.goto(f"{centre.url}{PATH}")
    expect(page.locator("#draw-status")).to_contain_text("dentro 2, fuori 0.")


def test_who_saves_second_finds_their_drawing_again_and_can_save_it(page: Page, centre: Site) -> None:
    send_view(centre)
    log_in(page, centre, Role.ADMINISTRATOR)
    page.goto(f"{centre.url}{PATH}")
    draw_region(page)
    save_gate(centre, definition(name="Porta Nord, lato mare"))
    save_drawing(page, "solo la corsia di destra")
    expect(page.get_by_role("alert")).to_contain_text("bruno ha salvato la versione 2")
    expect(page.get_by_role("alert")).to_contain_text("Porta Nord, lato mare")
    expect(page.locator("#draw-status")).to_contain_text("dentro 1, fuori 1.")
    expect(page.get_by_label("Motivo della modifica")).to_have_value("solo la corsia di destra")
    page.get_by_role("button", name="Salva").click()
    expect(page.get_by_text("Salvato come versione 3.")).to_be_visible()
    saved = newest_version(centre, "porta-nord").definition
    assert saved == definition(name="Porta Nord, lato mare", camera={"regions": [CORNERS]})


def test_a_drawing_that_is_not_saved_is_not_left_without_a_question(page: Page, centre: Site) -> None:
    send_view(centre)
    log_in(page, centre, Role.ADMINISTRATOR)
    page.goto(f"{centre.url}{PATH}")
    draw_region(page)
    page.on("dialog", lambda dialog: dialog.dismiss())
    with page.expect_event("dialog") as asked:
        page.evaluate("window.setTimeout(() => { window.location.href = '/gates' })")
    assert asked.value.type == "beforeunload"
    expect(lines(page)).to_have_value(re.compile("^regions:"))


def crowd(site: Site) -> None:
    """Long words everywhere, a refusal, and a history."""
    camera = {
        "url": f"rtsp://10.0.0.5/{'canale' * 20}",
        "lane": "corsia_" * 8,
        "regions": [CORNERS],
        "bearing_deg": 270,
    }
    changed = definition(name=UNBROKEN, latitude=43.77, longitude=11.25, purpose=LONG, camera=camera)
    save_gate(site, changed, who="mariachiara.dellagherardesca-buonconsigliodisanminiato")
    save_gate(site, definition(name=LONG, camera={"masks": [CORNERS]}))
    number = newest_version(site, "porta-nord").number
    refusal = f"gate porta-nord: camera nord-1: secret: nord-1 is neither in reader.secrets nor in a file: /{'x' * 90}"
    now = site.clock.now()
    report = HealthReport(
        kind=SubjectKind.READER, id="reader-1", reader_id="reader-1", gate_ids=("porta-nord",), at=now,
        changes=(Change(state="up", since=now),),
        plan=PlanState(origin=PlanOrigin.COPY, number=number - 1, refused=number, refusal=refusal),
    )  # fmt: skip
    with site.database.transaction() as conn:
        record_plan_reports(conn, [report])


@pytest.mark.parametrize("width", [320, 390, 1366])
def test_the_pages_fit_their_window_and_axe_finds_no_fault(page: Page, centre: Site, width: int) -> None:
    crowd(centre)
    send_view(centre)
    page.set_viewport_size({"width": width, "height": 768 if width == 1366 else 844})
    log_in(page, centre, Role.ADMINISTRATOR)
    page.get_by_role("button", name="Esci").wait_for()
    for number, path in enumerate((GATE, f"{GATE}/edit", f"{GATE}/versions", PATH)):
        page.goto(f"{centre.url}{path}")
        if path.endswith("versions"):
            page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        page.wait_for_load_state("networkidle")
        if SHOTS:
            page.screenshot(path=Path(SHOTS) / f"gates-{width}-{number}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert faults(page) == [], path
