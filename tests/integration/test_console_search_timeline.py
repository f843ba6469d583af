# SPDX-License-Identifier: AGPL-3.0-or-later
"""Results of a search on a timeline: lanes, density, what no gate saw, zoom, what is recorded."""

import re
from datetime import timedelta
from html import unescape

import httpx
import pytest

from anpr.console.pages.search import timeline, timeline_lanes
from anpr.domain.access import Role
from anpr.domain.health import Change, HealthReport, SubjectKind
from anpr.store.audit import AuditAction, AuditEvent
from anpr.store.health.record import record_health
from tests.support.fixtures_console import Site
from tests.support.map_site import drive, place_gates


@pytest.fixture
def placed(site: Site) -> Site:
    """The site with gates at their places."""
    place_gates(site)
    return site


def results(site: Site, client: httpx.Client, **fields: object) -> str:
    return site.search(client, **{"reason": "furto in via Roma", **fields}).url.path


def looks(site: Site) -> list[AuditEvent]:
    rows = [row.event for row in site.audit() if row.event.action is AuditAction.TRANSIT_VIEWED]
    return [event for event in rows if event.detail.get("page") == "search-timeline"]


def lanes_in(html: str) -> list[str]:
    return re.findall(r'role="group" aria-label="([^"]+)" height', html)


def test_each_gate_has_a_lane_and_each_transit_a_link(placed: Site) -> None:
    transits = drive(placed, "pistoia", "ponte", "pistoia")
    client = placed.client(Role.INVESTIGATOR)
    address = results(placed, client, plate=transits[0].plate)
    assert f"{address}/timeline" in client.get(address).text
    html = client.get(f"{address}/timeline").text
    assert lanes_in(html) == ["Pistoia casello: 2 transiti", "Ponte vecchio: 1 transito"]
    for transit in transits:
        assert html.count(f'href="/transits/{transit.id}?') == 2, "in its lane, and in the table"
    (event,) = looks(placed)
    assert event.reason == "furto in via Roma"
    assert set(event.detail["transits"]) == {str(transit.id) for transit in transits}
    searches = [row for row in placed.audit() if row.event.action is AuditAction.SEARCH]
    assert len(searches) == 1, "nothing new is asked"


def test_many_are_bars_that_lead_to_their_time_and_show_no_transit(
    placed: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline_lanes, "MOST_MARKS", 2)
    drive(placed, "pistoia", "ponte", "pistoia", "pistoia", every=timedelta(hours=3))
    client = placed.client(Role.INVESTIGATOR)
    address = results(placed, client, gates=["pistoia", "ponte"])
    html = client.get(f"{address}/timeline").text
    assert "timeline-bar" in html
    assert "timeline-mark" not in html
    assert not re.search(r"/transits/[0-9a-f-]{36}", html)
    assert looks(placed)[0].detail["transits"] == []
    closer = unescape(re.findall(r'<a href="(/search/\d+/timeline\?[^"]+)" tabindex', html)[0])
    inside = client.get(closer).text
    assert "1 transito" in inside
    assert "timeline-mark" in inside
    assert "Tutto il periodo" in inside


def test_one_lane_for_each_plate_where_there_are_few(placed: Site) -> None:
    drive(placed, "pistoia", plate="AB123CD")
    drive(placed, "ponte", plate="AB124CD")
    client = placed.client(Role.INVESTIGATOR)
    address = results(placed, client, plate="AB12*")
    assert "?by=plate" in client.get(f"{address}/timeline").text
    html = client.get(f"{address}/timeline?by=plate").text
    assert lanes_in(html) == ["AB123CD: 1 transito", "AB124CD: 1 transito"]
    assert "un varco non vedeva" in html


def test_hours_in_which_a_gate_saw_nothing_are_hatched_and_told_in_the_table(placed: Site) -> None:
    now = placed.clock.now()
    changes = [("up", 20), ("down", 8), ("up", 4)]
    report = HealthReport(
        kind=SubjectKind.CAMERA,
        id="ponte-1",
        reader_id="reader-1",
        gate_ids=("ponte",),
        at=now,
        changes=tuple(Change(state=state, since=now - timedelta(hours=hours)) for state, hours in changes),
    )
    with placed.database.transaction() as conn:
        record_health(conn, [report], now)
    drive(placed, "pistoia")
    client = placed.client(Role.INVESTIGATOR)
    html = client.get(f"{results(placed, client, plate='FX427KB')}/timeline").text
    assert lanes_in(html)[-1] == "Ponte vecchio: 0 transiti", "a blind gate has a lane though nothing passed"
    assert "gap-blind" in html
    assert "il varco non vedeva" in html


def test_a_cut_is_told_and_nothing_is_said_of_the_time_before(placed: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline, "MAX_LIMIT", 2)
    drive(placed, "pistoia", "ponte", "pistoia", every=timedelta(hours=1))
    client = placed.client(Role.INVESTIGATOR)
    html = client.get(f"{results(placed, client, plate='FX427KB')}/timeline").text
    assert "Sono mostrati i 2 transiti più recenti" in html
    before = unescape(re.findall(r'href="(/search/\d+/timeline\?[^"]+)">← Prima', html)[0])
    assert client.get(before).status_code == 200


def test_more_lanes_than_fit_are_told(placed: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeline_lanes, "MOST_LANES", 1)
    drive(placed, "pistoia", "pistoia", "ponte")
    client = placed.client(Role.INVESTIGATOR)
    html = client.get(f"{results(placed, client, plate='FX427KB')}/timeline").text
    assert lanes_in(html) == ["Pistoia casello: 2 transiti"]
    assert "altra riga non è mostrata: sono al massimo" in html


def test_only_the_one_who_searched_sees_it_and_odd_times_are_refused(placed: Site) -> None:
    drive(placed, "pistoia")
    client = placed.client(Role.INVESTIGATOR)
    address = results(placed, client, plate="FX427KB")
    assert placed.client(Role.OPERATOR).get(f"{address}/timeline").status_code == 404
    for odd in ("since=5&until=5", "since=1&until=2"):
        assert client.get(f"{address}/timeline?{odd}").status_code == 404, odd
    for odd in ("since=-1", "since=99999999999999", "since=x", "by=camera"):
        assert client.get(f"{address}/timeline?{odd}").status_code in {400, 422}, odd
