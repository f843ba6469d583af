# SPDX-License-Identifier: AGPL-3.0-or-later
"""The area on the map of the search form and the timeline of results in a real browser: pointer, keys, phone, axe."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from anpr.domain.access import Role
from anpr.store.audit import AuditAction
from tests.acceptance.test_console_accessibility import faults
from tests.support.fixtures_browser import log_in
from tests.support.fixtures_console import SEARCH_KIND, WANTED, Site
from tests.support.map_site import drive, place_gates

SIZES = {"office": (1366, 768), "phone": (390, 844)}


@pytest.fixture
def placed(site: Site) -> Site:
    """The site with gates at their places."""
    place_gates(site)
    drive(site, "pistoia", "ponte", "campi", plate="AB123CD")
    return site


def unfold(page: Page, site: Site) -> None:
    """Open the form and its map."""
    log_in(page, site, Role.INVESTIGATOR)
    page.goto(f"{site.url}/search")
    page.get_by_text("Disegna un'area sulla mappa").click()
    page.locator("[data-area-map] [data-map][data-ready]").wait_for()


def ticked(page: Page) -> list[str]:
    """The gates that the form would send."""
    boxes = page.locator('#search-form input[name="gates"]:checked')
    return [box.input_value() for box in boxes.all()]


def drag_over(page: Page, *gates: str) -> None:
    """Press the pointer beside these gates and draw over them."""
    boxes = [page.locator(f'.map-icon[data-gate="{gate}"]').bounding_box() for gate in gates]
    known = [box for box in boxes if box is not None]
    left, top = min(box["x"] for box in known) - 12, min(box["y"] for box in known) - 12
    right = max(box["x"] + box["width"] for box in known) + 12
    bottom = max(box["y"] + box["height"] for box in known) + 12
    page.mouse.move(left, top)
    page.mouse.down()
    page.mouse.move((left + right) / 2, (top + bottom) / 2)
    page.mouse.move(right, bottom)
    page.mouse.up()


def test_a_rectangle_is_drawn_with_the_pointer_and_means_its_gates(page: Page, placed: Site) -> None:
    unfold(page, placed)
    page.get_by_role("button", name="Rettangolo").click()
    drag_over(page, "pistoia", "empoli-est")
    expect(page.get_by_text("2 varchi nell'area:")).to_be_visible()
    assert sorted(ticked(page)) == ["empoli-est", "pistoia"]
    assert page.locator("#area").input_value().startswith("rectangle ")
    page.get_by_label("Tipo di motivo").select_option(SEARCH_KIND)
    page.get_by_label("Motivo della ricerca").fill("furto in via Roma")
    page.get_by_role("button", name="Cerca").click()
    expect(page.get_by_text("1 transito trovato")).to_be_visible()
    expect(page.get_by_text("rettangolo sulla mappa: Empoli Est, Pistoia casello")).to_be_visible()
    detail = next(row.event.detail for row in placed.audit() if row.event.action is AuditAction.SEARCH)
    assert detail["gates"] == ["empoli-est", "pistoia"]
    page.get_by_role("button", name="Togli: rettangolo").click()
    expect(page.get_by_text("oppure scegli almeno un varco")).to_be_visible()
    assert ticked(page) == []


def test_a_polygon_is_drawn_corner_by_corner_and_one_that_crosses_itself_is_told(page: Page, placed: Site) -> None:
    unfold(page, placed)
    page.get_by_role("button", name="Poligono").click()
    canvas = page.locator(".map-canvas")
    box = canvas.bounding_box()
    assert box is not None
    for x, y in [(0.15, 0.04), (0.97, 0.04), (0.97, 0.9), (0.15, 0.9)]:
        canvas.click(position={"x": box["width"] * x, "y": box["height"] * y})
    page.get_by_role("button", name="Chiudi il poligono").click()
    assert len(ticked(page)) == 5
    second = page.get_by_role("button", name="Vertice 2")
    second.focus()
    for _ in range(30):
        page.keyboard.press("Shift+ArrowDown")
        if page.get_by_text("si incrociano").is_visible():
            break
    expect(page.get_by_text("I lati del poligono si incrociano")).to_be_visible()
    assert ticked(page) == []
    page.get_by_label("Targa", exact=True).fill("AB123CD")
    page.get_by_label("Tipo di motivo").select_option(SEARCH_KIND)
    page.get_by_label("Motivo della ricerca").fill("furto in via Roma")
    page.get_by_role("button", name="Cerca", exact=True).click()
    expect(page.locator("#area-fault")).to_have_text("I lati del poligono si incrociano: sposta un vertice.")
    expect(page.get_by_role("button", name="Vertice 2")).to_be_visible()  # what was drawn is still there
    assert all(row.event.action is not AuditAction.SEARCH for row in placed.audit())


def test_what_is_begun_takes_the_place_of_the_area_before_and_escape_gives_that_back(page: Page, placed: Site) -> None:
    unfold(page, placed)
    page.get_by_role("button", name="Rettangolo").click()
    drag_over(page, "pistoia", "empoli-est")
    drawn = page.locator("#area").input_value()
    page.get_by_role("button", name="Poligono").click()
    assert (page.locator("#area").input_value(), ticked(page)) == ("", [])
    canvas = page.locator(".map-canvas")
    box = canvas.bounding_box()
    assert box is not None
    corners = [(0.15, 0.04), (0.97, 0.04), (0.97, 0.9), (0.15, 0.9)]
    for x, y in corners:
        canvas.click(position={"x": box["width"] * x, "y": box["height"] * y})
    assert len(ticked(page)) == 5, "one that nobody has closed is searched as it stands"
    page.keyboard.press("Escape")
    expect(page.get_by_text("2 varchi nell'area:")).to_be_visible()
    assert page.locator("#area").input_value() == drawn


def test_the_area_stays_when_the_language_is_changed(page: Page, placed: Site) -> None:
    unfold(page, placed)
    page.get_by_role("button", name="Cerchio").focus()
    page.keyboard.press("Enter")
    drawn = page.locator("#area").input_value()
    with page.expect_navigation():
        page.get_by_role("button", name="EN English").click()
    expect(page.locator("#area")).to_have_value(drawn)


def test_by_keys_a_circle_appears_in_the_middle_and_is_moved(page: Page, placed: Site) -> None:
    unfold(page, placed)
    page.get_by_role("button", name="Cerchio").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Centro del cerchio")).to_be_focused()
    before = page.locator("#area").input_value()
    assert before.startswith("circle ")
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("button", name="Centro del cerchio")).to_be_focused()
    assert page.locator("#area").input_value() != before
    page.get_by_role("button", name="Cancella l'area").click()
    assert ticked(page) == []
    expect(page.get_by_text("Nessuna area disegnata")).to_be_visible()


def test_whoever_ticks_by_hand_gives_the_area_up(page: Page, placed: Site) -> None:
    unfold(page, placed)
    page.get_by_role("button", name="Cerchio").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Via del Lavoro").check()
    expect(page.get_by_text("L'area è stata tolta")).to_be_visible()
    assert page.locator("#area").input_value() == ""
    assert "lavoro" in ticked(page)


@pytest.mark.parametrize("size", SIZES)
def test_map_and_timeline_fit_and_are_without_faults(page: Page, placed: Site, size: str) -> None:
    page.set_viewport_size({"width": SIZES[size][0], "height": SIZES[size][1]})
    unfold(page, placed)
    page.get_by_role("button", name="Poligono").focus()
    page.keyboard.press("Enter")
    assert not faults(page)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
    results = placed.search(placed.client(Role.INVESTIGATOR), plate="AB123CD", reason="furto").url.path
    page.goto(f"{placed.url}{results}/timeline")
    page.get_by_text("Come tabella").click()
    assert not faults(page)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0


def test_a_lane_is_walked_by_arrow_keys_and_enter_opens_the_transit(page: Page, site: Site) -> None:
    place_gates(site)
    drive(site, "ponte", "ponte", "ponte", every=timedelta(hours=5))
    log_in(page, site, Role.INVESTIGATOR)
    client = site.client(Role.INVESTIGATOR)
    results = site.search(client, plate=WANTED, reason="furto in via Roma").url.path
    page.goto(f"{site.url}{results}/timeline")
    marks = page.locator(".timeline-lane a")
    expect(marks).to_have_count(3)
    marks.first.focus()
    page.keyboard.press("ArrowRight")
    expect(marks.nth(1)).to_be_focused()
    page.keyboard.press("End")
    expect(marks.nth(2)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Letture possibili")).to_be_visible()
