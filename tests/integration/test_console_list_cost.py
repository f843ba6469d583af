# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cost preview of a list: what it would have raised, day by day, by rule; before anything is saved or applied."""

import re
from datetime import timedelta
from random import Random

import httpx
import pytest

from anpr.contract.image import image_header
from anpr.domain.access import Role
from anpr.domain.partial_plate import stands_for
from anpr.domain.read import Candidate
from anpr.domain.transit import ImageRole, Transit
from anpr.domain.watchlist import MatchMode, Priority, Watchlist
from anpr.store.database.connection import Database
from anpr.store.images.image_store import record_image
from anpr.store.transits.rows import insert_transits
from anpr.store.watchlists.cost import DayCost, Rule, replay
from anpr.store.watchlists.entries import NewEntry, import_entries
from anpr.store.watchlists.lists import save_watchlist
from anpr.store.watchlists.matching import matching_entries
from scripts.lab.transits import START, make_transit
from tests.integration.test_console_list_imports import waits
from tests.support.fixtures_console import WANTED, Site

PAST = [
    make_transit(1, plate="AB123CD"),
    make_transit(2, plate="A8123CD"),
    make_transit(3, plate="XX000XX", candidates=(Candidate(text="AB123CD", probability=0.4),)),
    make_transit(4, plate="ZB129KK"),
    make_transit(5, plate="Z8129KK"),
    make_transit(6, plate="KKZB123"),
    make_transit(7, plate="KZB12KK"),
    make_transit(8, plate="YY111YY"),
]
PLATES = ("AB123CD", "ZB12*", "*ZB123", "*ZB12KK*")


def _cost(database: Database, match: MatchMode, file: list[NewEntry] | None = None) -> DayCost:
    with database.transaction() as conn:
        rule = Rule(watchlist_id="a1", match=match, min_probability=0.3)
        return replay(conn, rule, START, START + timedelta(hours=1), file=file)


@pytest.fixture
def filled(database: Database) -> Database:
    with database.transaction() as conn:
        insert_transits(conn, PAST, START)
        for transit in PAST:
            record_image(conn, image_header(transit=transit, role=ImageRole.PLATE, data=b"x"), 1)
        save_watchlist(conn, Watchlist(id="a1", name="x", priority=Priority.LOW, purpose="p", legal_basis="l"))
        import_entries(conn, "a1", [NewEntry(plate=plate, reason="x") for plate in PLATES])
    return database


@pytest.mark.parametrize("match", MatchMode)
def test_it_counts_what_matching_finds(filled: Database, match: MatchMode) -> None:
    with filled.transaction() as conn:
        listed = Watchlist(
            id="a1", name="x", priority=Priority.LOW, purpose="p", legal_basis="l", match=match, min_probability=0.3
        )
        save_watchlist(conn, listed)
        found = {transit.id for transit, _, _ in matching_entries(conn, PAST)}
    cost = _cost(filled, match)
    assert (cost.alarms, cost.transits, cost.left_out) == (len(found), len(PAST), 0)
    assert set(cost.examples) == found
    assert cost.doubtful == {MatchMode.EXACT: 0, MatchMode.LOOK_ALIKE: 2, MatchMode.PROBABILITY: 1}[match]


def _drawn(chance: Random) -> tuple[list[Transit], list[NewEntry]]:
    """Of few signs, so that many fit: transits whose candidates may be listed, whole and partial plates."""

    def plate() -> str:
        return "".join(chance.choices("A8B", k=chance.choice((4, 5))))

    def transit(number: int) -> Transit:
        texts = [plate() for _ in range(chance.randrange(4))]
        shares = [Candidate(text=text, probability=chance.choice((0.1, 0.2, 0.4))) for text in texts]
        return make_transit(number, plate=plate(), candidates=tuple(shares))

    patterns = ("{0}{1}{2}{3}*", "*{0}{1}{2}{3}", "*{0}{1}{2}{3}*", "{0}?{1}{2}{3}", "{0}{1}*{2}{3}", "?{0}{1}{2}{3}?")
    listed = {plate() for _ in range(20)} | {
        chance.choice(patterns).format(*chance.choices("A8B", k=4)) for _ in range(12)
    }
    ends = {name: START + timedelta(seconds=chance.randrange(200)) for name in sorted(listed)}
    entries = [NewEntry(plate=name, reason="x", valid_to=ends[name]) for name in sorted(listed)]
    return [transit(number) for number in range(1, 150)], entries


@pytest.mark.parametrize("match", MatchMode)
@pytest.mark.parametrize("seed", range(3))
def test_drawn_transits_raise_what_live_matching_raises(database: Database, match: MatchMode, seed: int) -> None:
    transits, entries = _drawn(Random(seed))
    listed = Watchlist(
        id="a1", name="x", priority=Priority.LOW, purpose="p", legal_basis="l", match=match, min_probability=0.3
    )
    with database.transaction() as conn:
        insert_transits(conn, transits, START)
        save_watchlist(conn, listed)
        import_entries(conn, "a1", entries)
        hits = matching_entries(conn, transits)
    exact = {transit.id for transit, hit, _ in hits if stands_for(hit.entry.plate, transit.plate)}
    found = {transit.id for transit, _, _ in hits}
    cost = _cost(database, match)
    assert (cost.alarms, cost.doubtful, cost.left_out) == (len(found), len(found - exact), 0)
    assert cost.transits == len(transits)
    assert len(found) > 5


def test_a_files_entries_are_counted_instead_of_the_lists(filled: Database) -> None:
    assert _cost(filled, MatchMode.EXACT, [NewEntry(plate="YY111YY", reason="x")]).examples == [PAST[7].id]
    assert _cost(filled, MatchMode.EXACT, []).alarms == 0


def test_a_transit_without_a_picture_counts_and_is_no_broken_image(filled: Database) -> None:
    bare = make_transit(9, plate="WW222WW")
    with filled.transaction() as conn:
        insert_transits(conn, [bare], START)
    cost = _cost(filled, MatchMode.EXACT, [NewEntry(plate="WW222WW", reason="x")])
    assert (cost.alarms, list(cost.examples)) == (1, [])


def test_validity_counts(filled: Database) -> None:
    late = NewEntry(plate="YY111YY", reason="x", valid_from=START + timedelta(minutes=30))
    assert _cost(filled, MatchMode.EXACT, [late]).alarms == 0


def _all_days(client: httpx.Client, address: str) -> list[str]:
    """The page and each day, as its script asks for them."""
    pages = [client.get(address).text]
    while asked := re.search(r'hx-get="([^"]+)"', pages[-1]):
        answer = client.get(asked[1].replace("&amp;", "&"), headers={"hx-request": "true"})
        assert answer.status_code == 200, answer.text
        pages.append(answer.text)
    return pages


def test_the_page_replays_a_week_with_settings_that_are_not_saved(site: Site) -> None:
    look_alike = f"{WANTED[:-1]}8"  # B
    assert look_alike != WANTED
    site.pass_vehicle(WANTED)
    site.pass_vehicle(look_alike)
    client = site.client(Role.LIST_MANAGER)
    fields = {"match": "look-alike", "share": "50"}
    answer = site.post(client, "/watchlists/a1/cost", "/watchlists/a1/settings", **fields)
    assert "match=look-alike" in answer.headers["location"]
    pages = _all_days(client, answer.headers["location"])
    assert len(pages) == 8
    assert "<html" not in pages[1]
    assert "2 transiti con allarme" in pages[1]
    assert "1 con targa letta diversa" in pages[1]
    assert "2 transiti con allarme in 7 giorni" in pages[-1]
    for page in pages:
        assert WANTED not in page
    shown = re.findall(r'src="(/watchlists/a1/cost/pictures/[^"]+)"', pages[1])
    assert len(shown) == 2
    assert client.get(shown[0]).headers["content-type"] == "image/jpeg"
    assert client.get(shown[0][:-4] + "0000").status_code == 404
    other = site.client(Role.LIST_MANAGER)
    assert other.get(shown[0]).status_code == 404, "named to another session"
    with_page = client.get(re.search(r'hx-get="([^"]+)"', pages[0])[1].replace("&amp;", "&"))  # type: ignore[index]
    assert "<html" in with_page.text, "without a script"


def test_a_file_that_waits_is_tried(site: Site) -> None:
    site.pass_vehicle("AB123CD")
    client = site.client(Role.LIST_MANAGER)
    number = waits(client).rpartition("/")[2]
    assert "1 transito con allarme" in _all_days(client, f"/watchlists/a1/cost?match=exact&upload={number}")[1]
    assert client.get(f"/watchlists/a1/cost/day?match=exact&upload={int(number) + 1}").status_code == 404
