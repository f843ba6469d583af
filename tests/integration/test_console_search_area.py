# SPDX-License-Identifier: AGPL-3.0-or-later
"""Search at the gates of an area: drawn on the map or named, what is recorded, kept and shown of it."""

import re

import httpx
import pytest

from anpr.domain.access import Role
from anpr.store.audit import AuditAction
from anpr.store.author import Author
from anpr.store.gate_areas import GateArea, add_area, delete_area
from anpr.store.investigations.gathered import list_questions
from anpr.store.investigations.life import open_investigation
from tests.support.fixtures_console import Site
from tests.support.fixtures_organisations import guest
from tests.support.map_site import drive, place_gates
from tests.support.organisations import GATE

CIRCLE = "circle 43.800000,11.200000 8000"
"""Ponte vecchio and Campi Bisenzio lie in it."""


@pytest.fixture
def placed(site: Site) -> Site:
    """The site with gates at their places, one vehicle having passed three of them."""
    place_gates(site)
    drive(site, "pistoia", "ponte", "campi", plate="AB123CD")
    return site


def asked(site: Site, client: httpx.Client, **fields: object) -> httpx.Response:
    return site.search(client, **{"reason": "furto in via Roma", **fields})


def last(site: Site, action: AuditAction = AuditAction.SEARCH) -> dict[str, object]:
    return dict(next(row.event.detail for row in site.audit() if row.event.action is action))


def ticked(html: str) -> list[str]:
    return re.findall(r'name="gates" value="([^"]+)" checked', html)


def add_named(site: Site, *gates: str) -> int:
    with site.database.transaction() as conn:
        area = GateArea(id=0, name="Centro", gates=gates)
        return add_area(conn, area, Author(name="administrator", at=site.clock.now()))


def test_the_gates_in_an_area_are_those_of_the_search_and_the_audit_tells_both(placed: Site) -> None:
    answer = asked(placed, placed.client(Role.INVESTIGATOR), area=CIRCLE)
    assert "2 transiti trovati" in answer.text
    detail = last(placed)
    assert detail["gates"] == ["campi", "ponte"]
    assert detail["area"] == {"shape": "circle", "corners": ["43.800000,11.200000"], "radius_m": 8000}
    assert "cerchio sulla mappa, raggio 8000 m: Campi Bisenzio – via Barberinese, Ponte vecchio" in answer.text
    assert sorted(ticked(answer.text)) == ["campi", "ponte"]
    assert f'id="area" value="{CIRCLE}"' in answer.text, "the form that changes the search still has it"


def test_the_chip_of_an_area_takes_its_gates_away_too(placed: Site) -> None:
    client = placed.client(Role.INVESTIGATOR)
    answer = asked(placed, client, plate="AB123CD", area=CIRCLE)
    assert 'name="without" value="area"' in answer.text
    assert 'name="without" value="gates"' not in answer.text
    again = asked(placed, client, plate="AB123CD", area=CIRCLE, gates=["campi", "ponte"], without="area")
    assert "3 transiti trovati" in again.text
    assert "area" not in last(placed)
    assert last(placed)["gates"] == []


def test_an_area_decides_and_gates_ticked_beside_it_do_not(placed: Site) -> None:
    asked(placed, placed.client(Role.INVESTIGATOR), area=CIRCLE, gates=["pistoia"])
    assert last(placed)["gates"] == ["campi", "ponte"]


@pytest.mark.parametrize(
    ("area", "gates"),
    [
        ("rectangle 43.700000,10.900000 43.950000,11.000000", ["empoli-est", "pistoia"]),
        ("polygon 43.70,10.90 43.70,11.30 43.90,11.30", ["empoli-est", "ponte"]),
    ],
    ids=["rectangle", "polygon"],
)
def test_other_shapes(placed: Site, area: str, gates: list[str]) -> None:
    asked(placed, placed.client(Role.INVESTIGATOR), area=area)
    assert last(placed)["gates"] == gates


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"area": "polygon 43.0,11.0 44.0,12.0 43.0,12.0 44.0,11.0"}, "si incrociano"),
        ({"area": "circle 0.0,0.0 500"}, "non c&#39;è nessun varco"),
        ({"area": "circle 43.8,11.2 9000000"}, "troppo grande"),
        ({"area": "rectangle 43.8,11.2 43.8,11.2"}, "troppo piccola"),
        ({"area": "circle 43.8,11.2"}, "non è valida"),
        ({"area": "circle 93.8,11.2 500"}, "non è valida"),
        ({"area": "polygon " + "43.8,11.2 " * 100}, "non è valida"),
        ({"area": "polygon nowhere"}, "non è valida"),
        ({"named_area": "77"}, "non c&#39;è più"),
        ({"named_area": "-1"}, "non è valida"),
    ],
    ids=["crossing", "empty", "large", "small", "no radius", "no place", "corners", "words", "gone", "odd number"],
)
def test_an_area_that_is_none_gets_one_plain_word_and_is_recorded(
    placed: Site, fields: dict[str, str], said: str
) -> None:
    answer = placed.post(placed.client(Role.INVESTIGATOR), "/search", "/search", reason="furto in via Roma", **fields)
    assert answer.status_code == 400
    assert said in answer.text
    assert "oppure scegli almeno un varco" not in answer.text
    assert last(placed, AuditAction.SEARCH_REFUSED)["refused"] == ["area"]


def test_a_named_area_means_its_gates_of_now(placed: Site) -> None:
    number = add_named(placed, "ponte", "pistoia")
    client = placed.client(Role.INVESTIGATOR)
    assert f'<option value="{number}"' in client.get("/search").text
    answer = asked(placed, client, named_area=number)
    assert "zona Centro: Pistoia casello, Ponte vecchio" in answer.text
    assert last(placed)["area"] == {"shape": "named", "number": number, "name": "Centro"}
    assert last(placed)["gates"] == ["pistoia", "ponte"]
    with placed.database.transaction() as conn:
        delete_area(conn, number, Author(name="administrator", at=placed.clock.now()))
    assert "zona Centro" in client.get(answer.url.path).text, "what was asked stays told"


def test_a_saved_question_and_an_export_have_the_area(placed: Site) -> None:
    client = placed.client(Role.INVESTIGATOR)
    with placed.database.transaction() as conn:
        case = open_investigation(conn, "1/26", "Furti", "", Author(name="investigator", at=placed.clock.now())).id
    address = asked(placed, client, area=CIRCLE).url.path
    placed.post(client, f"{address}/question", address, investigation=case, text="Zona ovest")
    with placed.database.transaction() as conn:
        (question,) = list_questions(conn, case)
    again = client.get(f"/search?investigation={case}&question={question.id}").text
    assert f'id="area" value="{CIRCLE}"' in again
    file = placed.post(client, f"{address}/export", address, form="csv").text
    assert "cerchio sulla mappa" in file
    assert "Campi Bisenzio" in file


def test_the_map_has_the_gates_that_may_be_searched_and_tells_those_without_a_place(placed: Site) -> None:
    html = placed.client(Role.INVESTIGATOR).get("/search/area/gates").text
    assert 'data-lat="43.768"' in html
    assert "1 varco senza posizione non è considerato" in html
    assert "Via del Lavoro" not in html


def test_an_area_means_only_gates_that_are_open_to_the_organisation(shared: Site) -> None:
    client = guest(shared, Role.INVESTIGATOR)
    html = client.get("/search/area/gates").text
    assert set(re.findall(r'data-gate="([^"]+)"', html)) <= {GATE.id}
    number = add_named(shared, GATE.id)
    assert "Centro" not in client.get("/search").text, "the manager's own area"
    answer = shared.post(client, "/search", "/search", reason="furto in via Roma", named_area=number)
    assert answer.status_code == 400


def test_the_audit_page_tells_an_area_in_words(placed: Site) -> None:
    asked(placed, placed.client(Role.INVESTIGATOR), area=CIRCLE)
    html = placed.client(Role.AUDITOR).get("/audit").text
    assert "cerchio" in html
    assert "raggio (m) 8000" in html
