# SPDX-License-Identifier: AGPL-3.0-or-later
"""The pages: what they show, what they record, and how they fail."""

import re
import zlib
from dataclasses import replace
from datetime import date, datetime, timedelta
from html import unescape
from pathlib import Path

import httpx
import pytest

import anpr
from anpr.console.app import create_app
from anpr.console.rendering.filters import local_moment, short_moment
from anpr.contract.parsing import sha256_of
from anpr.domain.access import Role
from anpr.domain.alarm import Alarm, AlarmOutcome, AlarmState
from anpr.domain.delivery import RunKind, RunOutcome
from anpr.domain.errors import PoisonReason
from anpr.domain.gate import Gate
from anpr.domain.health import Change, HealthReport, SubjectKind
from anpr.domain.hold import Hold
from anpr.domain.signature import Signature
from anpr.domain.transit import ImageRole, Transit
from anpr.domain.watchlist import Entry, Match, Priority, Watchlist
from anpr.store.alarms.handling import acknowledge
from anpr.store.alarms.raising import raise_alarms
from anpr.store.alarms.rows import list_sightings
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.dead_letters import DeadLetter, record_dead_letters
from anpr.store.forwarding.runs import ForwardRun, finish_run, start_run
from anpr.store.gates import save_gates
from anpr.store.health.clocks import record_clocks
from anpr.store.health.record import mark_offline, record_health, record_heartbeats
from anpr.store.holds import add_hold
from anpr.store.images.image_store import ImageStore
from anpr.store.refused_senders import LetterLimits
from anpr.store.retention_guard import note_refusal
from anpr.store.transits.rows import get_transit, insert_transits
from anpr.store.watchlists.entries import NewEntry, add_entry
from anpr.store.watchlists.lists import save_watchlist
from tests.support.fixtures_console import WANTED, MovableClock, Site, serving, token_in, transit_of_track
from tests.support.waiting import eventually

CARDS = "/alarms?view=cards"


def test_an_alarm_is_shown_taken_and_closed(site: Site) -> None:
    alarm = site.alarm_of(site.pass_vehicle(WANTED))
    client = site.client(Role.OPERATOR)
    page = client.get(CARDS).text
    for text in (WANTED, "Rubata a Prato", "A1 Veicoli rubati", "Porta Nord", "Priorità alta", "97 %"):
        assert text in page, text
    htmx = {"HX-Request": "true"}
    client.headers.update(htmx)
    card = site.post(client, f"/alarms/{alarm.id}/acknowledge", "/alarms")
    assert card.status_code == 200
    assert "In carico a operator" in card.text
    assert "<html" not in card.text
    closed = site.post(client, f"/alarms/{alarm.id}/close", "/alarms", outcome="stopped", note="fermato in via Roma")
    assert "Veicolo fermato" in closed.text
    stored = site.alarm_of(transit_of(site, alarm))
    assert (stored.state, stored.outcome, stored.closed_by, stored.note) == (
        AlarmState.CLOSED,
        AlarmOutcome.STOPPED,
        "operator",
        "fermato in via Roma",
    )
    actions = [row.event.action for row in site.audit()]
    assert actions[:3] == [AuditAction.ALARM_CLOSED, AuditAction.ALARM_ACKNOWLEDGED, AuditAction.TRANSIT_VIEWED]
    assert "fermato in via Roma" in client.get("/archive").text
    assert WANTED not in client.get(CARDS).text


def test_alarms_from_the_past_are_shown_apart_and_marked(site: Site) -> None:
    now = site.alarm_of(site.pass_vehicle(WANTED))
    past = site.pass_before_it_is_listed("ZZ999ZZ")
    page = site.client(Role.OPERATOR).get(CARDS).text
    live, _, apart = page.partition('id="alarms"')[2].partition('id="past-alarms"')
    assert f'id="alarm-{now.id}"' in live
    assert f'id="alarm-{past.id}"' in apart
    assert "Dal passato" in apart
    assert "Dal passato" not in live
    assert 'id="tally" data-count="1"' in page, "what is to be taken now is counted without it"
    english = site.client(Role.OPERATOR)
    english.post("/language", data={"form_token": token_in(english.get(CARDS).text), "language": "en", "back": "/"})
    assert "From the past" in english.get(CARDS).text


def transit_of(site: Site, alarm: Alarm) -> Transit:
    with site.database.transaction() as conn:
        stored = get_transit(conn, list_sightings(conn, alarm.id)[0].transit_id)
    assert stored
    return stored.transit


def test_without_scripts_taking_an_alarm_leads_back_to_the_page(site: Site) -> None:
    alarm = site.alarm_of(site.pass_vehicle(WANTED))
    answer = site.post(site.client(Role.OPERATOR), f"/alarms/{alarm.id}/acknowledge", "/alarms")
    assert (answer.status_code, answer.headers["location"]) == (303, "/alarms")


def test_who_comes_second_is_told(site: Site) -> None:
    alarm = site.alarm_of(site.pass_vehicle(WANTED))
    first, second = site.client(Role.OPERATOR), site.client(Role.OPERATOR)
    site.post(first, f"/alarms/{alarm.id}/close", "/alarms", outcome="other")
    second.headers["HX-Request"] = "true"
    answer = site.post(second, f"/alarms/{alarm.id}/close", "/alarms", outcome="stopped")
    assert "Un altro operatore" in answer.text
    assert site.alarm_of(transit_of(site, alarm)).outcome is AlarmOutcome.OTHER


def fill_board(site: Site, low: int) -> list[Alarm]:
    """An old alarm of high priority, then so many low ones, without images."""
    site.pass_vehicle(WANTED, with_pictures=False)
    low_list = Watchlist(id="a2", name="A2 Senza revisione", priority=Priority.LOW, purpose="p", legal_basis="l")
    at = site.clock.now()
    hits = []
    for number in range(low):
        transit, _ = transit_of_track(f"NO{number:04}RV", at)
        entry = Entry(id=1000 + number, watchlist_id="a2", plate=transit.plate, reason="revisione da verificare")
        hits.append((transit, Match(entry=entry, probability=1.0), low_list))
    with site.database.transaction() as conn:
        save_watchlist(conn, low_list)
        insert_transits(conn, [transit for transit, _, _ in hits], at)
        return list(raise_alarms(conn, hits, at).alarms)


def alarms_in(html: str) -> list[int]:
    """The ids of the cards of a page, in their order."""
    return [int(number) for number in re.findall(r'<article[^>]* data-alarm="(\d+)"', html)]


def walk(client: httpx.Client, address: str) -> list[int]:
    """The ids of a page and of those after it."""
    ids: list[int] = []
    while address:
        page = client.get(address).text
        ids += alarms_in(page)
        more = re.search(r'class="more-alarms"[^>]*><a[^>]* href="([^"]+)"', page.partition('id="past"')[0])
        address = unescape(more[1]) if more else ""
    return ids


def test_no_open_alarm_is_out_of_reach_and_the_urgent_one_is_on_top_however_old(site: Site) -> None:
    low = fill_board(site, 230)
    client = site.client(Role.OPERATOR)
    page = client.get(CARDS).text
    assert f">{WANTED}<" in page.partition("</article>")[0], "the oldest of 231 is the high one"
    assert 'id="tally" data-count="231"' in page
    for alarm in low:
        with site.database.transaction() as conn:
            acknowledge(conn, alarm.id, "another", site.clock.now())
    page = client.get(CARDS).text
    assert f">{WANTED}<" in page.partition("</article>")[0]
    assert 'id="tally" data-count="1"' in page
    ids = walk(client, CARDS)
    assert len(ids) == len(set(ids)) == 231
    assert walk(client, "/alarms?view=cards&list=a2") == [alarm.id for alarm in reversed(low)]
    assert len(walk(client, "/alarms?view=cards&priority=high&list=")) == 1


def test_closed_alarms_have_one_page(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    answer = client.get("/alarms/closed?list=a1&priority=high")
    assert (answer.status_code, answer.headers["location"]) == (308, "/archive?list=a1&priority=high")
    assert '<a href="/archive">' in client.get("/alarms").text
    assert '<a href="/archive" aria-current="page">' in client.get("/archive").text


def test_no_alarm_from_the_past_is_out_of_reach(site: Site) -> None:
    past = [site.pass_before_it_is_listed(f"ZZ{number:03}ZZ").id for number in range(60)]
    client = site.client(Role.OPERATOR)
    assert walk(client, "/alarms/past") == past[::-1]
    assert len(re.findall("Dal passato</span>", client.get(CARDS).text)) == 50


def test_an_alarm_that_somebody_comes_back_to_is_on_the_page_in_any_case(site: Site) -> None:
    low = fill_board(site, 60)
    client = site.client(Role.OPERATOR)
    oldest = low[0].id
    assert oldest not in alarms_in(client.get(CARDS).text)
    assert alarms_in(client.get(f"/alarms?view=cards&alarm={oldest}").text)[0] == oldest


def test_a_script_gets_the_next_cards_alone_and_those_that_changed(site: Site) -> None:
    low = fill_board(site, 60)
    client = site.client(Role.OPERATOR)
    more = re.search(r'hx-get="(/alarms\?[^"]+)"', client.get(CARDS).text)
    assert more
    cards = client.get(unescape(more[1])).text
    assert "<html" not in cards
    assert len(alarms_in(cards)) == 11
    with site.database.transaction() as conn:
        acknowledge(conn, low[3].id, "another", site.clock.now())
    known = ",".join(f"{alarm.id}-{alarm.version}" for alarm in low)
    changed = client.get("/alarms/cards", params={"known": known}).text
    assert alarms_in(changed) == [low[3].id]
    assert "In carico a another" in changed


def test_the_board_of_a_crowded_room_is_small_on_the_wire(site: Site) -> None:
    fill_board(site, 640)
    client = site.client(Role.OPERATOR)
    with client.stream("GET", CARDS, headers={"Accept-Encoding": "gzip"}) as answer:
        assert answer.headers["content-encoding"] == "gzip"
        assert sum(map(len, answer.iter_raw())) < 60_000


def test_what_another_site_asks_for_is_not_compressed(site: Site) -> None:
    """Against BREACH: who can have a browser ask for our pages must not learn from their lengths."""
    site.pass_vehicle(WANTED)
    client = site.client(Role.OPERATOR)
    for origin, encoding in (("cross-site", None), ("same-site", None), ("same-origin", "gzip"), ("none", "gzip")):
        answer = client.get(CARDS, headers={"Accept-Encoding": "gzip", "Sec-Fetch-Site": origin})
        assert answer.headers.get("content-encoding") == encoding, origin
    assert len({token_in(client.get(CARDS).text) for _ in range(5)}) == 5, "and the token is another one each time"


def test_a_transit_opened_from_an_alarm_leads_back_to_it_and_can_be_handled_there(site: Site) -> None:
    alarm = site.alarm_of(site.pass_vehicle(WANTED))
    client = site.client(Role.OPERATOR)
    address = re.search(r'data-transit href="([^"]+)"', client.get(CARDS).text)
    assert address
    here = unescape(address[1])
    page = client.get(here).text
    assert re.search(r'<a href="/alarms" aria-current="page">', page)
    assert f'href="/alarms?alarm={alarm.id}#alarm-{alarm.id}"' in page
    for what, fields in (("acknowledge", {}), ("close", {"outcome": "stopped", "note": "al ponte"})):
        answer = site.post(client, f"/alarms/{alarm.id}/{what}", here, back=here, **fields)
        assert answer.headers["location"] == here, "without scripts too one stays there"
    assert "al ponte" in client.get(here).text
    assert re.search(
        r'<a href="/transits" aria-current="page">', client.get(f"/transits/{transit_of(site, alarm).id}").text
    )


def test_a_long_reason_is_cut_with_a_way_to_see_it_all(site: Site) -> None:
    with site.database.transaction() as conn:
        add_entry(conn, "a1", NewEntry(plate="LU000NG", reason="molto " * 80))
    site.pass_vehicle("LU000NG")
    site.pass_vehicle(WANTED)
    page = site.client(Role.OPERATOR).get(CARDS).text
    assert page.count('<details class="alarm-reason">') == 1
    assert '<p class="alarm-reason">Rubata a Prato</p>' in page


def test_every_page_says_how_many_alarms_wait(site: Site) -> None:
    site.pass_vehicle(WANTED)
    client = site.client(Role.OPERATOR)

    def badge(path: str) -> str:
        found = re.search(r'id="badge" data-count="(\d+)"', client.get(path).text)
        return found[1] if found else ""

    eventually(lambda: badge("/search") == "1")
    assert badge("/transits") == "1"
    assert 'id="badge"' not in site.client(Role.AUDITOR).get("/audit").text


def test_who_may_take_no_alarm_reads_the_board_and_is_not_called(site: Site) -> None:
    site.pass_vehicle(WANTED)
    client = site.client(Role.INVESTIGATOR)
    for path in ("/alarms?view=rows", "/alarms?view=cards", "/alarms?view=wall", "/search"):
        page = client.get(path).text
        parts = ('id="badge"', 'id="tally"', 'id="sound"', 'id="audio-off"', 'id="new-alarm"', "Da prendere in carico")
        for part in parts:
            assert part not in page, (path, part)
    page = client.get(CARDS).text
    assert WANTED in page
    assert "Prendi in carico" not in page
    assert 'data-tally="open" data-zero="0">1<' in page
    assert client.get("/archive").status_code == 200
    assert 'id="sound"' in site.client(Role.OPERATOR).get(CARDS).text


def test_alarms_and_transits_that_do_not_exist_are_not_found(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    assert site.post(client, "/alarms/4711/acknowledge", "/alarms").status_code == 404
    for path in ("/transits/01a20618-729e-7790-84c3-387f00c813b0", "/transits/not-an-id", "/nothing"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "Pagina non trovata" in answer.text


def test_the_latest_transits_are_shown_newest_first_and_by_gate(site: Site) -> None:
    site.pass_vehicle("AA111AA")
    at_the_bridge = site.pass_vehicle("BB222BB", gate_id="ponte")
    site.pass_vehicle("CC333CC")
    client = site.client(Role.OPERATOR)
    page = client.get("/transits").text
    assert page.index("CC333CC") < page.index("BB222BB") < page.index("AA111AA")
    only = client.get("/transits/rows", params={"gate": "ponte"}).text
    assert "BB222BB" not in client.get("/transits", params={"gate": "porta-nord"}).text
    assert "BB222BB" in only
    assert "AA111AA" not in only
    assert "<html" not in only
    assert '<div class="empty"><h2>Nessun transito' in client.get("/transits", params={"gate": "no-such"}).text
    client.get("/transits/rows", params={"gate": "ponte"})
    shown = [row.event.detail.get("gate") for row in site.audit() if row.event.detail.get("page") == "latest"]
    assert shown == ["no-such", "porta-nord", "ponte", None], (
        "each gate is one consultation, its refresh is the same one"
    )
    site.clock.ahead += timedelta(minutes=15)
    client.get("/transits/rows", params={"gate": "ponte"})
    shown_again = {"page": "latest", "gate": "ponte", "transits": [str(at_the_bridge.id)]}
    assert site.audit()[0].event.detail == shown_again


def test_a_refresh_sends_only_what_the_page_does_not_have(site: Site) -> None:
    first, second = site.pass_vehicle("AA111AA"), site.pass_vehicle("BB222BB")
    client = site.client(Role.OPERATOR)
    assert client.get("/transits/rows", params={"have": [str(first.id), str(second.id)]}).status_code == 204
    late, _ = transit_of_track("CC333CC", first.captured_at - timedelta(hours=1))  # it was captured before them
    with site.database.transaction() as conn:
        insert_transits(conn, [late], site.clock.now())
    answer = client.get("/transits/rows", params={"have": [str(first.id), str(second.id)]})
    assert re.findall(r'id="transit-([0-9a-f-]+)"', answer.text) == [str(late.id)]
    assert client.get("/transits/rows", params={"have": "not-an-id"}).status_code == 400


def test_a_transit_is_shown_with_its_plate_framed_and_the_look_is_recorded(site: Site) -> None:
    transit = site.pass_vehicle(WANTED)
    client = site.client(Role.OPERATOR)
    page = client.get(f"/transits/{transit.id}", params={"via": "alarm"}).text
    assert 'viewBox="0 0 640 360"' in page
    assert page.count('x="260.0" y="220.0" width="120.0" height="28.0"') == 2
    local = transit.captured_at.astimezone(site.settings.zone)
    assert f"{local:%d/%m/%Y %H:%M:%S}" in page
    assert f"{transit.captured_at:%Y-%m-%d %H:%M:%S}" in page
    assert "FX427KX" in page, "the other candidate"
    row = site.audit()[0].event
    assert (row.actor, row.action) == ("operator", AuditAction.TRANSIT_VIEWED)
    assert row.detail == {"transit": str(transit.id), "via": "alarm"}


def test_a_transit_whose_pictures_have_not_arrived_is_shown_without(site: Site) -> None:
    transit = site.pass_vehicle(WANTED, with_pictures=False)
    client = site.client(Role.OPERATOR)
    page = client.get(f"/transits/{transit.id}").text
    assert '<svg class="scene"' not in page
    assert client.get(f"/transits/{transit.id}/images/plate").status_code == 404


def test_pictures_come_as_stored_and_are_kept_by_nobody(site: Site) -> None:
    transit = site.pass_vehicle("AB123CD")
    client = site.client(Role.INVESTIGATOR)
    for image in transit.images:
        answer = client.get(f"/transits/{transit.id}/images/{image.role}")
        assert sha256_of(answer.content) == image.sha256
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.get(f"/transits/{transit.id}/images/video").status_code == 404


def test_a_search_is_recorded_with_its_reason_before_it_answers(site: Site) -> None:
    site.pass_vehicle("AB123CD")
    site.pass_vehicle("AB999ZZ")
    client = site.client(Role.INVESTIGATOR)
    page = site.search(client, plate="ab?23*", reason="furto in via Roma", case="1182/26").text
    assert "1 transito trovato" in page
    assert "AB123CD" in page
    assert "AB999ZZ" not in page
    event = site.audit()[1].event
    assert (event.action, event.actor) == (AuditAction.SEARCH, "investigator")
    assert (event.reason, event.case_reference) == ("furto in via Roma", "1182/26")
    assert event.detail["found"] == 1


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"plate": "AB123CD", "reason": " "}, "Scrivi il motivo"),
        ({"plate": "*", "reason": "furto"}, "Servono almeno 2 lettere o cifre"),
        ({"plate": "", "reason": "furto"}, "Scrivi una targa"),
        ({"plate": "A" * 17, "reason": "furto"}, "Al massimo 16 lettere o cifre"),
        ({"plate": "АВ123СД", "reason": "furto"}, "«А» è una lettera cirillica (U+0410)"),
        ({"plate": "AB123Χ", "reason": "furto"}, "«Χ» è una lettera greca (U+03A7)"),
        ({"plate": "AB%123", "reason": "furto"}, "Il carattere «%» (U+0025) non sta in una targa"),
        ({"plate": "AB123\u0301", "reason": "furto"}, "Il carattere «◌\u0301» (U+0301)"),
        ({"plate": "AB123CD", "reason": "furto", "since": "ieri"}, "Data e ora non valide"),
        ({"plate": "AB123CD", "reason": "furto", "since": "2026-11-02T10:00", "until": "2026-11-01T10:00"}, "La fine"),
        (
            {"plate": "AB123CD", "reason": "furto", "since": "0001-01-01T00:00"},
            "L&#39;anno va scritto con quattro cifre",
        ),
        ({"plate": "AB123CD", "reason": "furto", "since": "21/11/26"}, "L&#39;anno va scritto con quattro cifre"),
        ({"plate": "AB123CD", "reason": "furto", "until": "9999-12-31T23:59-05:00"}, "L&#39;anno va scritto"),
    ],
)
def test_a_search_that_cannot_be_made_says_why_and_finds_nothing(
    site: Site, fields: dict[str, str], fault: str
) -> None:
    site.pass_vehicle("AB123CD")
    client = site.client(Role.INVESTIGATOR)
    answer = site.search(client, **fields)
    assert answer.status_code == 400
    assert fault in answer.text
    assert "/images/" not in answer.text
    assert AuditAction.SEARCH not in [row.event.action for row in site.audit()]


def test_look_alikes_and_gates_narrow_a_search(site: Site) -> None:
    site.pass_vehicle("A8123CD")
    site.pass_vehicle("AB123CD", gate_id="ponte")
    client = site.client(Role.OPERATOR)
    query = {"plate": "AB123CD", "reason": "furto"}
    assert "A8123CD" not in site.search(client, **query).text
    both = site.search(client, **query, look_alike="true").text
    assert "2 transiti trovati" in both
    one = site.search(client, **query, look_alike="true", gates="porta-nord").text
    assert "A8123CD" in one
    assert "1 transito trovato" in one


def test_many_results_come_in_pages_and_none_is_lost_between_them(site: Site) -> None:
    at = site.clock.now()
    # Most of them captured at one moment: each page's border falls among them.
    transits = [transit_of_track("AB123CD", at - timedelta(seconds=max(0, 10 - n)))[0] for n in range(120)]
    with site.database.transaction() as conn:
        insert_transits(conn, transits, at)
    ids = {str(transit.id) for transit in transits}
    client = site.client(Role.INVESTIGATOR)
    page = site.search(client, plate="AB123CD", reason="furto").text
    assert "120 transiti trovati" in page
    assert "mostrati da 1 a 50" in page
    seen: list[str] = []
    for _ in range(3):
        seen += re.findall(r'id="transit-([0-9a-f-]+)"', page)
        older = re.search(r'rel="next" href="(/search/\d+\?page=\d[^"]*)"', page)
        if older:
            page = client.get(unescape(older[1])).text
    assert len(seen) == len(set(seen)) == 120
    assert set(seen) == ids
    assert 'rel="next"' not in page
    assert 'rel="prev"' in page
    recorded = [row.event for row in site.audit() if row.event.action is AuditAction.SEARCH]
    assert [event.detail["found"] for event in recorded] == [120], "all pages are one search"


def test_watchlists_are_listed_without_their_plates(site: Site) -> None:
    page = site.client(Role.LIST_MANAGER).get("/watchlists").text
    assert "A1 Veicoli rubati" in page
    assert WANTED not in page


def report_health(site: Site, *changes: tuple[str, timedelta]) -> datetime:
    """Camera nord-1 of the gate nord was in these states, each so long before now, which is returned."""
    now = site.clock.now()
    report = HealthReport(
        kind=SubjectKind.CAMERA, id="nord-1", reader_id="reader-1", gate_ids=("nord",), at=now,
        changes=tuple(Change(state=state, since=now - ago) for state, ago in changes),
    )  # fmt: skip
    with site.database.transaction() as conn:
        record_health(conn, [report], now)
    return now


def test_a_search_says_when_nobody_was_looking(site: Site) -> None:
    hour = timedelta(hours=1)
    now = report_health(site, ("up", 9 * hour), ("unreachable", 3 * hour), ("up", 2 * hour))
    client = site.client(Role.INVESTIGATOR)

    def answer(**fields: object) -> str:
        page: str = site.search(client, plate="AB123CD", reason="furto", **fields).text
        return page

    zone = site.console.settings.zone
    page = answer()
    assert "Nessun transito trovato" in page
    gap = re.search(r"La telecamera nord-1 non era in funzione dal (\S+ \S+) al (\S+ \S+): non raggiungibile", page)
    assert gap is not None
    assert gap.groups() == tuple(local_moment(now - ago, zone) for ago in (3 * hour, 2 * hour))
    since = short_moment(site.clock.now() - hour, zone)
    assert "Interruzioni e visibilità ridotta" not in answer(since=since), "it looked all this time"
    assert "Interruzioni e visibilità ridotta" not in answer(gates="ponte"), "another gate"


@pytest.mark.parametrize(
    ("state", "past", "present"),
    [
        (
            "blurred",
            "La telecamera nord-1 aveva visibilità ridotta dal {} al {}: immagine sfocata.",
            "ha visibilità ridotta dal {}: imm",
        ),
        (
            "dark",
            "La telecamera nord-1 aveva visibilità ridotta dal {} al {}: immagine troppo",
            "ha visibilità ridotta dal {}: immagin",
        ),
        (
            "frozen",
            "La telecamera nord-1 non era in funzione dal {} al {}: immagine bloccata.",
            "non è in funzione dal {}: immagine",
        ),
        (
            "looking-away",
            "La telecamera nord-1 non era in funzione dal {} al {}: looking-away.",
            "non è in funzione dal {}: looking",
        ),
    ],
)
def test_a_search_and_the_status_say_how_little_could_be_seen(site: Site, state: str, past: str, present: str) -> None:
    hour = timedelta(hours=1)
    zone = site.console.settings.zone
    now = report_health(site, ("up", 9 * hour), (state, 3 * hour), ("up", 2 * hour), (state, hour))
    client = site.client(Role.INVESTIGATOR)
    page = site.search(client, plate="AB123CD", reason="furto").text
    assert past.format(*(local_moment(now - ago, zone) for ago in (3 * hour, 2 * hour))) in page
    assert present.format(local_moment(now - hour, zone)) in page
    status = site.client(Role.ADMINISTRATOR).get("/status").text
    assert present.format(local_moment(now - hour, zone)) in status


def test_a_reader_with_the_wrong_time_is_told_with_by_how_much(site: Site) -> None:
    now = site.clock.now()
    report = HealthReport(
        kind=SubjectKind.READER, id="reader-1", reader_id="reader-1", gate_ids=("nord",), at=now,
        changes=(Change(state="up", since=now),),
    )  # fmt: skip
    with site.database.transaction() as conn:
        for minutes in (3, 2, 1):
            arrived_at = now - timedelta(minutes=minutes)
            record_clocks(conn, [(replace(report, at=arrived_at - timedelta(seconds=42)), arrived_at)], 5)
    status = unescape(site.client(Role.ADMINISTRATOR).get("/status").text)
    for text in ("L'orologio del lettore reader-1 indica un'ora sbagliata dal ", "ora sbagliata", "indietro di 42 s"):
        assert text in status, text
    page = site.search(site.client(Role.INVESTIGATOR), plate="AB123CD", reason="furto").text
    assert "gli orari dei transiti sono da verificare" in page


def test_status_tells_who_looks_now(site: Site) -> None:
    client = site.client(Role.ADMINISTRATOR)
    assert "Nessun lettore ha ancora comunicato" in client.get("/status").text
    report_health(site, ("up", timedelta(hours=2)), ("frozen", timedelta(minutes=5)))
    page = client.get("/status").text
    assert "immagine bloccata" in page
    assert "La telecamera nord-1 non è in funzione dal" in page
    assert "La telecamera" not in site.client(Role.AUDITOR).get("/status").text, "who may see forwarding only"


def refuse_messages(site: Site, number: int, sender: str) -> None:
    """So many messages of this sender are set apart now; more than two park it, and one of them is kept."""
    letters = [
        DeadLetter(
            received_at=site.clock.now(),
            topic="anpr.transits",
            partition=0,
            offset=zlib.crc32(sender.encode()) + place,
            reason=PoisonReason.TOO_OLD,
            detail="too old",
            size=3,
            value=b"{{{",
            sender=sender,
        )
        for place in range(number)
    ]
    with site.database.transaction() as conn:
        record_dead_letters(conn, letters, LetterLimits(park_after=2, letters=1))


def test_a_parked_sender_is_a_red_line_of_the_status_page_for_an_hour(site: Site) -> None:
    client = site.client(Role.ADMINISTRATOR)
    refuse_messages(site, 2, "gate/ponte")
    assert "Mittenti di messaggi scartati" not in client.get("/status").text, "few messages park nobody"
    refuse_messages(site, 3, "gate/porta-nord")
    refuse_messages(site, 4, "reader/<b>nobody")
    page = client.get("/status").text
    section = page.partition('aria-labelledby="parked"')[2].partition("</section>")[0]
    lines = [unescape(re.sub("<[^>]+>", "", line)) for line in re.findall(r'<p class="fault">(.*?)</p>', section)]
    assert sorted(line.partition(",")[0] for line in lines) == [
        "Mittente sconosciuto: 4 messaggi scartati nell'ultima ora",
        "Varco porta-nord: 3 messaggi scartati nell'ultima ora",
    ]
    assert all("transito oltre il periodo di conservazione" in line for line in lines)
    assert sorted(line.rpartition(" ")[2] for line in lines) == ["2.", "3."], "what was counted and not kept"
    site.clock.ahead += timedelta(minutes=61)
    assert "Mittenti di messaggi scartati" not in client.get("/status").text


def test_the_status_page_names_readers_at_work_that_do_not_sign(site: Site) -> None:
    client, now = site.client(Role.ADMINISTRATOR), site.clock.now()
    came = {"reader-1": Signature.UNSIGNED, "reader-2": Signature.SIGNED, "reader-3": Signature.LOCAL}
    for reader in came:
        report = HealthReport(
            kind=SubjectKind.READER, id=reader, reader_id=reader, gate_ids=("porta-nord",), at=now,
            changes=(Change(state="up", since=now),),
        )  # fmt: skip
        with site.database.transaction() as conn:
            record_health(conn, [report], now)
    assert "non firmano" not in client.get("/status").text
    with site.database.transaction() as conn:
        record_heartbeats(conn, came)
    section = client.get("/status").text.partition('aria-labelledby="unsigned"')[2].partition("</section>")[0]
    assert re.findall(r'<p class="mono">(.*?)</p>', section) == ["reader-1"]


@pytest.mark.parametrize(
    ("signature", "said"),
    [
        (Signature.SIGNED, "verificata"),
        (Signature.UNSIGNED, '<span class="fault">assente'),
        (Signature.LOCAL, "letto sulla stessa macchina"),
        (None, "non registrata"),
    ],
)
def test_a_transit_says_who_vouches_for_it(site: Site, signature: Signature | None, said: str) -> None:
    transit, _ = transit_of_track("AB123CD", site.clock.now())
    with site.database.transaction() as conn:
        insert_transits(conn, [transit], site.clock.now(), {transit.id: signature} if signature else {})
    page = site.client(Role.OPERATOR).get(f"/transits/{transit.id}").text
    assert said in page.partition("<dt>Firma del lettore</dt>")[2].partition("</dd>")[0]


def test_a_transit_that_is_held_says_for_which_case_and_until_when(site: Site) -> None:
    transit = site.pass_vehicle("AB123CD")
    hour = timedelta(hours=1)
    hold = Hold(
        case_reference="12/2026", reason="furto", author="os:root", made_at=site.clock.now(), plate="AB123CD",
        since=transit.captured_at - hour, until=transit.captured_at + hour, ends_on=date(2027, 5, 31),
    )  # fmt: skip
    page = f"/transits/{transit.id}"
    client = site.client(Role.INVESTIGATOR)
    assert "Conservato oltre il termine" not in client.get(page).text
    with site.database.transaction() as conn:
        add_hold(conn, hold)
    assert "per il procedimento 12/2026, fino al 31/05/2027 compreso" in client.get(page).text


def fall_silent(site: Site, minutes: float) -> None:
    """The reader of camera nord-1, which was up, was last heard of so long ago."""
    heard = site.clock.now() - timedelta(minutes=minutes)
    camera = HealthReport(
        kind=SubjectKind.CAMERA, id="nord-1", reader_id="reader-1", gate_ids=("porta-nord",), at=heard,
        changes=(Change(state="up", since=heard),),
    )  # fmt: skip
    with site.database.transaction() as conn:
        record_health(conn, [camera, replace(camera, kind=SubjectKind.READER, id="reader-1")], heard)
        assert mark_offline(conn, site.clock.now()) == ["reader-1"]


def test_a_camera_whose_reader_is_away_is_never_called_active(site: Site) -> None:
    site.pass_vehicle("AB123CD", gate_id="porta-nord")
    fall_silent(site, minutes=3)
    page = site.client(Role.ADMINISTRATOR).get("/status").text
    assert "non verificabile: lettore assente" in page
    row = page.partition("Porta Nord")[2].partition("</tr>")[0]
    assert "non verificabile" in row
    assert "attivo" not in row


def test_the_board_says_which_gate_does_not_look(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    hidden = client.get("/alarms/blind").text
    assert re.search(r'id="blind"[^>]* hidden>', hidden)
    fall_silent(site, minutes=3)
    for page in (client.get(CARDS).text, client.get("/alarms/blind").text):
        strip = page.partition('id="blind"')[2].partition("</div>")[0]
        assert "Un varco non in funzione:" in strip
        assert "<b>Porta Nord</b> <time" in strip
        assert "Ponte vecchio" not in strip


def test_a_gate_that_has_not_looked_for_longer_than_transits_are_kept_is_left_to_the_status_page(site: Site) -> None:
    fall_silent(site, minutes=8 * 24 * 60)
    client = site.client(Role.OPERATOR)
    assert "Porta Nord" not in client.get("/alarms/blind").text
    assert "lettore assente" in client.get("/status").text


def test_status_names_gates_and_puts_what_is_wrong_first(site: Site) -> None:
    gates = [Gate(id=f"varco-{n}", name=f"Varco {n}", purpose="x", legal_basis="patto") for n in range(1, 21)]
    now = site.clock.now()
    reports = [
        HealthReport(
            kind=SubjectKind.CAMERA, id=f"cam-{n}", reader_id="reader-1", gate_ids=(f"varco-{n}",), at=now,
            changes=(Change(state="frozen" if n == 12 else "up", since=now),),
        )
        for n in range(1, 21)
    ]  # fmt: skip
    with site.database.transaction() as conn:
        save_gates(conn, gates)
        record_health(conn, reports, now)
    for n in range(1, 20):
        site.pass_vehicle(f"AB{n:03}CD", gate_id=f"varco-{n}", with_pictures=False)
    for role in (Role.ADMINISTRATOR, Role.INVESTIGATOR):
        page = site.client(role).get("/status/now").text
        assert "La telecamera cam-12 (Varco 12) non è in funzione dal" in page
        wrong, _, right = page.partition('<details id="other-gates"')
        assert re.findall(r'<th scope="row">([^<]*?) <', wrong) == [
            "Varco 12",
            "Ponte vecchio",
            "Porta Nord",
            "Varco 20",
        ]
        assert re.findall(r"<b>(Varco \d+)</b>", right) == [f"Varco {n}" for n in range(1, 20) if n != 12]
        assert "18 varchi senza nulla da segnalare: 18 attivi, 0 silenziosi" in page
        first, _, others = page.partition('<details id="others-up"')
        assert "La telecamera cam-12 (Varco 12)" in first
        assert re.findall(r"La telecamera (cam-\d+) \(", others.partition("</details>")[0])[:3] == [
            "cam-1",
            "cam-2",
            "cam-3",
        ]
    assert "Inoltro" not in site.client(Role.INVESTIGATOR).get("/status").text, "who may not see forwarding"


def test_status_tells_gates_and_forwarding_without_plates(site: Site) -> None:
    site.pass_vehicle("AB123CD")
    now = site.clock.now()
    with site.database.transaction() as conn:
        run = ForwardRun(
            id=0, destination="questura", day=now.date(), kind=RunKind.NIGHTLY, profile="scntt-example 1",
            protocol="7/2025", started_at=now, finished_at=now, outcome=RunOutcome.FAILED, counts={"rejected": 3},
            error="the disk is full",
        )  # fmt: skip
        finish_run(conn, replace(run, id=start_run(conn, run)))
    page = site.client(Role.ADMINISTRATOR).get("/status").text
    for text in (
        "Porta Nord",
        "attivo",
        "mai attivo",
        "scaduta",
        "questura",
        "the disk is full",
        "non riuscita",
        'href="/forwarding/questura"',
    ):
        assert text in page, text
    assert "AB123CD" not in page


def test_the_audit_is_verified_and_the_result_has_an_address(site: Site) -> None:
    client = site.client(Role.DPO)
    answer = site.post(client, "/audit/verify", "/audit")
    assert answer.status_code == 303
    address = answer.headers["location"]
    rows = len(site.audit())
    for _ in range(2):
        assert "Registro integro" in client.get(address).text
    assert len(site.audit()) == rows, "looking at the result again is no other verification"
    with site.database.transaction() as conn:
        conn.execute("ALTER TABLE audit DISABLE TRIGGER ALL")
        conn.execute("UPDATE audit SET actor = 'somebody' WHERE seq = 1")
    answer = site.post(client, "/audit/verify", "/audit")
    assert "Registro alterato alla riga 1" in client.get(answer.headers["location"]).text
    assert "Registro integro" not in client.get("/audit?verification=1").text


def test_the_audit_tells_figures_words_and_local_times(site: Site) -> None:
    counts = {"stored": 90, "sent": 88, "rejected": 2, "run_sent": 40, "bytes": 556903}
    detail = {"phase": "ended", "kind": "nightly", "day": "2026-11-27", "outcome": "incomplete", "counts": counts}
    site.search(
        site.client(Role.OPERATOR), plate="AB123CD", reason="furto", since="2026-11-27T01:25:00+00:00",
        until="27/11/2026", gates="porta-nord",
    )  # fmt: skip
    with site.database.transaction() as conn:
        append(conn, AuditEvent(actor="forward", action=AuditAction.FORWARDED, at=site.clock.now(), detail=detail))
    page = re.sub(r"</?i>", "", site.client(Role.AUDITOR).get("/audit").text)
    for text in (
        "fase terminata", "tipo notturna", "giorno 27/11/2026", "esito incompleta",
        "archiviati 90, inviati 88, rifiutati 2, inviati in questa esecuzione 40, byte 556903",
        "dal 27/11/2026 02:25:00", "al 27/11/2026 compreso", "varchi Porta Nord", "trovati 0",
    ):  # fmt: skip
        assert text in page, text
    assert "al massimo" not in page


def test_the_audit_goes_back_page_by_page(site: Site) -> None:
    client = site.client(Role.AUDITOR)
    with site.database.transaction() as conn:
        for number in range(105):
            append(conn, AuditEvent(actor=f"user-{number}", action=AuditAction.LOGOUT, at=site.clock.now()))
    page = client.get("/audit").text
    older = re.search(r'href="/audit\?before=(\d+)"', page)
    assert older
    assert f">{int(older[1]) - 1}</td>" in client.get(f"/audit?before={older[1]}").text


def test_the_language_is_switched_and_kept(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    assert "Ultimi transiti" in client.get("/transits").text
    answer = site.post(client, "/language", "/transits", language="en", back="/transits")
    assert answer.headers["location"] == "/transits"
    page = client.get("/transits").text
    assert '<html lang="en">' in page
    assert "Latest transits" in page
    assert site.post(client, "/language", "/transits", language="xx").status_code == 400


def test_every_answer_carries_the_security_headers(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    for path in ("/login", "/alarms", "/nothing", "/static/console.js", "/healthz", "/audit"):
        headers = client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "no-store" in headers["cache-control"] or path.startswith("/static/")


def test_no_page_holds_inline_scripts_or_styles(site: Site) -> None:
    site.pass_vehicle(WANTED)
    client = site.client(Role.OPERATOR)
    for path in ("/alarms", "/transits", "/search", "/watchlists", "/status"):
        page = client.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", page), path


def test_a_body_larger_than_any_form_is_refused(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    assert client.post("/search", data={"plate": "A" * 70_000}).status_code == 413
    endless = client.post("/search", content=iter([b"plate=AB123CD"]))
    assert endless.status_code == 413
    assert client.request("DELETE", "/search").status_code == 405, "no body is not too large a body"


def test_health_is_told_to_strangers_and_nothing_else(site: Site) -> None:
    client = site.stranger()
    assert client.get("/healthz").text == "ok"
    assert client.get("/readyz").json() == {"database": "up", "live-alarms": "up"}
    for path in ("/docs", "/redoc", "/openapi.json", "/metrics"):
        assert client.get(path).status_code == 404


def test_a_database_that_is_away_is_said_so(site: Site) -> None:
    client = site.client(Role.OPERATOR)
    site.console.database.close()
    answer = client.get(CARDS)
    assert answer.status_code == 503
    assert "Banca dati non raggiungibile" in answer.text
    assert site.stranger().get("/readyz").status_code == 503
    assert site.stranger().get("/healthz").status_code == 200


class BrokenImages(ImageStore):
    """A picture store that fails as nothing of ours should."""

    def find(self, *_: object, **__: object) -> bytes | None:
        raise RuntimeError("secret detail AB123CD")


def test_a_fault_of_ours_shows_no_traceback(site: Site, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    transit = site.pass_vehicle("AB123CD")
    app = create_app(site.settings, site.console.database, BrokenImages(tmp_path), MovableClock())
    with serving(app) as url:
        site.url = url
        client = site.client(Role.OPERATOR)
        answer = client.get(f"/transits/{transit.id}/images/{ImageRole.PLATE}")
    assert answer.status_code == 500
    assert "Errore del sistema" in answer.text
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text
    assert any("RuntimeError" in record.getMessage() for record in caplog.records)


def test_every_page_says_at_its_foot_which_version_runs_and_where_its_source_is(site: Site) -> None:
    stranger = site.stranger()
    operator, auditor = site.client(Role.OPERATOR), site.client(Role.AUDITOR)
    pages = [(stranger, "/login"), (operator, "/alarms"), (operator, "/search"), (auditor, "/audit"), (operator, "/no")]
    for client, path in pages:
        foot = client.get(path).text.partition('<footer class="foot">')[2]
        assert f"anpr {anpr.__version__}" in foot, path
        assert "codice sorgente di questa versione" in foot, path


def test_the_status_page_says_that_retention_refuses(site: Site) -> None:
    client = site.client(Role.ADMINISTRATOR)
    assert "La conservazione non cancella" not in client.get("/status").text
    with site.database.transaction() as conn:
        note_refusal(conn, site.clock.now(), "retention refuses to drop 9 days <at once>")
    page = client.get("/status").text
    assert "La conservazione non cancella più dal" in page
    assert "retention refuses to drop 9 days &lt;at once&gt;" in page
