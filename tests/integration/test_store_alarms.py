# SPDX-License-Identifier: AGPL-3.0-or-later
"""Alarms in a real PostgreSQL: once per transit and entry, taken by whoever was first."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from anpr.domain.alarm import Alarm, AlarmKind, AlarmOutcome, AlarmState, Sighting
from anpr.domain.errors import InputError
from anpr.domain.organisation import MANAGER
from anpr.domain.watchlist import Entry, Match, Priority, Watchlist
from anpr.store.alarms.handling import acknowledge, close_alarm
from anpr.store.alarms.raising import raise_alarms
from anpr.store.alarms.rows import get_alarm, list_alarms, sightings_of_transits
from anpr.store.alarms.tally import tally_alarms
from anpr.store.alarms.upkeep import delete_alarms, delete_sightings
from anpr.store.database.connection import Connection, Database
from anpr.store.watchlists.matching import Hit
from scripts.lab.transits import START, make_transit, plate_of

NOW = START + timedelta(hours=1)
LATER = NOW + timedelta(minutes=5)
LIST = Watchlist(id="a1", name="Rubati", priority=Priority.HIGH, purpose="a test", legal_basis="none")


def _hit(number: int, entry_id: int = 1) -> Hit:
    entry = Entry(id=entry_id, watchlist_id="a1", plate=plate_of(number), reason=f"report {number}")
    return make_transit(number), Match(entry=entry, probability=0.75), LIST


def _raise(database: Database, *hits: Hit) -> list[Alarm]:
    with database.transaction() as conn:
        return list(raise_alarms(conn, hits, NOW).alarms)


def test_an_alarm_says_what_passed_and_why_it_matters(database: Database) -> None:
    [alarm] = _raise(database, _hit(1))
    transit = make_transit(1)
    assert alarm == Alarm(
        id=alarm.id,
        vehicle=transit.plate,
        organisation_id=MANAGER,
        kind=AlarmKind.LOCAL,
        priority=Priority.HIGH,
        raised_at=NOW,
        first_seen_at=transit.captured_at,
        last_seen_at=transit.captured_at,
        version=alarm.version,
    )
    with database.transaction() as conn:
        assert get_alarm(conn, alarm.id) == alarm
        [sighting] = sightings_of_transits(conn, [transit.id])
        assert get_alarm(conn, alarm.id + 1) is None
    assert sighting == Sighting(
        id=sighting.id,
        alarm_id=alarm.id,
        transit_id=transit.id,
        captured_at=transit.captured_at,
        raised_at=NOW,
        gate_id="gate-1",
        camera_id="cam-1",
        plate=transit.plate,
        entry_id=1,
        entry_plate=transit.plate,
        watchlist_id="a1",
        reason="report 1",
        priority=Priority.HIGH,
        probability=0.75,
    )


def test_a_sighting_is_stored_once_per_transit_and_entry(database: Database) -> None:
    with database.transaction() as conn:
        first = raise_alarms(conn, [_hit(1), _hit(1, entry_id=2)], NOW)
    with database.transaction() as conn:
        again = raise_alarms(conn, [_hit(1), _hit(1, entry_id=2), _hit(2)], NOW)
    assert [(s.transit_id, s.entry_id) for s in first.sightings] == [(make_transit(1).id, 1), (make_transit(1).id, 2)]
    assert [s.transit_id for s in again.sightings] == [make_transit(2).id]
    assert (len(first.alarms), len(first.new), len(again.new)) == (1, 1, 1)
    assert _raise(database) == []


def test_alarms_are_listed_newest_first_or_from_where_one_stopped(database: Database) -> None:
    alarms = _raise(database, *(_hit(n) for n in range(1, 6)))
    with database.transaction() as conn:
        acknowledge(conn, alarms[1].id, "anna", LATER)
        close_alarm(conn, alarms[2].id, "anna", LATER, AlarmOutcome.FALSE_READ)
        ids = [a.id for a in alarms]
        assert [a.id for a in list_alarms(conn)] == ids[::-1]
        assert [a.id for a in list_alarms(conn, limit=2)] == ids[:2:-1]
        assert [a.id for a in list_alarms(conn, after_id=ids[1])] == ids[2:]
        assert [a.id for a in list_alarms(conn, after_id=ids[1], limit=1)] == [ids[2]]
        assert [a.id for a in list_alarms(conn, states=[AlarmState.RAISED])] == [ids[4], ids[3], ids[0]]
        assert [a.id for a in list_alarms(conn, states=[AlarmState.CLOSED], after_id=0)] == [ids[2]]
        assert list_alarms(conn, states=[]) == []
        tally = tally_alarms(conn)
        assert (tally.raised, tally.acknowledged) == ({Priority.HIGH: 3}, {Priority.HIGH: 1})
        assert (tally.to_take, tally.open, tally.past) == (3, 4, 0)


def test_the_first_to_acknowledge_has_it(database: Database) -> None:
    [alarm] = _raise(database, _hit(1))
    with database.transaction() as conn:
        taken = acknowledge(conn, alarm.id, "anna", LATER)
    assert (taken.state, taken.acknowledged_by, taken.acknowledged_at) == (AlarmState.ACKNOWLEDGED, "anna", LATER)
    with database.transaction() as conn:
        assert acknowledge(conn, alarm.id, "anna", LATER + timedelta(seconds=9)) == taken
        with pytest.raises(InputError, match=f"alarm {alarm.id}: already acknowledged by anna"):
            acknowledge(conn, alarm.id, "bruno", LATER)
        with pytest.raises(InputError, match="alarm 4711: no such alarm"):
            acknowledge(conn, 4711, "bruno", LATER)


def test_of_many_at_once_exactly_one_gets_it(database: Database) -> None:
    [alarm] = _raise(database, _hit(1))
    start = threading.Barrier(4)

    def take(name: str) -> str:
        start.wait(240)
        try:
            with database.transaction() as conn:
                acknowledge(conn, alarm.id, name, LATER)
        except InputError as exc:
            return str(exc)
        return "mine"

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(take, ["a", "b", "c", "d"]))
    assert answers.count("mine") == 1
    winner = "abcd"[answers.index("mine")]
    assert set(answers) == {"mine", f"alarm {alarm.id}: already acknowledged by {winner}"}


def test_closing_records_what_came_of_it(database: Database) -> None:
    taken, raised = _raise(database, _hit(1), _hit(2))
    with database.transaction() as conn:
        acknowledge(conn, taken.id, "anna", NOW)
        closed = close_alarm(conn, taken.id, "bruno", LATER, AlarmOutcome.STOPPED, "via Roma")
        assert (closed.state, closed.closed_by, closed.closed_at) == (AlarmState.CLOSED, "bruno", LATER)
        assert (closed.outcome, closed.note, closed.acknowledged_by) == (AlarmOutcome.STOPPED, "via Roma", "anna")
        at_once = close_alarm(conn, raised.id, "bruno", LATER, AlarmOutcome.OTHER)
        assert (at_once.acknowledged_by, at_once.acknowledged_at) == ("bruno", LATER)
        for call in _closed_calls(conn, taken.id):
            with pytest.raises(InputError, match=f"alarm {taken.id}: already closed by bruno"):
                call()
        with pytest.raises(InputError, match="alarm 4711: no such alarm"):
            close_alarm(conn, 4711, "bruno", LATER, AlarmOutcome.OTHER)


def _closed_calls(conn: Connection, alarm_id: int) -> list[Callable[[], Alarm]]:
    return [
        lambda: close_alarm(conn, alarm_id, "carla", LATER, AlarmOutcome.OTHER),
        lambda: acknowledge(conn, alarm_id, "carla", LATER),
    ]


def test_new_and_changed_alarms_are_announced_by_id(database: Database) -> None:
    listening = database.connect(autocommit=True)
    try:
        listening.execute("LISTEN anpr_alarm")
        first, second = _raise(database, _hit(1), _hit(2))
        _raise(database, _hit(1))
        with database.transaction() as conn:
            acknowledge(conn, second.id, "anna", LATER)
        payloads = [int(note.payload) for note in listening.notifies(timeout=240, stop_after=3)]
    finally:
        listening.close()
    assert payloads == [first.id, second.id, second.id]


def test_a_later_id_is_never_visible_before_an_earlier_one(database: Database) -> None:
    """Two raisers: the second waits for the first one's commit, or "all after id N" would miss the first one's."""
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as conn:
            [first] = raise_alarms(conn, [_hit(1)], NOW).alarms
            second = pool.submit(_raise, database, _hit(2))
            with database.transaction() as other:
                while not _somebody_waits(other):
                    assert not second.done()
                assert list_alarms(other) == []
        assert second.result(30)[0].id > first.id


def _somebody_waits(conn: Connection) -> bool:
    row = conn.execute("SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory' AND NOT granted").fetchone()
    return row is not None and row["n"] > 0


def test_alarms_have_their_own_retention(database: Database) -> None:
    _raise(database, *(_hit(n) for n in range(1, 6)))
    before = START + timedelta(seconds=3)
    with database.transaction() as conn:
        assert (delete_sightings(conn, before), delete_alarms(conn, before)) == (0, 0), "open ones wait"
        for alarm in list_alarms(conn):
            close_alarm(conn, alarm.id, "anna", START, AlarmOutcome.OTHER)
        assert (delete_sightings(conn, before), delete_alarms(conn, before)) == (2, 2)
        assert len(list_alarms(conn)) == 3
