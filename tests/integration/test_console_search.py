# SPDX-License-Identifier: AGPL-3.0-or-later
"""The search page: recorded once and shown again, ranges as people write them, many gates."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import httpx
import pytest

from anpr.console.rendering.filters import local_day
from anpr.domain.access import Role
from anpr.domain.gate import Gate, Keep
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.gates import save_gates
from anpr.store.transits.discarded import discard
from anpr.store.transits.rows import insert_transits
from scripts.lab.transits import make_transit
from tests.support.fixtures_console import Site, transit_of_track


def recorded(site: Site) -> list[str]:
    """What was recorded of searches and their results, newest first."""
    of_searches = {AuditAction.SEARCH, AuditAction.TRANSIT_VIEWED}
    return [row.event.action for row in site.audit() if row.event.action in of_searches]


def store(site: Site, *moments: str) -> None:
    """A vehicle passed at these moments (UTC), and everything had arrived before now."""
    transits = [transit_of_track("AB123CD", datetime.fromisoformat(moment))[0] for moment in moments]
    with site.database.transaction() as conn:
        insert_transits(conn, transits, site.clock.now())


def found(page: str) -> list[str]:
    """The times of the transits on a page, without seconds, in its order."""
    times = re.findall(r'<b class="clock">(\d\d:\d\d):\d\d( \S+)?</b>', page)
    return [time + offset for time, offset in times]


def test_a_search_leads_to_an_address_that_shows_it_again_without_another_record(site: Site) -> None:
    site.pass_vehicle("AB123CD")
    client = site.client(Role.INVESTIGATOR)
    answer = site.post(client, "/search", "/search", plate="ab*cd", reason="furto in via Roma", case="1182/26")
    assert answer.status_code == 303
    address = answer.headers["location"]
    assert re.fullmatch(r"/search/\d+", address)
    for _ in range(2):
        page = client.get(address).text
        assert "1 transito trovato" in page
        for text in ('value="AB*CD"', 'value="furto in via Roma"', 'value="1182/26"', "motivo: furto in via Roma"):
            assert text in page, text
        site.clock.ahead += timedelta(hours=1)
    assert recorded(site) == [AuditAction.TRANSIT_VIEWED, AuditAction.SEARCH], "the search, and what it showed, once"
    assert str(site.audit()[1].seq) == address.removeprefix("/search/")
    assert client.get(address).headers["cache-control"] == "private, no-store"


def test_the_script_is_led_to_the_results_too(site: Site) -> None:
    client = site.client(Role.INVESTIGATOR)
    client.headers["HX-Request"] = "true"
    answer = site.post(client, "/search", "/search", plate="AB123CD", reason="furto")
    assert (answer.status_code, answer.text) == (204, "")
    assert "Nessun transito trovato" in client.get(answer.headers["hx-redirect"]).text


def test_only_who_searched_sees_the_results_and_a_later_session_is_recorded(site: Site) -> None:
    transit = site.pass_vehicle("AB123CD")
    client = site.client(Role.INVESTIGATOR)
    address = str(site.search(client, plate="AB123CD", reason="furto").url.path)
    assert site.client(Role.OPERATOR).get(address).status_code == 404
    login = next(row.seq for row in site.audit() if row.event.action is AuditAction.LOGIN)
    for number in (login, 0, 4711, 2**70):
        assert client.get(f"/search/{number}").status_code == 404, number
    again = site.client(Role.INVESTIGATOR)
    for _ in range(2):
        assert "1 transito trovato" in again.get(address).text
    assert recorded(site) == [AuditAction.TRANSIT_VIEWED, AuditAction.TRANSIT_VIEWED, AuditAction.SEARCH]
    viewed = next(row for row in site.audit() if row.event.action is AuditAction.TRANSIT_VIEWED)
    number, shown = int(address.removeprefix("/search/")), [str(transit.id)]
    assert viewed.event.detail == {"page": "search", "search": number, "transits": shown}


@pytest.mark.parametrize("detail", [{}, {"since": "morning"}, {"since": 1}])
def test_a_search_that_cannot_be_read_back_is_not_found(site: Site, detail: dict[str, object]) -> None:
    actor = Role.INVESTIGATOR.value
    event = AuditEvent(actor=actor, action=AuditAction.SEARCH, at=site.clock.now(), detail=detail)
    with site.database.transaction() as conn:
        number = append(conn, event).seq
    client = site.client(Role.INVESTIGATOR)
    assert client.get(f"/search/{number}").status_code == 404
    assert site.post(client, f"/search/{number}/export", "/search").status_code == 404


def test_what_arrives_after_the_search_needs_another_one(site: Site) -> None:
    client = site.client(Role.INVESTIGATOR)
    answer = site.search(client, plate="AB123CD", reason="furto")
    assert "Nessun transito trovato" in answer.text
    site.clock.ahead += timedelta(seconds=1)
    site.pass_vehicle("AB123CD")
    assert "Nessun transito trovato" in client.get(answer.url.path).text
    assert "1 transito trovato" in site.search(client, plate="AB123CD", reason="furto").text


def test_a_search_says_when_some_of_what_it_found_is_deleted(site: Site) -> None:
    transit = site.pass_vehicle("AB123CD")
    site.pass_vehicle("AB123CD")
    client = site.client(Role.INVESTIGATOR)
    answer = site.search(client, plate="AB123CD", reason="furto")
    assert "ancora conservati" not in answer.text
    with site.database.transaction() as conn:
        conn.execute("DELETE FROM transits WHERE id = %s", [transit.id])
    assert "aveva trovato 2 transiti; quelli ancora conservati sono 1" in client.get(answer.url.path).text


def test_the_transit_leads_back_to_the_results_it_was_opened_from(site: Site) -> None:
    transit = site.pass_vehicle("AB123CD")
    client = site.client(Role.INVESTIGATOR)
    answer = site.search(client, plate="AB123CD", reason="furto")
    link = re.search(rf'href="(/transits/{transit.id}\?[^"]+)"', answer.text)
    assert link
    page = client.get(unescape(link[1])).text
    assert f'href="{answer.url.path}#transit-{transit.id}"' in page
    assert f'id="transit-{transit.id}"' in answer.text
    assert 'href="/search/7?page=3#' in client.get(f"/transits/{transit.id}?via=search&search=7&page=3").text
    assert "/search/" not in client.get(f"/transits/{transit.id}").text


@pytest.mark.parametrize("address", ["/search/{}", "/search/{}?page=2", "/transits?gate=ponte", "/search?transit={}"])
def test_the_language_switch_comes_back_to_the_very_page(site: Site, address: str) -> None:
    transit = site.pass_vehicle("AB123CD")
    client = site.client(Role.INVESTIGATOR)
    number = site.search(client, plate="AB123CD", reason="furto").url.path.removeprefix("/search/")
    address = address.format(transit.id if "transit=" in address else number)
    page = client.get(address)
    back = re.search(r'name="back" value="([^"]*)"', page.text)
    assert back
    assert unescape(back[1]) == address
    answer = site.post(client, "/language", "/search", language="en", back=unescape(back[1]))
    english = client.get(answer.headers["location"]).text
    assert '<html lang="en">' in english
    assert ("AB123CD" in english) == ("AB123CD" in page.text)


def test_the_other_transits_of_a_plate_are_asked_for_in_all_that_is_kept(site: Site) -> None:
    transit = site.pass_vehicle("AB123CD")
    client = site.client(Role.OPERATOR)
    assert f'href="/search?transit={transit.id}"' in client.get(f"/transits/{transit.id}").text
    page = client.get(f"/search?transit={transit.id}").text
    assert 'value="AB123CD"' in page
    days = site.settings.retention.transit_days
    oldest = local_day(site.clock.now() - timedelta(days=days), site.settings.zone)
    assert f'name="since" value="{oldest}"' in page
    assert f"si conservano {days} giorni: si cercano dal {oldest} in poi" in page
    assert AuditAction.SEARCH not in recorded(site)
    assert client.get("/search?transit=01a20618-729e-7790-84c3-387f00c813b0").status_code == 404


AUTUMN = ("2026-10-25T00:10:00Z", "2026-10-25T00:40:00Z", "2026-10-25T01:10:00Z", "2026-10-25T01:40:00Z")


@pytest.mark.parametrize(
    ("since", "until", "times"),
    [
        ("25/10/2026 02:00", "25/10/2026 02:45", ["02:40 +01:00", "02:10 +01:00", "02:40 +02:00", "02:10 +02:00"]),
        ("2026-10-25T02:30", "2026-10-25T02:59", ["02:40 +01:00", "02:10 +01:00", "02:40 +02:00"]),
        ("25/10/2026 02:00 +01:00", "25/10/2026 02:30 +01:00", ["02:10 +01:00"]),
        ("25/10/2026", "25/10/2026", ["02:40 +01:00", "02:10 +01:00", "02:40 +02:00", "02:10 +02:00"]),
        ("24/10/2026", "24/10/2026", []),
    ],
)
def test_a_search_in_the_night_the_clocks_go_back_loses_nothing(
    site: Site, since: str, until: str, times: list[str]
) -> None:
    site.clock.ahead = datetime(2026, 10, 26, 12, 0, tzinfo=UTC) - site.clock.now()
    store(site, *AUTUMN)
    answer = site.search(site.client(Role.INVESTIGATOR), plate="AB123CD", reason="furto", since=since, until=until)
    assert found(answer.text) == times


def test_a_search_in_the_hour_that_is_left_out_in_spring_is_made(site: Site) -> None:
    site.clock.ahead = datetime(2026, 3, 29, 12, 0, tzinfo=UTC) - site.clock.now()
    store(site, "2026-03-29T00:50:00Z", "2026-03-29T01:10:00Z", "2026-03-29T01:20:00Z")
    fields = {"since": "29/03/2026 02:30", "until": "29/03/2026 03:15"}
    answer = site.search(site.client(Role.INVESTIGATOR), plate="AB123CD", reason="furto", **fields)
    assert found(answer.text) == ["03:10"]
    assert 'name="since" value="29/03/2026 03:00"' in answer.text


def test_a_day_is_shown_as_it_was_asked(site: Site) -> None:
    store(site, "2026-11-20T22:59:00Z", "2026-11-20T23:00:00Z", "2026-11-21T22:59:00Z", "2026-11-21T23:00:00Z")
    fields = {"since": "21/11/2026", "until": "2026-11-21"}
    answer = site.search(site.client(Role.INVESTIGATOR), plate="AB123CD", reason="furto", **fields)
    assert found(answer.text) == ["23:59", "00:00"]
    for text in ('name="since" value="21/11/2026"', 'name="until" value="21/11/2026"', "dal 21/11/2026 al 21/11/2026"):
        assert text in answer.text


def test_a_search_says_where_transits_without_a_hit_are_not_kept(site: Site) -> None:
    now = site.clock.now()
    gate = Gate(id="checks", name="Via Roma", purpose="assicurazione", legal_basis="delibera", keep=Keep.HITS)
    with site.database.transaction() as conn:
        save_gates(conn, [gate])
        discard(conn, [make_transit(n, gate_id="checks", captured_at=now - timedelta(hours=1)) for n in range(3)])
    client = site.client(Role.INVESTIGATOR)
    told = "Via Roma: transiti non conservati nelle ore cercate: 3"
    for gates in ([], ["checks"]):
        answer: httpx.Response = site.search(client, plate="AB123CD", reason="furto", gates=gates)
        assert told in answer.text
        assert "Un veicolo che qui non risulta può essere passato." in answer.text
    elsewhere: httpx.Response = site.search(client, plate="AB123CD", reason="furto", gates=["gate-1"])
    assert "Via Roma: " not in elsewhere.text
    with site.database.transaction() as conn:
        save_gates(conn, [replace(gate, keep=Keep.ALL)])
    again: httpx.Response = site.search(client, plate="AB123CD", reason="furto")
    assert told in again.text, "the gate kept hits only then, whatever it keeps now"
    status = site.client(Role.ADMINISTRATOR).get("/status").text
    assert "contati e non conservati nelle ultime 24 ore: 3" in status
    row = status.partition("Via Roma")[2].partition("</tr>")[0]
    assert "mai attivo" not in row, "a gate whose transits match no list is not silent"


def many_gates(site: Site, number: int) -> None:
    names = {f"varco-{n}": f"Varco {n}" for n in range(1, number + 1)}
    gates = [Gate(id=key, name=name, purpose="sicurezza", legal_basis="patto") for key, name in names.items()]
    with site.database.transaction() as conn:
        save_gates(conn, gates)


def test_many_gates_are_in_natural_order_and_folded_away(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    assert '<details class="choice"' not in client.get("/search").text
    many_gates(site, 88)
    page = client.get("/search").text
    assert page.count('type="checkbox" name="gates"') == 90
    assert "Tutti i varchi (90)" in page
    shown = re.findall(r"<span>(Varco \d+)</span>", page)
    assert shown == [f"Varco {n}" for n in range(1, 89)]
    options = re.findall(r">(Varco \d+)</option>", client.get("/transits").text)
    assert options == shown
    answer: httpx.Response = site.search(client, plate="AB123CD", reason="furto", gates=["varco-10", "varco-2"])
    assert "2 varchi scelti su 90" in answer.text
    assert "Varco 10, Varco 2" in answer.text
