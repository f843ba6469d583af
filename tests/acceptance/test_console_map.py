# SPDX-License-Identifier: AGPL-3.0-or-later
"""Maps in a real browser: by keyboard, at both sizes, without a request to anybody else, and with axe."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from anpr.domain.access import Role
from anpr.store.database.connection import Database
from tests.acceptance.test_console_accessibility import faults
from tests.support.centre_gates import centre_of, newest_version, save_gate
from tests.support.fixtures_browser import log_in, show_cards
from tests.support.fixtures_console import SEARCH_KIND, WANTED, Site
from tests.support.map_site import PLACES, drive, place_gates, with_map
from tests.support.pmtiles import write_archive

SIZES = {"office": (1366, 768), "phone": (390, 844)}


@pytest.fixture
def placed(site: Site) -> Site:
    """The site with gates at their places."""
    place_gates(site)
    return site


@pytest.fixture
def asked(page: Page) -> Iterator[list[str]]:
    """Every address that the browser asks for; at the end all were the console's own."""
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    yield addresses
    hosts = {urlsplit(address).hostname for address in addresses if not address.startswith("data:")}
    assert hosts == {"127.0.0.1"}


def open_map(page: Page, site: Site, address: str = "/map", role: Role = Role.OPERATOR) -> Locator:
    """Log in, open the page, and wait until its map is drawn."""
    show_cards(page, site)
    log_in(page, site, role)
    page.get_by_role("button", name="Esci").wait_for()
    page.goto(f"{site.url}{address}")
    return drawn(page)


def drawn(page: Page) -> Locator:
    """The map, once its background is there."""
    page.locator("[data-map][data-ready]").wait_for()
    return page.locator("[data-map] .map-canvas")


def use(page: Page, size: str, scheme: str = "light") -> None:
    """The size of the window and the colours."""
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_gates_are_drawn_within_the_screen_and_axe_finds_no_fault(
    page: Page, placed: Site, asked: list[str], size: str, scheme: str
) -> None:
    use(page, size, scheme)
    drive(placed, "pistoia", "porta-nord")
    canvas = open_map(page, placed)
    marks = canvas.get_by_role("link")
    expect(marks).to_have_count(5)
    expect(canvas.get_by_role("link", name="Porta Nord, non verificabile, 1 allarme aperto")).to_be_visible()
    expect(page.get_by_text("1 varco senza posizione")).to_be_visible()
    frame = canvas.bounding_box()
    assert frame is not None
    for mark in marks.all():
        box = mark.bounding_box()
        assert box is not None
        assert frame["x"] <= box["x"] <= frame["x"] + frame["width"] - box["width"]
        assert frame["y"] <= box["y"] <= frame["y"] + frame["height"] - box["height"]
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    expect(canvas.locator(".map-town").first).to_be_attached()
    assert faults(page) == []
    assert any(address.endswith("/italy.json") for address in asked)


@pytest.mark.usefixtures("asked")
def test_by_keyboard_alone_a_gate_is_reached_and_opened(page: Page, placed: Site) -> None:
    use(page, "office")
    open_map(page, placed)
    page.locator("#content").focus()
    names = []
    for _ in range(12):
        page.keyboard.press("Tab")
        names.append(
            page.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.innerText")
        )
        if names[-1].startswith("Ponte vecchio"):
            break
    assert names[:2] == ["Varchi", "Salta la mappa e vai all'elenco"]
    assert names[-1] == "Ponte vecchio, non verificabile", names
    page.keyboard.press("Enter")
    page.wait_for_url("**/gates/ponte")


def test_the_map_can_be_skipped(page: Page, placed: Site) -> None:
    use(page, "office")
    open_map(page, placed)
    page.get_by_role("link", name="Salta la mappa").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "map-list"


def test_it_refreshes_itself_and_the_focus_stays(page: Page, placed: Site) -> None:
    use(page, "office")
    canvas = open_map(page, placed)
    mark = canvas.locator("[data-gate='ponte']")
    mark.focus()
    drive(placed, "ponte")
    page.evaluate("htmx.trigger('[data-every]', 'refresh')")
    expect(mark).to_have_attribute("aria-label", "Ponte vecchio, non verificabile, 1 allarme aperto")
    assert page.evaluate("document.activeElement.dataset.gate") == "ponte"


def test_without_a_script_the_list_says_the_same(placed: Site) -> None:
    html = placed.client(Role.OPERATOR).get("/map").text
    assert all(name in html for name, _, _ in PLACES.values())
    assert 'class="map-canvas"' in html
    assert html.count("hidden></div>") >= 1


def test_a_background_that_cannot_be_had_is_told_and_the_gates_stay(page: Page, placed: Site) -> None:
    use(page, "office")
    page.route("**/italy.json", lambda route: route.abort())
    log_in(page, placed, Role.OPERATOR)
    page.get_by_role("button", name="Esci").wait_for()
    page.goto(f"{placed.url}/map")
    expect(page.locator(".map-fault")).to_be_visible()
    expect(page.locator(".map-canvas").get_by_role("link")).to_have_count(5)


@pytest.mark.parametrize("size", SIZES)
def test_the_way_unfolds_on_an_alarms_card(page: Page, placed: Site, asked: list[str], size: str) -> None:
    use(page, size)
    drive(placed, "pistoia", "porta-nord", "lavoro", "campi", "porta-nord")
    show_cards(page, placed)
    log_in(page, placed, Role.OPERATOR)
    card = page.locator("article.alarm").first
    card.get_by_text("Percorso prima dell'allarme").wait_for()
    assert not [address for address in asked if address.endswith("/way")], "only when somebody unfolds it"
    card.get_by_text("Percorso prima dell'allarme").click()
    canvas = drawn(page)
    expect(canvas.locator(".map-stop-number")).to_have_text(["1", "2·5", "4"])
    expect(canvas.locator(".map-arrow")).to_have_count(3)
    expect(card.locator(".map-way-list li")).to_have_count(5)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert faults(page) == []
    assert not [address for address in asked if WANTED in address]


@pytest.mark.parametrize("size", SIZES)
def test_results_of_a_search_are_a_numbered_way(page: Page, placed: Site, asked: list[str], size: str) -> None:
    use(page, size)
    drive(placed, "empoli-est", "campi", "pistoia")
    log_in(page, placed, Role.INVESTIGATOR)
    page.get_by_role("button", name="Esci").wait_for()
    page.goto(f"{placed.url}/search")
    page.locator("#plate").fill(WANTED)
    page.locator("#kind").select_option(SEARCH_KIND)
    page.locator("#reason").fill("controllo di prova")
    page.get_by_role("button", name="Cerca", exact=True).click()
    page.get_by_role("link", name="Sulla mappa").click()
    expect(drawn(page).locator(".map-stop-number")).to_have_text(["1", "2", "3"])
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert faults(page) == []
    assert not [address for address in asked if WANTED in address]


@pytest.mark.usefixtures("asked")
def test_a_transits_page_has_a_small_map(page: Page, placed: Site) -> None:
    use(page, "phone")
    (transit,) = drive(placed, "campi", plate="AB123CD")
    canvas = open_map(page, placed, f"/transits/{transit.id}")
    expect(canvas.locator("[data-gate]")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert faults(page) == []


@pytest.mark.usefixtures("asked")
@pytest.mark.parametrize("size", SIZES)
def test_a_click_or_enter_on_the_map_sets_the_place_of_a_gate(
    page: Page, placed: Site, console_database: Database, size: str
) -> None:
    use(page, size)
    with centre_of(placed, console_database) as centre:
        save_gate(centre, DEFINITION)
        canvas = open_map(page, centre, "/gates/porta-nord/edit", Role.ADMINISTRATOR)
        latitude, longitude = page.locator("#latitude"), page.locator("#longitude")
        assert faults(page) == []
        canvas.scroll_into_view_if_needed()
        canvas.click(position={"x": 200, "y": 150})
        clicked = (latitude.input_value(), longitude.input_value())
        assert 43 < float(clicked[0]) < 45
        assert 10 < float(clicked[1]) < 12
        expect(page.locator(".map-picked")).to_have_text(
            f"Posizione scelta: {clicked[0]}, {clicked[1]}. Si salva con il modulo."
        )
        canvas.focus()
        page.keyboard.press("Enter")
        middle = latitude.input_value()
        page.keyboard.press("ArrowUp")
        page.keyboard.press("Enter")
        expect(latitude).not_to_have_value(middle)
        assert float(latitude.input_value()) > float(middle), "the middle, moved to the north"
        page.locator("#reason").fill("rilevata sul posto")
        page.get_by_role("button", name="Salva").click()
        page.wait_for_url("**/gates/porta-nord?saved=*")
        saved = newest_version(centre, "porta-nord").gate
        assert saved.latitude is not None
        assert saved.latitude > float(middle)


DEFINITION = {
    "id": "porta-nord", "name": "Porta Nord", "purpose": "sicurezza urbana", "legal_basis": "patto 2025",
    "latitude": 43.8935, "longitude": 11.099, "reader": "reader-1", "cameras": [{"id": "nord-1", "url": "file:x"}],
}  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_sites_archive_is_drawn_from_the_console_alone(
    page: Page, placed: Site, console_database: Database, tmp_path: Path, asked: list[str], scheme: str
) -> None:
    use(page, "office", scheme)
    archive = write_archive(tmp_path / "prato.pmtiles")
    with with_map(placed, console_database, pmtiles=str(archive), attribution="© strade di prova") as town:
        canvas = open_map(page, town)
        expect(page.get_by_text("© strade di prova")).to_be_visible()
        tile = canvas.locator("canvas.leaflet-tile").first
        tile.wait_for()
        read = "tile => [...tile.getContext('2d').getImageData(tile.width / 2, tile.height / 2, 1, 1).data]"
        page.wait_for_function(f"() => ({read})(document.querySelector('canvas.leaflet-tile'))[3] === 255")
        red, green, blue, _ = tile.evaluate(read)
        brightness = (red + green + blue) / 3
        assert brightness < 100 if scheme == "dark" else brightness > 180, "the land of its colours"
    assert any(address.endswith("/map/town.pmtiles") for address in asked)
    assert not any(address.endswith("/italy.json") for address in asked)


def test_the_sites_tile_server_is_asked_and_nobody_else(
    page: Page, placed: Site, console_database: Database, repository: Path
) -> None:
    """Its host does not exist: the browser's request is answered here."""
    use(page, "office")
    others: list[str] = []
    image = (repository / "docs" / "console-alarms.jpg").read_bytes()

    def answer(route: object) -> None:
        others.append(route.request.url)  # type: ignore[attr-defined]
        route.fulfill(body=image, content_type="image/jpeg")  # type: ignore[attr-defined]

    page.route(lambda url: url.startswith("https:"), answer)
    with with_map(placed, console_database, tiles_url="https://tiles.prova.example/{z}/{x}/{y}.jpg") as town:
        open_map(page, town)
        page.locator("img.leaflet-tile-loaded").first.wait_for()
    assert others
    assert {urlsplit(address).hostname for address in others} == {"tiles.prova.example"}
