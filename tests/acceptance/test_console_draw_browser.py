# SPDX-License-Identifier: AGPL-3.0-or-later
"""Regions and masks drawn in a real browser, by mouse and by keyboard."""

import re

import cv2
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from anpr.domain.access import Role
from anpr.domain.camera_view import CameraFigures, CameraView, SeenBox
from anpr.store.camera_views import record_views, take_requests
from tests.support.fixtures_browser import log_in, scripts_late
from tests.support.fixtures_console import Site
from tests.support.waiting import eventually

PATH = "/gates/porta-nord/cameras/nord-1"


def scene() -> bytes:
    """A street of lines and a grey car, as JPEG."""
    image = np.full((450, 800, 3), 120, np.uint8)
    cv2.line(image, (100, 450), (380, 0), (230, 230, 230), 6)
    cv2.line(image, (700, 450), (420, 0), (230, 230, 230), 6)
    cv2.rectangle(image, (320, 180), (480, 300), (70, 70, 80), -1)
    return cv2.imencode(".jpg", image)[1].tobytes()


def send_view(site: Site) -> None:
    boxes = (
        SeenBox(x=0.45, y=0.55, w=0.1, h=0.06, width_px=190, confidence=0.97),
        SeenBox(x=0.9, y=0.1, w=0.04, h=0.03, width_px=70, confidence=None),
    )
    figures = CameraFigures(
        width=1920, height=1080, rate=12.5, widest_px=190, has_plates=True, near=1, bright=180, sharpness=0.5
    )
    now = site.clock.now()
    view = CameraView(
        camera_id="nord-1", gate_id="porta-nord", reader_id="reader-1", at=now, state="up", figures=figures,
        boxes=boxes, image=scene(),
    )  # fmt: skip
    with site.database.transaction() as conn:
        assert record_views(conn, [view], now) == 1


def open_drawing(page: Page, site: Site) -> None:
    send_view(site)
    log_in(page, site, Role.OPERATOR)
    page.goto(f"{site.url}{PATH}")
    expect(page.locator("#draw-status")).to_contain_text("Targhe nell'immagine: 2; dentro 2, fuori 0.")


def at(page: Page, x: float, y: float) -> tuple[float, float]:
    page.locator("#canvas").scroll_into_view_if_needed()
    box = page.locator("#canvas").bounding_box()
    assert box
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def click(page: Page, x: float, y: float) -> None:
    page.mouse.click(*at(page, x, y))


def lines(page: Page) -> Locator:
    return page.locator("#lines")


def test_a_region_is_drawn_with_the_mouse_dragged_and_undone(page: Page, site: Site) -> None:
    open_drawing(page, site)
    page.locator('[data-do="regions"]').click()
    for corner in ((0.25, 0.3), (0.75, 0.3), (0.75, 0.9), (0.25, 0.9), (0.25, 0.3)):
        click(page, *corner)
    expect(page.locator("#draw-status")).to_contain_text("dentro 1, fuori 1.")
    expect(lines(page)).to_have_value("regions:\n  - [[0.25, 0.3], [0.75, 0.3], [0.75, 0.9], [0.25, 0.9]]")
    page.mouse.move(*at(page, 0.75, 0.9))
    page.mouse.down()
    page.mouse.move(*at(page, 0.3, 0.1), steps=4)
    page.mouse.up()
    expect(page.locator("#draw-status")).to_contain_text("Regione 1: due lati si incrociano")
    expect(lines(page)).to_have_value(re.compile("^# un poligono non è valido"))
    page.locator('[data-do="undo"]').click()
    expect(page.locator("#draw-status")).to_contain_text("dentro 1, fuori 1.")
    page.locator('[data-do="undo"]').click()
    expect(page.locator("#draw-status")).to_contain_text("dentro 2, fuori 0.")
    page.locator('[data-do="redo"]').click()
    expect(lines(page)).to_have_value(re.compile("^regions:"))


def test_a_mask_is_drawn_by_keyboard_alone(page: Page, site: Site) -> None:
    open_drawing(page, site)
    page.locator('[data-do="masks"]').focus()
    page.keyboard.press("Enter")
    expect(page.locator("#draw-status")).to_contain_text("dentro 1, fuori 1.")
    field = page.get_by_label("Maschera 1, angolo 1, x")
    field.focus()
    field.fill("0.35")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Maschera 1, angolo 1, y")).to_be_focused()
    expect(lines(page)).to_have_value("masks:\n  - [[0.35, 0.3], [0.7, 0.3], [0.7, 0.7], [0.3, 0.7]]")
    page.locator('[data-corner="0 0"]').focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    expect(lines(page)).to_have_value("masks:\n  - [[0.355, 0.325], [0.7, 0.3], [0.7, 0.7], [0.3, 0.7]]")
    page.keyboard.press("Delete")
    expect(lines(page)).to_have_value("masks:\n  - [[0.7, 0.3], [0.7, 0.7], [0.3, 0.7]]")
    page.get_by_role("button", name="Elimina Maschera 1").press("Enter")
    expect(lines(page)).to_have_value("# nessuna regione e nessuna maschera: vale tutta l'immagine")


def test_a_trial_shows_the_answer_by_itself(page: Page, site: Site) -> None:
    log_in(page, site, Role.ADMINISTRATOR)
    page.goto(f"{site.url}{PATH}")
    page.get_by_role("button", name="Prova adesso").click()
    expect(page.get_by_text("In attesa del lettore")).to_be_visible()

    def taken() -> bool:
        with site.database.transaction() as conn:
            return bool(take_requests(conn, site.clock.now()))

    eventually(taken)
    send_view(site)
    expect(page.locator("#canvas")).to_be_visible()
    expect(page.get_by_text("Niente da cambiare.")).to_be_visible()


@pytest.mark.parametrize("size", [(1366, 768), (390, 844)])
def test_the_page_fits_its_window(page: Page, site: Site, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    open_drawing(page, site)
    page.locator('[data-do="regions"]').focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    box = page.locator("#canvas").bounding_box()
    assert box
    assert abs(box["width"] / box["height"] - 16 / 9) < 0.02, "corners lie where they are drawn"


def test_a_polygon_is_begun_by_the_first_click_however_late_the_script_is(page: Page, site: Site) -> None:
    send_view(site)
    log_in(page, site, Role.OPERATOR)
    with scripts_late(page, f"{site.url}{PATH}", "draw.js"):
        page.locator('[data-do="regions"]').click()
    expect(page.locator(".is-drawing")).to_be_visible()
