# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page of the simulated office in a real browser: what came, live orders, nothing that another site could do."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from anpr.simulator.behaviour import Behaviour
from anpr.simulator.centre import SimulatedCentre
from anpr.simulator.transfer import Transfer
from scripts.lab.transits import make_transit
from tests.acceptance.test_console_accessibility import faults
from tests.support.simulated_arrivals import drawn_jpeg, file_of, fill
from tests.support.simulation import behave, forget, running_centre

PAGES = ("", "behaviour", "lists", "settings", "arrivals/1", "arrivals/34", "arrivals/35", "nothing")


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedCentre]:
    with running_centre(tmp_path_factory.mktemp("centre"), protocols=("https",)) as centre:
        fill(centre)
        behave(centre, certificate="wrong-authority", wrong_host_key=True)  # the page warns of both
        yield centre


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedCentre]:
    with running_centre(tmp_path_factory.mktemp("centre"), protocols=("https",)) as centre:
        yield centre


@pytest.fixture
def centre(running: SimulatedCentre) -> SimulatedCentre:
    forget(running)
    return running


def receive(centre: SimulatedCentre, name: str, number: int = 1) -> None:
    data = file_of(centre, [make_transit(number)])
    behaviour = centre.office.decisions.take(name)
    centre.office.receive(Transfer(protocol="https", name=name, sender="comune", data=data), behaviour)


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1366, "light")])
def test_every_page_is_accessible(page: Page, filled: SimulatedCentre, width: int, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two
    page.set_viewport_size({"width": width, "height": 844})
    found = []
    for path in PAGES:
        page.goto(f"{filled.page}{path}")
        found += faults(page)
    assert found == []


def test_no_page_scrolls_sideways_on_a_narrow_phone(page: Page, filled: SimulatedCentre) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    wide = []
    for path in PAGES:
        page.goto(f"{filled.page}{path}")
        if page.evaluate("document.documentElement.scrollWidth") > 320:
            wide.append(path)
    assert wide == []


def test_what_comes_appears_by_itself_with_plate_and_picture(page: Page, centre: SimulatedCentre) -> None:
    page.goto(centre.page)
    expect(page.get_by_text("Non è ancora arrivato nulla")).to_be_visible()
    receive(centre, "uno.xml")
    page.get_by_role("link", name="uno.xml").click()
    expect(page.get_by_role("rowheader", name="AA001AA")).to_be_visible()
    expect(page.get_by_alt_text("Immagine della targa AA001AA")).to_have_js_property("naturalWidth", 120)
    expect(page.get_by_text("Che cosa è stato risposto")).to_be_visible()


def test_a_button_orders_the_next_answers_and_they_end_by_themselves(page: Page, centre: SimulatedCentre) -> None:
    page.goto(centre.page)
    page.get_by_text("Come rispondere ai prossimi file").click()
    page.get_by_label("Codice").fill("E3")
    page.get_by_role("button", name="Respingi").click()
    expect(page.get_by_text("per il prossimo file:")).to_be_visible()
    receive(centre, "uno.xml")
    receive(centre, "due.xml", 2)
    expect(page.get_by_role("row", name="uno.xml")).to_contain_text("respinti 1")
    expect(page.get_by_role("row", name="due.xml")).to_contain_text("accettati 1")
    assert [each.shown[0].code for each in centre.office.journal.newest()] == ["0", "E3"]


def test_the_form_changes_how_it_answers_and_says_what_is_wrong(page: Page, centre: SimulatedCentre) -> None:
    page.goto(f"{centre.page}behaviour")
    page.get_by_label("Ritardo della risposta").fill("presto")
    page.get_by_label("Connessione").select_option("after")
    page.get_by_role("button", name="Applica").click()
    expect(page.get_by_text("Valore non valido")).to_be_visible()
    expect(page.get_by_label("Connessione")).to_have_value("after")
    page.get_by_label("Ritardo della risposta").fill("0,5")
    page.get_by_role("button", name="Applica").click()
    expect(page.get_by_label("Ritardo della risposta")).to_have_value("0.5")
    assert centre.office.decisions.now.standing == Behaviour(cut="after", delay_s=0.5)


def test_a_list_gets_its_next_version(page: Page, centre: SimulatedCentre) -> None:
    page.goto(f"{centre.page}lists")
    page.get_by_role("button", name="Versione dimezzata A2").click()
    expect(page.get_by_text("liste/A2-000002-variazioni.csv")).to_be_visible()
    assert (centre.office.files.inbox / "liste" / "A2.versione").read_text(encoding="utf-8") == "2\n"


def test_without_scripts_everything_works_but_the_refresh(browser, centre: SimulatedCentre) -> None:  # type: ignore[no-untyped-def]
    receive(centre, "uno.xml")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(centre.page)
    page.get_by_text("Come rispondere ai prossimi file").click()
    page.get_by_role("button", name="Disco pieno").click()
    expect(page.get_by_text("disco pieno", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="uno.xml")).to_be_visible()
    context.close()


def test_no_other_site_can_order_or_read(centre: SimulatedCentre) -> None:
    with httpx.Client(base_url=centre.page) as client:
        assert client.post("/next", data={"preset": "reject", "token": "x"}).status_code == 403
        assert client.post("/next", data={"preset": "reject"}).status_code == 403
        elsewhere = client.get("/", headers={"Host": "evil.example"})
        assert (elsewhere.status_code, elsewhere.headers["connection"]) == (421, "close")
        answer = client.get("/")
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "https://" not in answer.text.split("<main")[0]
        assert client.get("/static/../server.py").status_code == 404
        assert client.get("/nothing").status_code == 404
    assert centre.office.decisions.now.next is None


def test_what_is_no_picture_is_not_shown_as_one(centre: SimulatedCentre) -> None:
    name = "falso.jpg"
    centre.office.receive(
        Transfer(protocol="https", name=name, sender="x", data=b"<script>alert(1)</script>"), Behaviour()
    )
    centre.office.receive(Transfer(protocol="https", name="vero.jpg", sender="x", data=drawn_jpeg()), Behaviour())
    real, false = centre.office.journal.newest()
    with httpx.Client(base_url=centre.page) as client:
        assert client.get(f"/arrivals/{false.number}/picture").status_code == 404
        assert client.get(f"/arrivals/{real.number}/picture").headers["content-type"] == "image/jpeg"
        assert client.get(f"/arrivals/{false.number}/file").headers["content-disposition"].startswith("attachment")
