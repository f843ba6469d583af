# SPDX-License-Identifier: AGPL-3.0-or-later
"""Search, transits and status in a real browser, as an investigator uses them."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from anpr.domain.access import Role
from anpr.domain.gate import Gate
from anpr.store.audit import AuditAction
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.gates import save_gates
from anpr.store.investigations.gathered import list_marked
from anpr.store.investigations.life import open_investigation
from anpr.store.transits.rows import insert_transits
from tests.support.fixtures_browser import log_in
from tests.support.fixtures_console import SEARCH_KIND, Site, transit_of_track
from tests.support.waiting import eventually


def searches(site: Site) -> int:
    return sum(row.event.action is AuditAction.SEARCH for row in site.audit())


def search(page: Page, plate: str) -> None:
    page.get_by_role("link", name="Ricerca").click()
    page.wait_for_url("**/search")  # and its scripts: a form that is sent before them is a POST among the pages
    page.get_by_label("Targa", exact=True).fill(plate)
    page.get_by_label("Tipo di motivo").select_option(SEARCH_KIND)
    page.get_by_label("Motivo della ricerca").fill("furto in via Roma")
    page.get_by_role("button", name="Cerca").click()


def test_back_from_a_transit_shows_the_same_results_without_another_search(page: Page, site: Site) -> None:
    for _ in range(3):
        site.pass_vehicle("AB123CD")
    log_in(page, site, Role.INVESTIGATOR)
    search(page, "ab*cd")
    expect(page.get_by_text("3 transiti trovati")).to_be_visible()
    results = page.url
    page.locator("li.transit").nth(1).click()
    expect(page.get_by_role("heading", name="Letture possibili")).to_be_visible()
    page.go_back()
    expect(page.get_by_text("3 transiti trovati")).to_be_visible()
    page.reload()
    expect(page.locator("li.transit")).to_have_count(3)
    page.locator("li.transit").nth(1).click()
    page.get_by_role("link", name="Torna ai risultati").click()
    expect(page.get_by_text("3 transiti trovati")).to_be_visible()
    assert page.url.startswith(results)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_text("3 transits found")).to_be_visible()
    expect(page.locator("#plate")).to_have_value("AB*CD")
    assert searches(site) == 1
    assert "AB" not in page.url


def test_a_form_that_was_wrong_is_no_page_that_back_cannot_show(page: Page, site: Site) -> None:
    site.pass_vehicle("AB123CD")
    log_in(page, site, Role.INVESTIGATOR)
    search(page, "АВ123")  # Cyrillic
    expect(page.get_by_text("è una lettera cirillica")).to_be_visible()
    expect(page.get_by_label("Targa", exact=True)).to_be_focused()
    page.get_by_label("Targa", exact=True).fill("AB–123–CD")
    page.get_by_role("button", name="Cerca").click()
    expect(page.get_by_text("1 transito trovato")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Ricerca di transiti")).to_be_visible()
    expect(page.get_by_role("button", name="Cerca")).to_be_visible()


def test_what_is_typed_outlives_the_language_switch_and_ready_ranges_are_whole_days(page: Page, site: Site) -> None:
    log_in(page, site, Role.INVESTIGATOR)
    page.get_by_role("link", name="Ricerca").click()
    page.get_by_label("Targa", exact=True).fill("AB123CD")
    page.get_by_label("Tipo di motivo").select_option(SEARCH_KIND)
    page.get_by_label("Motivo della ricerca").fill("furto")
    page.get_by_label("Porta Nord").check()
    page.get_by_role("button", name="Ieri").click()
    yesterday = site.clock.now().astimezone(site.settings.zone).date() - timedelta(days=1)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_label("Plate", exact=True)).to_have_value("AB123CD")
    expect(page.get_by_label("Reason for the search")).to_have_value("furto")
    expect(page.get_by_label("Porta Nord")).to_be_checked()
    for name in ("#since", "#until"):
        expect(page.locator(name)).to_have_value(f"{yesterday:%d/%m/%Y}")
    assert page.evaluate("sessionStorage.getItem('anpr-kept-fields')") is None, (
        "a plate does not lie about in the browser"
    )
    page.goto(f"{site.url}/search")
    expect(page.get_by_label("Plate", exact=True)).to_have_value("")


@pytest.mark.parametrize("width", [390, 1366])
def test_among_many_gates_some_are_found_by_name(page: Page, site: Site, width: int) -> None:
    gates = [Gate(id=f"v{n}", name=f"Varco {n} Città Alta", purpose="x", legal_basis="y") for n in range(1, 89)]
    with site.database.transaction() as conn:
        save_gates(conn, gates)
    page.set_viewport_size({"width": width, "height": 768})
    log_in(page, site, Role.INVESTIGATOR)
    page.goto(f"{site.url}/search")
    submit = page.get_by_role("button", name="Cerca")
    box = submit.bounding_box()
    assert box is not None
    assert width == 390 or box["y"] + box["height"] <= 768, "on the first screen"
    page.get_by_text("Tutti i varchi (90)").click()
    page.get_by_label("Filtra per nome").fill("varco 12 citta")
    ticks = page.locator(".choice .tick:visible")
    expect(ticks).to_have_count(1)
    ticks.first.click()
    expect(page.get_by_text("1 varchi scelti su 90")).to_be_visible()
    page.get_by_label("Filtra per nome").fill("no such")
    expect(page.get_by_text("Nessun varco con questo nome")).to_be_visible()
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert over <= 0


def test_new_transits_wait_while_somebody_points_at_the_list(page: Page, site: Site) -> None:
    first = site.pass_vehicle("AA111AA")
    log_in(page, site, Role.OPERATOR)
    page.get_by_role("link", name="Ultimi transiti").click()
    rows = page.locator("li.transit")
    rows.first.hover()
    site.pass_vehicle("BB222BB")
    late, _ = transit_of_track("CC333CC", first.captured_at - timedelta(hours=1))
    with site.database.transaction() as conn:
        insert_transits(conn, [late], site.clock.now())
    wait = page.get_by_role("button", name="2 nuovi transiti: mostra")
    expect(wait).to_be_visible()
    expect(rows).to_have_count(1)
    wait.click()
    expect(wait).to_be_hidden()
    for place, plate in enumerate(["BB222BB", "AA111AA", "CC333CC"]):
        expect(rows.nth(place)).to_contain_text(plate)
    page.mouse.move(5, 5)
    site.pass_vehicle("DD444DD")
    expect(rows.first).to_contain_text("DD444DD")


def test_status_refreshes_itself_and_keeps_what_is_unfolded(page: Page, site: Site) -> None:
    gates = [Gate(id=f"v{n}", name=f"Varco {n}", purpose="x", legal_basis="y") for n in range(1, 15)]
    with site.database.transaction() as conn:
        save_gates(conn, gates)
    for gate in gates[:-1]:
        site.pass_vehicle("AB123CD", gate_id=gate.id, with_pictures=False)
    page.clock.install()
    log_in(page, site, Role.OPERATOR)
    page.get_by_role("link", name="Stato").click()
    page.get_by_text("13 varchi senza nulla da segnalare").click()
    site.pass_vehicle("AB123CD", gate_id="v14", with_pictures=False)
    page.clock.fast_forward(31_000)
    expect(page.get_by_text("14 varchi senza nulla da segnalare")).to_be_visible()
    expect(page.locator(".compact li")).to_have_count(14)
    expect(page.locator(".compact li").last).to_be_visible()


def test_a_transit_and_results_are_printed_without_what_can_only_be_pressed(page: Page, site: Site) -> None:
    transit = site.pass_vehicle("AB123CD")
    log_in(page, site, Role.INVESTIGATOR)
    search(page, "AB123CD")
    expect(page.get_by_text("1 transito trovato")).to_be_visible()
    page.emulate_media(media="print")
    for path in (page.url, f"{site.url}/transits/{transit.id}"):
        page.goto(path)
        for selector in ("header.top", "nav.menu", ".languages"):
            expect(page.locator(selector)).to_be_hidden()
        expect(page.locator("button:visible, a.button:visible, form:visible")).to_have_count(0)
        expect(page.locator(".plate", has_text="AB123CD")).to_be_visible()
        expect(page.locator("main b", has_text="Porta Nord")).to_be_visible()
    scene = page.locator("svg.scene")
    expect(scene).to_be_visible()
    eventually(lambda: page.locator("img:visible").first.evaluate("image => image.naturalWidth") > 0)
    pages = page.pdf(format="A4").count(b"/Type /Page\n")
    assert pages == 1, "a transit fits on one sheet"


def test_images_are_walked_and_marked_by_keys_and_go_into_an_investigation(page: Page, site: Site) -> None:
    for number in range(3):
        site.pass_vehicle(f"AB{number:03}CD")
    with site.database.transaction() as conn:
        case = open_investigation(conn, "12/2026", "Furti", "", Author(name="investigator", at=site.clock.now())).id
    log_in(page, site, Role.INVESTIGATOR)
    search(page, "ab*cd")
    page.get_by_role("link", name="Foto").click()
    expect(page.locator(".sheet-item")).to_have_count(3)
    expect(page.locator("[data-keys]")).to_be_visible()  # the script listens
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("s")
    expect(page.get_by_role("checkbox", name="Segna", checked=True)).to_have_count(1)
    page.get_by_role("button", name="Aggiungi i segnati al fascicolo").click()
    expect(page.get_by_text("I transiti segnati sono nel fascicolo.")).to_be_visible()
    with site.database.transaction() as conn:
        assert len(list_marked(conn, case)) == 1
    assert page.url.endswith("view=sheet&told=marked")


def test_a_condition_is_taken_away_by_its_chip_and_enter_takes_none(page: Page, site: Site) -> None:
    site.pass_vehicle("AB123CD")
    log_in(page, site, Role.INVESTIGATOR)
    page.get_by_role("link", name="Ricerca").click()
    page.get_by_label("Porta Nord").first.check()
    page.get_by_text("Altre condizioni").click()
    page.get_by_label("Escludi queste targhe").fill("ab123cd")
    page.get_by_label("Tipo di motivo").select_option(SEARCH_KIND)
    page.get_by_label("Motivo della ricerca").fill("furto in via Roma")
    page.get_by_label("Motivo della ricerca").press("Enter")
    expect(page.get_by_role("heading", name="Nessun transito trovato").first).to_be_visible()
    page.get_by_text("Modifica la ricerca").click()
    asked = page.locator(".purpose").inner_text()
    page.get_by_label("Motivo della ricerca").press("Enter")
    # Its number: the page of the first search has the chip too.
    expect(page.locator(".purpose")).not_to_have_text(asked)
    expect(page.get_by_text("senza AB123CD")).to_be_visible()
    page.get_by_role("button", name="Togli: senza AB123CD").click()
    expect(page.get_by_text("1 transito trovato")).to_be_visible()
    assert searches(site) == 3


def test_a_search_that_runs_says_so_and_is_stopped(page: Page, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(conn: Connection, _query: object) -> int:
        conn.execute("SELECT pg_sleep(60)")
        return 0

    monkeypatch.setattr("anpr.store.transits.audited_search.count_found", slowly)
    log_in(page, site, Role.INVESTIGATOR)
    search(page, "ab*cd")
    expect(page.get_by_text("Ricerca in corso")).to_be_visible()
    page.get_by_role("button", name="Interrompi").click()
    expect(page.get_by_text("Ricerca in corso")).to_be_hidden()
    eventually(lambda: site.audit()[0].event.action is AuditAction.SEARCH_REFUSED)
    expect(page.locator("#plate")).to_have_value("ab*cd")
