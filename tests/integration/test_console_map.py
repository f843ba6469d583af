# SPDX-License-Identifier: AGPL-3.0-or-later
"""Maps of the console: whose gates and transits they show, what is recorded, the site's own archive of streets."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest

from anpr.domain.access import Role
from anpr.domain.organisation import Action
from anpr.store.audit import AuditAction, AuditEvent
from anpr.store.database.connection import Database
from tests.support.fixtures_console import WANTED, Site
from tests.support.fixtures_organisations import guest
from tests.support.map_site import drive, place_gates, with_map
from tests.support.organisations import GATE, THEIR_PLATE, agree
from tests.support.pmtiles import write_archive


@pytest.fixture
def placed(site: Site) -> Site:
    """The site with gates at their places."""
    place_gates(site)
    return site


def gates_in(html: str) -> list[str]:
    """Ids of the gates in a list beside a map, in its order."""
    return re.findall(r'data-gate="([^"]+)"', html)


def item_of(html: str, gate_id: str) -> str:
    """What the list says of a gate."""
    return html.partition(f'data-gate="{gate_id}"')[2].partition("</li>")[0]


def views_of(site: Site, page: str) -> list[AuditEvent]:
    """What the audit says of looks at this page, the newest first."""
    rows = [row.event for row in site.audit() if row.event.action is AuditAction.TRANSIT_VIEWED]
    return [event for event in rows if event.detail["page" if "page" in event.detail else "via"] == page]


def results(site: Site, client: httpx.Client, **fields: str) -> str:
    """The address of the results of a search."""
    return str(site.post(client, "/search", "/search", reason="controllo di prova", **fields).headers["location"])


def test_each_gate_is_there_with_its_alarms_and_one_without_a_place_is_told(placed: Site) -> None:
    drive(placed, "pistoia", "porta-nord", "porta-nord")
    placed.pass_another(gate_id="porta-nord")
    html = placed.client(Role.OPERATOR).get("/map").text
    assert sorted(gates_in(html)) == ["campi", "empoli-est", "lavoro", "pistoia", "ponte", "porta-nord"]
    assert gates_in(html)[0] == "porta-nord", "most alarms come first"
    assert 'data-alarms="2"' in item_of(html, "porta-nord")
    assert "2 allarmi aperti" in item_of(html, "porta-nord")
    assert "1 allarme aperto" in item_of(html, "pistoia")
    assert '<span class="nowrap">2 allarmi aperti</span>' in html, "one vehicle at two gates is one alarm"
    assert 'data-lat="43.8935" data-lng="11.099"' in item_of(html, "porta-nord")
    assert "non verificabile" in item_of(html, "porta-nord"), "no reader has reported"
    assert "data-lat" not in item_of(html, "lavoro")
    assert "senza posizione" in item_of(html, "lavoro")
    assert "1 varco senza posizione" in html


def test_who_may_see_no_alarms_gets_no_number_of_them(placed: Site) -> None:
    drive(placed, "porta-nord")
    html = placed.client(Role.ADMINISTRATOR).get("/map").text
    assert "Porta Nord" in html
    assert "data-alarms" not in html
    assert "allarm" not in html.partition("</nav>")[2]


def test_the_list_alone_is_the_refresh_and_keeps_no_session_alive(placed: Site) -> None:
    client = placed.client(Role.OPERATOR)
    assert "data-alarms" not in client.get("/map/gates").text
    alarm = placed.alarm_of(drive(placed, "ponte")[0])
    assert 'data-alarms="1"' in item_of(client.get("/map/gates").text, "ponte")
    placed.post(client, f"/alarms/{alarm.id}/close", "/alarms", outcome="other")
    assert "data-alarms" not in client.get("/map/gates").text


def test_a_gate_of_another_organisation_is_not_there(shared: Site) -> None:
    theirs = guest(shared, Role.OPERATOR).get("/map").text
    assert gates_in(theirs) == [GATE.id]
    assert 'data-alarms="1"' in item_of(theirs, GATE.id)
    assert "Porta Nord" not in theirs
    ours = shared.client(Role.OPERATOR).get("/map").text
    assert "data-alarms" not in item_of(ours, GATE.id), "who runs the system sees the gate, and no alarm of theirs"


def test_the_way_of_an_alarm_is_the_plates_hours_before_it(placed: Site) -> None:
    drive(placed, "empoli-est", plate="AB123CD")
    drive(placed, "ponte", "campi", every=timedelta(hours=4))
    last = drive(placed, "pistoia", "lavoro", "porta-nord")[-1]
    alarm = placed.alarm_of(last)
    html = placed.client(Role.OPERATOR).get(f"/alarms/{alarm.id}/way").text
    assert gates_in(html) == ["pistoia", "lavoro", "campi", "porta-nord"], "four hours before is too long ago"
    assert re.findall(r'data-stop="(\d+)"', html) == ["1", "2", "3", "4"]
    assert "1 transito in un varco senza posizione" in html
    assert html.count("questo transito") == 1
    assert "questo transito" in item_of(html, "porta-nord")


def test_a_look_at_the_way_is_recorded_with_its_transits(placed: Site) -> None:
    transits = drive(placed, "pistoia", "porta-nord")
    alarm = placed.alarm_of(transits[-1])
    client = placed.client(Role.INVESTIGATOR)
    for _ in range(2):
        assert client.get(f"/alarms/{alarm.id}/way").status_code == 200
    (event,) = views_of(placed, "alarm-way")
    assert event.actor == "investigator"
    assert event.detail["alarm"] == alarm.id
    assert set(event.detail["transits"]) == {str(transit.id) for transit in transits}


def test_without_an_earlier_transit_the_way_says_so(placed: Site) -> None:
    alarm = placed.alarm_of(drive(placed, "porta-nord")[0])
    html = placed.client(Role.OPERATOR).get(f"/alarms/{alarm.id}/way").text
    assert "Nessun altro transito della stessa targa nelle 3 ore prima" in html
    assert "data-map" not in html


def test_the_hours_of_a_way_are_a_setting(placed: Site, console_database: Database) -> None:
    alarm = placed.alarm_of(drive(placed, "ponte", "porta-nord", every=timedelta(hours=5))[-1])
    with with_map(placed, console_database, way_hours=6) as longer:
        html = longer.client(Role.OPERATOR).get(f"/alarms/{alarm.id}/way").text
    assert gates_in(html) == ["ponte", "porta-nord"]
    assert "6 ore" in html


def test_a_way_ends_where_the_visitors_rights_end(shared: Site) -> None:
    """Empoli's plate passed at a gate of the manager too: their operator sees it once an agreement opens that gate."""
    shared.pass_vehicle(THEIR_PLATE, gate_id="porta-nord")
    alarm = shared.alarm_of(shared.pass_vehicle(THEIR_PLATE, gate_id=GATE.id))
    client = guest(shared, Role.OPERATOR)
    assert gates_in(client.get(f"/alarms/{alarm.id}/way").text) == [GATE.id, GATE.id], "the fixture's, and this one"
    with shared.database.transaction() as conn:
        today = shared.clock.now().astimezone(shared.settings.zone).date()
        agree(conn, today, Action.SEARCH, gates={"porta-nord"})
    assert sorted(gates_in(client.get(f"/alarms/{alarm.id}/way").text)) == ["porta-nord", GATE.id, GATE.id]
    assert shared.client(Role.OPERATOR).get(f"/alarms/{alarm.id}/way").status_code == 404, "another's alarm"


def test_results_of_a_search_are_a_way_and_nothing_new_is_asked(placed: Site) -> None:
    transits = drive(placed, "pistoia", "porta-nord", "pistoia")
    client = placed.client(Role.INVESTIGATOR)
    address = results(placed, client, plate=WANTED)
    assert f"{address}/map" in client.get(address).text
    searches = [row for row in placed.audit() if row.event.action is AuditAction.SEARCH]
    html = client.get(f"{address}/map").text
    assert gates_in(html) == ["pistoia", "porta-nord", "pistoia"]
    assert WANTED in html
    assert [row for row in placed.audit() if row.event.action is AuditAction.SEARCH] == searches
    (event,) = views_of(placed, "search-map")
    assert event.reason == "controllo di prova"
    assert set(event.detail["transits"]) == {str(transit.id) for transit in transits}


def test_of_several_plates_one_is_chosen_by_a_transit(placed: Site) -> None:
    drive(placed, "pistoia", "ponte", plate="AB123CD")
    newest = drive(placed, "campi", plate="AB124CD")[0]
    other = drive(placed, "empoli-est", plate="AB125CD")[0]
    client = placed.client(Role.INVESTIGATOR)
    address = results(placed, client, plate="AB12*")
    assert gates_in(client.get(f"{address}/map").text) == ["empoli-est"], "the newest plate"
    html = client.get(f"{address}/map?of={newest.id}").text
    assert gates_in(html) == ["campi"]
    assert f"of={other.id}" in html
    assert "AB12" not in str(client.get(f"{address}/map").url)


def test_many_plates_unfold_and_each_leads_back_to_the_view_it_was_opened_from(placed: Site) -> None:
    for number in range(8):
        placed.pass_vehicle(f"AB{number:03}CD", with_pictures=False)
    client = placed.client(Role.INVESTIGATOR)
    address = results(placed, client, plate="AB*CD")
    shown = f"{address}?order=plate&view=table"
    assert f'href="{address}/map?order=plate&view=table"' in unescape(client.get(shown).text)
    html = unescape(client.get(f"{address}/map?order=plate&view=table").text)
    assert f'href="{shown}"' in html, "back to the table"
    before, _, folded = html.partition('<details class="map-more"')
    chosen = re.compile(rf'href="{address}/map\?order=plate&view=table&of=[0-9a-f-]{{36}}"')
    assert (len(chosen.findall(before)), len(chosen.findall(folded))) == (5, 3)
    assert "altre 3" in folded
    last = chosen.findall(folded)[-1].removeprefix('href="').removesuffix('"')
    assert '<details class="map-more" open>' in client.get(last).text, "the chosen one is not folded away"


def test_somebody_elses_search_has_no_map(placed: Site) -> None:
    drive(placed, "porta-nord")
    address = results(placed, placed.client(Role.INVESTIGATOR), plate=WANTED)
    assert placed.client(Role.OPERATOR).get(f"{address}/map").status_code == 404


def test_a_transits_page_shows_its_gate_and_one_without_a_place_does_not(placed: Site) -> None:
    client = placed.client(Role.OPERATOR)
    (at_place, nowhere) = drive(placed, "porta-nord", "lavoro")
    assert gates_in(client.get(f"/transits/{at_place.id}").text) == ["porta-nord"]
    assert "data-map" not in client.get(f"/transits/{nowhere.id}").text


def test_without_an_archive_there_is_none(site: Site) -> None:
    assert site.client(Role.OPERATOR).get("/map/town.pmtiles").status_code == 404


def test_the_archive_is_served_in_parts_to_who_is_logged_in(
    placed: Site, console_database: Database, tmp_path: Path
) -> None:
    archive = write_archive(tmp_path / "prato.pmtiles")
    data = archive.read_bytes()
    with with_map(placed, console_database, pmtiles=str(archive), attribution="© prova") as town:
        assert town.stranger().get("/map/town.pmtiles").status_code == 303
        assert town.client(Role.AUDITOR).get("/map/town.pmtiles").status_code == 403
        client = town.client(Role.OPERATOR)
        part = client.get("/map/town.pmtiles", headers={"Range": "bytes=0-126", "Accept-Encoding": "gzip"})
        assert (part.status_code, part.content) == (206, data[:127])
        assert part.headers["content-range"] == f"bytes 0-126/{len(data)}"
        assert part.headers["cache-control"].startswith("private")
        assert "content-encoding" not in part.headers
        whole = client.get("/map/town.pmtiles", headers={"Accept-Encoding": "gzip"})
        assert (whole.content, whole.headers["accept-ranges"]) == (data, "bytes")
        assert "content-encoding" not in whole.headers
        assert client.get("/map/town.pmtiles", headers={"Range": f"bytes={len(data)}-"}).status_code == 416
        html = client.get("/map").text
        assert "© prova" in html
        assert "Natural Earth" not in html
        archive.unlink()
        assert client.get("/map/town.pmtiles").status_code == 404


def test_a_tile_server_is_the_only_other_source_of_images(placed: Site, console_database: Database) -> None:
    assert "https" not in placed.client(Role.OPERATOR).get("/map").headers["content-security-policy"]
    url = "https://tiles.example:8443/{z}/{x}/{y}.png"
    with with_map(placed, console_database, tiles_url=url) as town:
        policy = town.client(Role.OPERATOR).get("/map").headers["content-security-policy"]
    assert "img-src 'self' https://tiles.example:8443" in policy.split("; ")
    assert policy.count("https:") == 1
