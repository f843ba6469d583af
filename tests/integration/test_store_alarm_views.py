# SPDX-License-Identifier: AGPL-3.0-or-later
"""Views of alarms in a real PostgreSQL: one statement for a page, no look at the entries, and the board's order."""

import re
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta

import pytest

from anpr.domain.alarm import AlarmKind, AlarmOutcome, AlarmState
from anpr.domain.gate import Gate
from anpr.domain.transit import ImageRef, ImageRole
from anpr.domain.watchlist import Entry, Match, Priority, Watchlist
from anpr.store.alarms.handling import acknowledge, close_alarm
from anpr.store.alarms.raising import raise_alarms
from anpr.store.alarms.tally import tally_alarms
from anpr.store.alarms.views import PAGE_LIMIT, AlarmFilter, AlarmView, BoardPlace, StoredAlarms, board_place
from anpr.store.database.connection import Database
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries
from anpr.store.gates import save_gates
from anpr.store.transits.rows import insert_transits
from anpr.store.watchlists.entries import NewEntry, add_entry, import_entries
from anpr.store.watchlists.lists import save_watchlist
from anpr.store.watchlists.matching import matching_entries
from scripts.lab.transits import START, make_transit

NOW = START + timedelta(hours=1)
LIST = Watchlist(id="a1", name="Rubati", priority=Priority.HIGH, purpose="a test", legal_basis="none")
COUNT = 50


@pytest.fixture
def filled(database: Database) -> Database:
    """COUNT alarms, all but the last with its transit."""
    image = ImageRef(role=ImageRole.PLATE, sha256="0" * 64, size=1)
    transits = [make_transit(number, images=(image,)) for number in range(COUNT)]
    hits = [
        (transit, Match(entry=Entry(id=1, watchlist_id="a1", plate=transit.plate, reason="r"), probability=1.0), LIST)
        for transit in transits
    ]
    with database.transaction() as conn:
        save_watchlist(conn, LIST)
        save_gates(conn, [Gate(id="gate-1", name="Porta Nord", purpose="p", legal_basis="l")])
        insert_transits(conn, transits[:-1], NOW)
        raise_alarms(conn, hits, NOW)
    return database


def statements(database: Database, read: Callable[[StoredAlarms], list[AlarmView]]) -> int:
    """How many statements it takes to read alarms, as libpq sends them."""
    with database.transaction() as conn, tempfile.TemporaryFile("w+") as trace:
        stored = StoredAlarms(lambda: nullcontext(conn))
        conn.execute("SELECT 1")  # the transaction has begun
        conn.pgconn.trace(trace.fileno())
        assert read(stored)
        conn.pgconn.untrace()
        trace.seek(0)
        return len(re.findall(r"\tF\t\d+\t(?:Parse|Query)\t", trace.read()))


def test_a_page_of_alarms_takes_one_statement(filled: Database) -> None:
    assert statements(filled, lambda stored: stored.board()) == 1
    assert statements(filled, lambda stored: stored.raised_after(0)) == 1
    assert statements(filled, lambda stored: stored.some([1])) == 1


def test_an_alarm_looks_at_no_entries_but_its_own(filled: Database) -> None:
    """Counting a million of them took 100 ms for every live alarm."""
    read = b"SELECT seq_scan, idx_tup_fetch AS rows FROM pg_stat_xact_user_tables WHERE relname = 'entries'"
    with filled.transaction() as conn:
        import_entries(conn, "a1", [NewEntry(plate=make_transit(n).plate, reason="r") for n in range(COUNT)])
        conn.execute("SET LOCAL anpr.organisation = 'manager'")
        conn.execute("SET LOCAL enable_seqscan = off")  # with so few a look at all would be chosen
        before = one_row(conn, read)
        views = StoredAlarms(lambda: nullcontext(conn)).board()
        after = one_row(conn, read)
    assert {view.latest.watchlist_name for view in views} == {"Rubati"}
    assert after["seq_scan"] == before["seq_scan"]
    assert after["rows"] - before["rows"] <= COUNT


def test_a_view_tells_what_to_do_as_the_entries_say_else_their_lists(database: Database) -> None:
    other = replace(LIST, id="c", name="Segnalati", priority=Priority.LOW, instructions=" chiamare il comando ")
    transit = make_transit(1)
    with database.transaction() as conn:
        for each in (other, replace(LIST, instructions="of no entry here")):
            save_watchlist(conn, each)
        add_entry(conn, "a1", NewEntry(plate=transit.plate, reason="r", instructions="chiamare il 112"))
        add_entry(conn, "c", NewEntry(plate=transit.plate, reason="r"))
        insert_transits(conn, [transit], NOW)
        raise_alarms(conn, matching_entries(conn, [transit]), NOW)
    assert told_to(database, "manager") == {("chiamare il 112", "chiamare il comando")}
    assert told_to(database, "*") == {("chiamare il 112", "chiamare il comando")}
    assert told_to(database, "") == {()}, "acting for nobody"
    with database.transaction() as conn:
        conn.execute("DELETE FROM entries WHERE watchlist_id = 'a1'")
        save_watchlist(conn, replace(LIST, instructions=""))
    assert told_to(database, "manager") == {("chiamare il comando",)}


def told_to(database: Database, organisation: str) -> set[tuple[str, ...]]:
    """The instructions of each alarm, acting for an organisation."""
    with database.transaction() as conn:
        conn.execute("SELECT set_config('anpr.organisation', %s, true)", [organisation])
        return {view.instructions for view in StoredAlarms(lambda: nullcontext(conn)).board()}


def test_a_view_has_the_names_and_the_images_of_its_transit(filled: Database) -> None:
    views = StoredAlarms(filled.transaction).raised_after(0)
    assert [view.latest.sighting.transit_id for view in views] == [make_transit(number).id for number in range(COUNT)]
    assert {(view.latest.gate_name, view.latest.watchlist_name) for view in views} == {("Porta Nord", "Rubati")}
    first, last = views[0].latest, views[-1].latest
    assert (first.has_transit, first.country, first.roles) == (True, "I", frozenset({ImageRole.PLATE}))
    assert (last.has_transit, last.country, last.roles) == (False, None, frozenset())


def test_what_has_no_name_is_shown_by_its_id(filled: Database) -> None:
    with filled.transaction() as conn:
        conn.execute("DELETE FROM gates")
        conn.execute("DELETE FROM watchlists")
        [view] = StoredAlarms(lambda: nullcontext(conn)).some([1])
    assert (view.latest.gate_name, view.latest.watchlist_name) == ("gate-1", "a1")


LOW_LIST = Watchlist(id="a2", name="Senza revisione", priority=Priority.LOW, purpose="a test", legal_basis="none")
MANY = 230
"""More low alarms than a page, and than a step of the feed."""


@pytest.fixture
def crowded(database: Database) -> Database:
    """An old high alarm, then MANY low ones, the newest last."""
    with database.transaction() as conn:
        for watchlist in (LIST, LOW_LIST):
            save_watchlist(conn, watchlist)
        hits = []
        for number in range(MANY + 1):
            transit, watchlist = make_transit(number), LOW_LIST if number else LIST
            entry = Entry(id=number + 1, watchlist_id=watchlist.id, plate=transit.plate, reason="r")
            hits.append((transit, Match(entry=entry, probability=1.0), watchlist))
        raise_alarms(conn, hits, NOW)
    return database


def walk(stored: StoredAlarms, which: AlarmFilter = AlarmFilter()) -> list[int]:  # noqa: B008
    """The ids of the whole board, page by page."""
    ids: list[int] = []
    place = BoardPlace()
    while views := stored.board(place, which):
        ids += [view.alarm.id for view in views]
        place = board_place(views[-1].alarm)
    return ids


def test_the_board_puts_what_is_urgent_first_however_old_and_in_it_what_nobody_has_taken(crowded: Database) -> None:
    stored = StoredAlarms(crowded.transaction)
    first = stored.board()
    assert len(first) == PAGE_LIMIT
    assert [view.alarm.id for view in first[:3]] == [1, MANY + 1, MANY], "the high one is the oldest"
    with crowded.transaction() as conn:
        acknowledge(conn, 1, "anna", NOW)
        acknowledge(conn, MANY + 1, "anna", NOW)
    assert stored.board()[0].alarm.id == 1, "high ones do not sink under low ones, taken or not"
    assert walk(stored) == [1, *range(MANY, 1, -1), MANY + 1], "in a priority, what is taken comes last"


def test_every_open_alarm_is_on_some_page_of_the_board_once(crowded: Database) -> None:
    stored = StoredAlarms(crowded.transaction)
    with crowded.transaction() as conn:
        for number in range(2, 200, 3):
            acknowledge(conn, number, "anna", NOW)
        for number in range(3, 200, 3):
            close_alarm(conn, number, "anna", NOW, AlarmOutcome.OTHER)
        tally = tally_alarms(conn)
    ids = walk(stored)
    assert len(ids) == len(set(ids)) == tally.open == MANY + 1 - 66
    states = [view.alarm.state for view in stored.some(ids)]
    assert tally.to_take == states.count(AlarmState.RAISED)
    assert tally.raised == {Priority.HIGH: 1, Priority.LOW: tally.to_take - 1}


def test_the_board_can_be_narrowed_to_a_list_or_a_priority(crowded: Database) -> None:
    stored = StoredAlarms(crowded.transaction)
    assert walk(stored, AlarmFilter(watchlist="a1")) == walk(stored, AlarmFilter(priority=Priority.HIGH)) == [1]
    assert walk(stored, AlarmFilter(watchlist="a2", priority=Priority.LOW)) == [*range(MANY + 1, 1, -1)]
    assert stored.board(which=AlarmFilter(watchlist="a2", priority=Priority.HIGH)) == []


def test_the_board_can_be_narrowed_to_a_kind_a_gate_ones_own_and_what_nobody_has(crowded: Database) -> None:
    stored = StoredAlarms(crowded.transaction)
    with crowded.transaction() as conn:
        acknowledge(conn, 1, "anna", NOW)
        acknowledge(conn, 2, "bruno", NOW)
    for which, found in (
        (AlarmFilter(holder="anna"), [1]),
        (AlarmFilter(holder="nobody"), []),
        (AlarmFilter(is_untaken=True), [*range(MANY + 1, 2, -1)]),
        (AlarmFilter(kind=AlarmKind.STOLEN), []),
        (AlarmFilter(kind=AlarmKind.LOCAL, priority=Priority.HIGH), [1]),
        (AlarmFilter(gate="gate-1", holder="bruno"), [2]),
        (AlarmFilter(gate="elsewhere"), []),
    ):
        assert walk(stored, which) == found
        assert stored.count(which) == len(found), which


def test_the_board_is_read_from_its_index_in_its_order(crowded: Database) -> None:
    with crowded.transaction() as conn:
        conn.execute("ANALYZE alarms")
        conn.execute("SET LOCAL enable_seqscan = off")
        query = load_queries("alarms")["list_board"]
        values = {"rank": 2, "below": 100, "watchlist": None, "priority": None, "limit": PAGE_LIMIT}
        values |= {"kind": None, "gate": None, "holder": None, "untaken": False}
        plan = "\n".join(row["QUERY PLAN"] for row in conn.execute(b"EXPLAIN " + query, values))
    assert "alarms_board" in plan
    assert "Sort" not in plan
