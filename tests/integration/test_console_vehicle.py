# SPDX-License-Identifier: AGPL-3.0-or-later
"""The page of a vehicle and the cross search: what they show, to whom, and what is recorded."""

import re
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from anpr.domain.access import Role
from anpr.domain.health import Change, HealthReport, SubjectKind
from anpr.domain.organisation import Action
from anpr.domain.read import Candidate
from anpr.store.audit import AuditAction
from anpr.store.author import Author
from anpr.store.health.record import record_health
from anpr.store.investigations.life import end_investigation, open_investigation
from tests.support.company import OTHER, around, drive_at_once, drive_together
from tests.support.fixtures_console import SEARCH_KIND, WANTED, Site
from tests.support.fixtures_organisations import guest
from tests.support.map_site import drive, place_gates
from tests.support.organisations import THEIR_PLATE, agree

REASON = "rapina in banca"


@pytest.fixture
def placed(site: Site) -> Site:
    """The site with gates at their places."""
    place_gates(site)
    return site


def opened(site: Site, client: httpx.Client, **fields: object) -> str:
    """The address of the vehicle's page."""
    answer = site.post(client, "/vehicle", "/vehicle", **{"plate": WANTED, "reason": REASON, **fields})
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def searched(site: Site, client: httpx.Client, **fields: object) -> str:
    """The number of a search."""
    answer = site.post(client, "/search", "/search", reason=REASON, **fields)
    return str(answer.headers["location"]).rpartition("/")[2]


def blind(site: Site, gate_id: str, camera_id: str, around: datetime) -> None:
    """The camera did not look for ten minutes around this moment."""
    minutes, now = timedelta(minutes=5), site.clock.now()
    changes = (("up", around - 9 * minutes), ("down", around - minutes), ("up", around + minutes))
    report = HealthReport(
        kind=SubjectKind.CAMERA,
        id=camera_id,
        reader_id="reader-1",
        gate_ids=(gate_id,),
        at=now,
        changes=tuple(Change(state=state, since=since) for state, since in changes),
    )
    with site.database.transaction() as conn:
        record_health(conn, [report], now)


def section(html: str, heading: str) -> str:
    """The page's section under the heading with this id."""
    return html.partition(f'id="{heading}"')[2].partition("</section>")[0]


def test_a_vehicle_is_opened_by_post_with_a_reason_and_no_plate_is_in_the_address(placed: Site) -> None:
    drive(placed, "ponte", "campi", "pistoia")
    client = placed.client(Role.INVESTIGATOR)
    address = opened(placed, client, case="12/26")
    assert re.fullmatch(r"/vehicle/\d+", address)
    html = client.get(address).text
    assert WANTED in html
    assert REASON in html
    assert "12/26" in html
    assert "<dd>3</dd>" in section(html, "summary")
    rows = [row.event for row in placed.audit() if row.event.actor == Role.INVESTIGATOR.value]
    asked = next(row for row in rows if row.action is AuditAction.SEARCH)
    assert (asked.reason, asked.case_reference, asked.detail["pattern"]) == (REASON, "12/26", WANTED)
    shown = next(row for row in rows if row.action is AuditAction.TRANSIT_VIEWED)
    assert (shown.reason, shown.case_reference, shown.detail["page"]) == (REASON, "12/26", "vehicle")
    assert len(shown.detail["transits"]) == 3


def test_a_search_for_one_plate_is_also_its_vehicle_and_another_one_is_not(placed: Site) -> None:
    drive(placed, "ponte")
    client = placed.client(Role.INVESTIGATOR)
    number = searched(placed, client, plate=WANTED)
    assert client.get(f"/vehicle/{number}").status_code == 200
    assert f'href="/vehicle/{number}"' in client.get(f"/search/{number}").text
    assert 'href="/vehicle/cross"' in client.get("/search").text
    for fields in (
        {"plate": f"{WANTED[:4]}*"},
        {"plate": WANTED, "look_alike": "true"},
        {"plate": WANTED, "direction": "approaching"},  # the vehicle's page would show more than was asked
    ):
        number = searched(placed, client, **fields)
        assert client.get(f"/vehicle/{number}").status_code == 404
        assert f'href="/vehicle/{number}"' not in client.get(f"/search/{number}").text
    assert placed.client(Role.OPERATOR).get(f"/vehicle/{number}").status_code == 404


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"reason": ""}, "Scrivi il motivo"),
        ({"plate": ""}, "Scrivi la targa"),
        ({"plate": "AB*"}, "non sta in una targa"),
        ({"plate": "A" * 40}, "Al massimo"),
        ({"since": "22/11/2026", "until": "21/11/2026"}, "deve venire dopo"),
        ({"since": "1/1/26"}, "quattro cifre"),
    ],
    ids=["no reason", "no plate", "pattern", "long plate", "order", "year"],
)
def test_what_cannot_be_asked_is_told_and_recorded(site: Site, fields: dict[str, str], said: str) -> None:
    client = site.client(Role.INVESTIGATOR)
    answer = site.post(client, "/vehicle", "/vehicle", **{"plate": WANTED, "reason": REASON, **fields})
    assert answer.status_code == 400
    assert said in answer.text
    assert AuditAction.SEARCH_REFUSED in {row.event.action for row in site.audit()}


def test_the_way_of_a_day_has_times_and_speeds_that_are_said_to_be_no_measurement(placed: Site) -> None:
    drive(placed, "ponte", "campi", "lavoro")
    client = placed.client(Role.INVESTIGATOR)
    html = client.get(opened(placed, client)).text
    way = section(html, "way-heading")
    assert "Ponte vecchio → Campi Bisenzio" in way
    assert re.search(r"\d+ km/h", way)
    assert "Non è una misurazione" in way
    assert "non nota" in way, "the place of the last gate is unknown"


def test_another_day_is_chosen_and_a_strange_one_gives_the_newest(placed: Site) -> None:
    drive_together(placed, 2)
    client = placed.client(Role.INVESTIGATOR)
    address = opened(placed, client)
    days = re.findall(r"\?day=(\d{4}-\d\d-\d\d)", client.get(address).text)
    assert len(days) == 2
    older = client.get(f"{address}?day={days[1]}").text
    assert f'?day={days[1]}#way-heading" aria-current="true"' in older
    assert f'?day={days[0]}#way-heading" aria-current="true"' in client.get(f"{address}?day=gestern").text


def test_a_plate_at_two_places_at_once_is_shown_with_both_images(placed: Site) -> None:
    first, second = drive_at_once(placed)
    client = placed.client(Role.INVESTIGATOR)
    html = client.get(opened(placed, client)).text
    told = section(html, "impossible")
    assert "1 spostamento impossibile" in html
    for transit in (first, second):
        assert f"/transits/{transit.id}/thumbnails/context" in told
        assert f"/transits/{transit.id}/thumbnails/plate" in told


def test_a_likely_misread_is_joined_by_its_candidates(placed: Site) -> None:
    drive(placed, "ponte")
    wrong = WANTED.replace("0", "O", 1) if "0" in WANTED else WANTED.replace("8", "B", 1)
    candidates = (Candidate(text=wrong, probability=0.5), Candidate(text=WANTED, probability=0.4))
    placed.pass_vehicle(wrong, gate_id="campi", candidates=candidates, confidence=0.5)
    client = placed.client(Role.INVESTIGATOR)
    told = section(client.get(opened(placed, client)).text, "others")
    if wrong != WANTED:
        assert wrong in told
        assert "forse lo stesso" in told
        assert "40 %" in told


def test_alarms_and_lists_of_the_vehicle_are_there_and_asking_for_lists_is_recorded(placed: Site) -> None:
    (transit,) = drive(placed, "ponte")
    client = placed.client(Role.INVESTIGATOR)
    html = client.get(opened(placed, client)).text
    assert f"/alarms/{placed.alarm_of(transit).id}" in section(html, "alarms")
    assert "A1 Veicoli rubati" in section(html, "lists")
    row = next(row.event for row in placed.audit() if row.event.action is AuditAction.WATCHLIST_SEARCHED)
    assert (row.reason, row.detail["plate"]) == (REASON, WANTED)


def test_who_drove_along_is_found_and_opened_with_the_same_reason(placed: Site) -> None:
    drive_together(placed, 4)
    placed.pass_another(gate_id="pistoia")
    client = placed.client(Role.INVESTIGATOR)
    html = client.get(f"{opened(placed, client)}/together").text
    told = section(html, "companions")
    assert OTHER in told
    assert "più del caso" in told
    assert 'data-label="Viaggi insieme">4</td>' in told
    assert "+12 s" in told
    transit = re.search(r'name="transit" value="([^"]+)"', told)
    assert transit
    answer = placed.post(client, "/vehicle", "/vehicle", transit=transit[1], reason=REASON)
    assert OTHER in client.get(answer.headers["location"]).text


def window(number: int, gates: list[str], since: str, until: str) -> dict[str, Any]:
    return {f"gates_{number}": gates, f"since_{number}": since, f"until_{number}": until}


def test_the_vehicle_of_several_places_and_times_is_found(placed: Site) -> None:
    first, second, third = drive(placed, "ponte", "campi", "pistoia", every=timedelta(hours=1))
    drive(placed, "pistoia", plate=OTHER)
    client = placed.client(Role.INVESTIGATOR)
    fields = {**around(placed, first, 0), **around(placed, second, 1), **around(placed, third, 4)}
    answer = placed.post(client, "/vehicle/cross", "/vehicle/cross", reason=REASON, **fields)
    assert answer.status_code == 303, answer.text
    html = client.get(answer.headers["location"]).text
    told = section(html, "common")
    assert WANTED in told
    assert OTHER not in told
    assert "1 veicolo in comune" in html
    row = next(row.event for row in placed.audit() if row.event.action is AuditAction.CROSS_SEARCHED)
    assert (row.reason, row.detail["least"], row.detail["found"]) == (REASON, 3, 1)
    assert placed.client(Role.OPERATOR).get(answer.headers["location"]).status_code == 404


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "Servono almeno 2 finestre"),
        (window(0, [], "21/11/2026 10:00", "21/11/2026 11:00"), "Scegli da 1 a"),
        (window(0, ["none"], "21/11/2026 10:00", "21/11/2026 11:00"), "Scegli da 1 a"),
        (window(0, ["ponte"], "21/11/2026 10:00", "23/11/2026 11:00"), "al massimo di un giorno"),
        (window(0, ["ponte"], "21/11/2026 10:00", ""), "Scrivi l&#39;inizio e la fine"),
        (window(0, ["ponte"], "ieri", "21/11/2026 11:00"), "Data e ora non valide"),
        (
            {
                **window(0, ["ponte"], "21/11/2026 10:00", "21/11/2026 11:00"),
                **window(1, ["ponte"], "21/11/2026 12:00", "21/11/2026 13:00"),
                "least": "3",
            },
            "Un numero da 2 a 2",
        ),
    ],
    ids=["nothing", "no gate", "unknown gate", "span", "no end", "no time", "too many"],
)
def test_windows_that_cannot_be_asked_are_told(site: Site, fields: dict[str, Any], said: str) -> None:
    client = site.client(Role.INVESTIGATOR)
    answer = site.post(client, "/vehicle/cross", "/vehicle/cross", reason=REASON, **fields)
    assert answer.status_code == 400
    assert said in answer.text


def test_another_organisation_sees_of_a_vehicle_and_its_company_what_is_open_to_it(shared: Site) -> None:
    """Empoli's plate was at a gate of the manager too: their investigator sees it once an agreement opens that gate."""
    drive(shared, "porta-nord", "ponte", plate=THEIR_PLATE)
    drive(shared, "porta-nord", "ponte", plate=OTHER)
    client = guest(shared, Role.INVESTIGATOR)
    address = opened(shared, client, plate=THEIR_PLATE)
    assert "Porta Nord" not in client.get(address).text
    assert OTHER not in client.get(f"{address}/together?gates=1").text
    with shared.database.transaction() as conn:
        today = shared.clock.now().astimezone(shared.settings.zone).date()
        agree(conn, today, Action.SEARCH, gates={"porta-nord", "ponte"})
    assert "Porta Nord" in client.get(address).text
    assert OTHER in client.get(f"{address}/together").text


def test_kind_reason_and_case_are_chosen_once_for_searches_vehicles_and_cross_searches(placed: Site) -> None:
    first, second = drive(placed, "ponte", "campi", every=timedelta(hours=1))
    client = placed.client(Role.INVESTIGATOR)
    searched(placed, client, plate=WANTED, case="12/26")
    for path in (f"/vehicle?transit={first.id}", "/vehicle/cross"):
        form = client.get(path).text
        assert f"<option selected>{SEARCH_KIND}</option>" in form, path
        assert f'value="{REASON}"' in form, path
        assert 'value="12/26"' in form, path
    fields = {**around(placed, first, 0), **around(placed, second, 1)}
    answer = placed.post(client, "/vehicle/cross", "/vehicle/cross", reason="altra rapina", case="13/26", **fields)
    html = client.get(answer.headers["location"]).text
    assert f"<b>{SEARCH_KIND}</b>" in html
    assert f'name="kind" value="{SEARCH_KIND}"' in html, "carried to the vehicles that it found"
    row = next(row.event for row in placed.audit() if row.event.action is AuditAction.CROSS_SEARCHED)
    assert row.detail["reason_kind"] == SEARCH_KIND
    assert 'value="altra rapina"' in client.get("/search").text, "and back to the search"
    address = opened(placed, client, case="13/26")
    assert f"<b>{SEARCH_KIND}</b>" in client.get(address).text


@pytest.mark.parametrize("path", ["/vehicle", "/vehicle/cross"])
def test_without_a_kind_or_for_an_ended_investigation_nothing_is_asked(placed: Site, path: str) -> None:
    first, second = drive(placed, "ponte", "campi", every=timedelta(hours=1))
    by = Author(name="investigator", at=placed.clock.now())
    with placed.database.transaction() as conn:
        case = open_investigation(conn, "12/2026", "Furti", "", by)
        end_investigation(conn, case.id, by, "archiviato")
    client = placed.client(Role.INVESTIGATOR)
    fields = {"plate": WANTED, "reason": REASON, **around(placed, first, 0), **around(placed, second, 1)}
    answer = placed.post(client, path, path, **{**fields, "kind": "inventato"})
    assert (answer.status_code, "Scegli il tipo di motivo" in answer.text) == (400, True)
    answer = placed.post(client, path, path, **{**fields, "case": " 12/2026 "})
    assert (answer.status_code, "fascicolo è concluso" in answer.text) == (400, True)
    actions = [row.event.action for row in placed.audit()]
    assert actions.count(AuditAction.SEARCH_REFUSED) == 2
    assert not {AuditAction.SEARCH, AuditAction.CROSS_SEARCHED} & set(actions)


def test_who_may_not_search_opens_no_vehicle(site: Site) -> None:
    for role in (Role.LIST_MANAGER, Role.AUDITOR, Role.ADMINISTRATOR, Role.DPO):
        for path in ("/vehicle", "/vehicle/1", "/vehicle/1/together", "/vehicle/cross", "/vehicle/cross/1"):
            assert site.client(role).get(path).status_code == 403, (role, path)


def test_what_could_not_be_seen_is_said_on_each_page(placed: Site) -> None:
    transits = drive(placed, "ponte", "campi", every=timedelta(hours=1))
    blind(placed, "ponte", "ponte-1", transits[0].captured_at)
    client = placed.client(Role.INVESTIGATOR)
    address = opened(placed, client)
    fields = {**around(placed, transits[0], 0), **around(placed, transits[1], 1)}
    answer = placed.post(client, "/vehicle/cross", "/vehicle/cross", reason=REASON, **fields)
    for path in (address, f"{address}/together", answer.headers["location"]):
        assert "ponte-1" in section(client.get(path).text, "gaps"), path
