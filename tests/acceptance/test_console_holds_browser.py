# SPDX-License-Identifier: AGPL-3.0-or-later
"""Holds and requests of data subjects in a real browser, as the investigator and the DPO use them."""

import json
from datetime import UTC, timedelta
from pathlib import Path

from playwright.sync_api import Page, expect

from anpr.domain.access import Role
from anpr.store.holds import get_hold
from anpr.store.requests.register import get_request
from anpr.store.transits.rows import get_transit
from tests.support.fixtures_browser import log_in
from tests.support.fixtures_console import SEARCH_KIND, Site


def day_in(site: Site, days: int) -> str:
    return (site.clock.now().astimezone(UTC).date() + timedelta(days=days)).isoformat()


def test_an_investigator_holds_what_a_search_found_lengthens_it_ends_it_and_holds_again(page: Page, site: Site) -> None:
    transit = site.pass_vehicle("AB123CD")
    log_in(page, site, Role.INVESTIGATOR)
    page.get_by_role("link", name="Ricerca").click()
    page.get_by_label("Targa", exact=True).fill("AB123CD")
    page.get_by_label("Tipo di motivo").select_option(SEARCH_KIND)
    page.get_by_label("Motivo della ricerca").fill("furto in via Roma")
    page.get_by_label("Riferimento del fascicolo").fill("12/2026")
    page.get_by_role("button", name="Cerca").click()
    page.get_by_role("link", name="Conserva per un procedimento").click()
    expect(page.get_by_label("Targa")).to_have_value("AB123CD")
    expect(page.get_by_label("Procedimento")).to_have_value("12/2026")
    assert "AB123CD" not in page.url
    page.get_by_label("Ultimo giorno").fill(day_in(site, 90))
    page.get_by_role("button", name="Conserva").click()
    expect(page.get_by_text("Conservazione registrata")).to_be_visible()
    expect(page.get_by_text("Porta Nord")).to_be_visible()

    page.get_by_label("Ultimo giorno").fill(day_in(site, 200))
    page.get_by_label("Motivo della modifica").fill("proroga del giudice")
    page.get_by_role("button", name="Cambia l'ultimo giorno").click()
    expect(page.get_by_text("Ultimo giorno cambiato.")).to_be_visible()

    page.goto(f"{site.url}/transits")
    expect(page.locator("li.transit .held")).to_have_text("conservato per 12/2026")
    page.locator("li.transit a").click()
    page.get_by_role("link", name="per il procedimento 12/2026").click()
    page.get_by_role("link", name="Concludi la conservazione").click()
    expect(page.get_by_text("nessuno dei transiti compresi (1)")).to_be_visible()
    page.get_by_label("Motivo della conclusione").fill("procedimento archiviato")
    page.get_by_role("button", name="Concludi la conservazione").click()
    expect(page.get_by_text("Se è stato un errore")).to_be_visible()
    page.get_by_role("link", name="Conserva di nuovo").first.click()
    expect(page.get_by_label("Targa")).to_have_value("AB123CD")
    page.get_by_label("Motivo", exact=True).fill("conclusa per errore")
    page.get_by_role("button", name="Conserva").click()
    expect(page.get_by_text("Conservazione registrata")).to_be_visible()
    with site.database.transaction() as conn:
        assert get_hold(conn, 1).ended_by == "investigator"
        assert get_hold(conn, 2).plate == transit.plate


def test_a_transit_that_is_held_is_still_printed_on_one_sheet(page: Page, site: Site) -> None:
    transit = site.pass_vehicle("AB123CD")
    log_in(page, site, Role.INVESTIGATOR)
    page.goto(f"{site.url}/transits/{transit.id}")
    page.get_by_role("link", name="Conserva questo transito").click()
    page.get_by_label("Procedimento").fill("R.G.N.R. 4711/2026, Procura di Prato")
    page.get_by_label("Motivo", exact=True).fill("richiesta della procura")
    page.get_by_label("Ultimo giorno").fill(day_in(site, 90))
    page.get_by_role("button", name="Conserva").click()
    expect(page.get_by_text("Conservazione registrata")).to_be_visible()
    page.emulate_media(media="print")
    page.goto(f"{site.url}/transits/{transit.id}")
    expect(page.get_by_text("per il procedimento R.G.N.R. 4711/2026")).to_be_visible()
    expect(page.locator("button:visible, a.button:visible, form:visible")).to_have_count(0)
    expect(page.locator("svg.scene")).to_be_visible()
    assert page.pdf(format="A4").count(b"/Type /Page\n") == 1


def test_the_dpo_registers_a_request_finds_exports_and_erases(page: Page, site: Site, tmp_path: Path) -> None:
    transit = site.pass_vehicle("AB123CD")
    log_in(page, site, Role.DPO)
    page.get_by_role("link", name="Richieste").click()
    page.get_by_label("Che cosa chiede").select_option("erasure")
    page.get_by_label("Targa").fill("ab 123 cd")
    page.get_by_label("Protocollo").fill("4711/2026")
    page.get_by_role("button", name="Registra").click()
    expect(page.get_by_text("Richiesta registrata.")).to_be_visible()
    assert "AB123CD" not in page.url

    page.get_by_role("link", name="Cerca i dati conservati").click()
    expect(page.get_by_role("heading", name="1 transito")).to_be_visible()
    expect(page.get_by_role("cell", name="Porta Nord")).to_be_visible()
    expect(page.get_by_role("checkbox", name="allarmi")).not_to_be_checked()
    with page.expect_download() as download:
        page.get_by_role("button", name="Scarica il file").click()
    download.value.save_as(tmp_path / "export.json")
    content = json.loads((tmp_path / "export.json").read_text(encoding="utf-8"))
    assert [each["id"] for each in content["transits"]] == [str(transit.id)]
    page.get_by_role("button", name="Prepara il foglio da stampare").click()
    expect(page.get_by_role("heading", name="Dati conservati, per l'interessato")).to_be_visible()
    page.emulate_media(media="print")
    expect(page.locator("button:visible, a.button:visible, form:visible")).to_have_count(0)
    assert page.pdf(format="A4").count(b"/Type /Page\n") == 1
    page.emulate_media(media="screen")

    page.goto(f"{site.url}/requests/1")
    page.get_by_role("link", name="Cancella i dati").click()
    expect(page.get_by_text("Si cancella 1 transito,")).to_be_visible()
    page.get_by_role("button", name="Cancella i dati").click()
    expect(page.get_by_text("Dati cancellati, richiesta chiusa.")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("AB123CD")
    with site.database.transaction() as conn:
        request = get_request(conn, 1)
        assert request is not None
        assert request.plate is None
        assert get_transit(conn, transit.id) is None


def test_the_dpo_refuses_a_request_and_the_answer_can_be_printed(page: Page, site: Site) -> None:
    log_in(page, site, Role.DPO)
    page.goto(f"{site.url}/requests")
    page.get_by_label("Targa").fill("AB123CD")
    page.get_by_label("Protocollo").fill("9/2026")
    page.get_by_role("button", name="Registra").click()
    page.get_by_label("comprometterebbe").check()
    page.get_by_label("Motivi del caso").fill("Fino alla fine delle indagini.")
    page.get_by_role("button", name="Rifiuta").click()
    expect(page.get_by_text("Richiesta rifiutata")).to_be_visible()
    page.emulate_media(media="print")
    for words in ("art. 14, comma 2, lettera a", "Fino alla fine delle indagini.", "reclamo al Garante"):
        expect(page.get_by_text(words)).to_be_visible()
    expect(page.locator("button:visible, a.button:visible, form:visible")).to_have_count(0)
