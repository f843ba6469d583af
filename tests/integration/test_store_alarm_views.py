# SPDX-License-Identifier: AGPL-3.0-or-later
"""Views of alarms in a real PostgreSQL: as many statements for fifty as for one, and no look at the entries."""

import re
import tempfile
from datetime import timedelta

import pytest

from anpr.domain.gate import Gate
from anpr.domain.transit import ImageRef, ImageRole
from anpr.domain.watchlist import Entry, Match, Priority, Watchlist
from anpr.store.alarms.rows import list_alarms, raise_alarms
from anpr.store.alarms.views import StoredAlarms, view_alarms
from anpr.store.database.connection import Connection, Database
from anpr.store.gates import save_gates
from anpr.store.transits.rows import insert_transits
from anpr.store.watchlists.lists import save_watchlist
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


def statements(conn: Connection, number: int) -> int:
    """How many statements it takes to view this many alarms, as libpq sends them."""
    alarms = list_alarms(conn, limit=number)
    with tempfile.TemporaryFile("w+") as trace:
        conn.pgconn.trace(trace.fileno())
        assert len(view_alarms(conn, alarms)) == number
        conn.pgconn.untrace()
        trace.seek(0)
        return len(re.findall(r"\tF\t\d+\t(?:Parse|Query)\t", trace.read()))


def test_fifty_alarms_take_as_many_statements_as_one(filled: Database) -> None:
    with filled.transaction() as conn:
        assert statements(conn, COUNT) == statements(conn, 1) == 3, "gates, watchlists, transits"
        assert view_alarms(conn, []) == []


def test_no_alarm_looks_at_the_entries_of_the_watchlists(filled: Database) -> None:
    """Counting a million of them took 100 ms for every live alarm."""
    with filled.transaction() as conn:
        conn.execute("ALTER TABLE entries RENAME TO out_of_reach")
        views = view_alarms(conn, list_alarms(conn, limit=2))
        conn.execute("ALTER TABLE out_of_reach RENAME TO entries")
    assert [view.watchlist_name for view in views] == ["Rubati", "Rubati"]


def test_a_view_has_the_names_and_the_images_of_its_transit(filled: Database) -> None:
    views = StoredAlarms(filled.transaction).raised_after(0)
    assert [view.alarm.transit_id for view in views] == [make_transit(number).id for number in range(COUNT)]
    assert {(view.gate_name, view.watchlist_name) for view in views} == {("Porta Nord", "Rubati")}
    first, last = views[0], views[-1]
    assert (first.has_transit, first.country, first.roles) == (True, "I", frozenset({ImageRole.PLATE}))
    assert (last.has_transit, last.country, last.roles) == (False, None, frozenset())


def test_what_has_no_name_is_shown_by_its_id(filled: Database) -> None:
    with filled.transaction() as conn:
        conn.execute("DELETE FROM gates")
        conn.execute("DELETE FROM watchlists")
        [view] = view_alarms(conn, list_alarms(conn, limit=1))
    assert (view.gate_name, view.watchlist_name) == ("gate-1", "a1")
