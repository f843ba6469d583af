# SPDX-License-Identifier: AGPL-3.0-or-later
"""An alarm is a case, in a real PostgreSQL: what joins it, who has it, what happened to it, and what is suppressed."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from anpr.domain.alarm import Alarm, AlarmEventKind, AlarmKind, AlarmOutcome, AlarmState
from anpr.domain.errors import InputError
from anpr.domain.watchlist import Entry, ListKind, Match, Priority, Watchlist
from anpr.store.alarms import handling
from anpr.store.alarms.raising import Raised, raise_alarms
from anpr.store.alarms.rows import get_alarm, list_alarms, list_events, list_sightings
from anpr.store.alarms.suppressions import forget_suppressions, list_suppressions, suppress, unsuppress
from anpr.store.alarms.upkeep import close_left_alarms, delete_alarms, delete_sightings
from anpr.store.alarms.views import MOST_SIGHTINGS, StoredAlarms
from anpr.store.author import Author
from anpr.store.database.connection import Connection, Database
from anpr.store.watchlists.entries import NewEntry
from anpr.store.watchlists.entry_edits import change_entry, put_entry
from anpr.store.watchlists.lists import save_watchlist
from anpr.store.watchlists.matching import Hit
from scripts.lab.transits import START, make_transit

NOW = START + timedelta(hours=1)
PLATE = "AB123CD"
STOLEN = Watchlist(
    id="a1", name="Rubati", kind=ListKind.STOLEN, priority=Priority.HIGH, purpose="a test", legal_basis="none"
)
UNINSPECTED = Watchlist(
    id="a2", name="Revisione", kind=ListKind.UNINSPECTED, priority=Priority.LOW, purpose="a test", legal_basis="none"
)


def _hit(
    number: int, watchlist: Watchlist = STOLEN, plate: str = PLATE, entry_id: int | None = None, **changes: Any
) -> Hit:
    entry = Entry(
        id=entry_id or ord(watchlist.id[-1]), watchlist_id=watchlist.id, plate=plate, reason=f"on {watchlist.id}"
    )
    transit = make_transit(number, **{"plate": plate, **changes})
    return transit, Match(entry=entry, probability=0.9), watchlist


def _raise(database: Database, *hits: Hit, at: datetime = NOW, retro: bool = False) -> Raised:
    with database.transaction() as conn:
        return raise_alarms(conn, hits, at, retro=retro)


def _do(database: Database, change: Callable[[Connection], Alarm]) -> Alarm:
    with database.transaction() as conn:
        return change(conn)


def _events(database: Database, alarm_id: int) -> list[tuple[str, str | None]]:
    with database.transaction() as conn:
        return [(str(event.kind), event.author) for event in reversed(list_events(conn, alarm_id))]


def test_one_vehicle_on_two_lists_at_three_gates_is_one_alarm_and_the_most_urgent_leads(database: Database) -> None:
    first = _raise(database, _hit(1, UNINSPECTED), _hit(2, UNINSPECTED, gate_id="gate-2"))
    [alarm] = first.alarms
    assert (alarm.priority, alarm.kind, len(first.sightings)) == (Priority.LOW, AlarmKind.UNINSPECTED, 2)
    again = _raise(database, _hit(3, UNINSPECTED, gate_id="gate-3"), _hit(3, STOLEN, gate_id="gate-3"))
    [grown] = again.alarms
    assert (grown.id, grown.priority, grown.kind) == (alarm.id, Priority.HIGH, AlarmKind.STOLEN)
    assert (again.new, grown.version > alarm.version) == (frozenset(), True)
    assert (grown.first_seen_at, grown.last_seen_at) == (make_transit(1).captured_at, make_transit(3).captured_at)
    assert _events(database, alarm.id) == [("raised", None), ("sighted", None)]
    [view] = StoredAlarms(database.transaction).board()
    assert (view.seen, view.lists, view.latest.sighting.gate_id) == (4, frozenset({"a1", "a2"}), "gate-3")
    assert view.latest.sighting.watchlist_id == "a1", "of one transit the most urgent list is shown"
    _raise(database, _hit(4, UNINSPECTED))
    with database.transaction() as conn:
        assert [a.priority for a in list_alarms(conn)] == [Priority.HIGH], "and goes on leading"


def test_of_a_partial_plate_each_vehicle_is_an_alarm_of_its_own(database: Database) -> None:
    entry = Entry(id=9, watchlist_id="a1", plate="AB12*", reason="r")
    hits = [
        (make_transit(number, plate=plate), Match(entry=entry, probability=0.9), STOLEN)
        for number, plate in enumerate(("AB12ZZZ", "AB127XX", "AB12ZZZ"))
    ]
    assert [alarm.vehicle for alarm in _raise(database, *hits).alarms] == ["AB12ZZZ", "AB127XX"]


def test_lists_of_two_owners_raise_two_alarms(database: Database) -> None:
    with database.transaction() as conn:
        conn.execute("INSERT INTO organisations (id, name, kind) VALUES ('empoli', 'Empoli', 'municipality')")
        conn.execute("INSERT INTO watchlist_owners VALUES ('a2', 'empoli')")
    raised = _raise(database, _hit(1), _hit(1, UNINSPECTED))
    assert [alarm.organisation_id for alarm in raised.alarms] == ["manager", "empoli"]


@pytest.mark.parametrize(
    ("outcome", "minutes", "is_new"),
    [
        (AlarmOutcome.STOPPED, 9, False),
        (AlarmOutcome.FALSE_READ, 9, False),
        (AlarmOutcome.OUT_OF_DATE, 9, False),
        (AlarmOutcome.STOPPED, 11, True),
        (AlarmOutcome.NOT_FOUND, 1, True),
        (AlarmOutcome.OTHER, 1, True),
    ],
)
def test_what_passes_after_the_end_joins_what_was_settled_and_is_new_after_anything_else(
    database: Database, outcome: AlarmOutcome, minutes: int, is_new: bool
) -> None:
    [alarm] = _raise(database, _hit(1)).alarms
    _do(database, lambda conn: handling.close_alarm(conn, alarm.id, "anna", NOW, outcome))
    again = _raise(database, _hit(2), at=NOW + timedelta(minutes=minutes))
    assert bool(again.new) == is_new
    [now] = again.alarms
    assert (now.id == alarm.id, now.state is AlarmState.CLOSED) == (not is_new, not is_new)


def test_another_list_is_news_also_just_after_the_end(database: Database) -> None:
    [alarm] = _raise(database, _hit(1, UNINSPECTED)).alarms
    _do(database, lambda conn: handling.close_alarm(conn, alarm.id, "anna", NOW, AlarmOutcome.OUT_OF_DATE))
    again = _raise(database, _hit(2, STOLEN), at=NOW + timedelta(seconds=5))
    assert len(again.new) == 1


def test_what_is_found_in_the_past_joins_an_alarm_of_now_and_never_the_other_way_round(database: Database) -> None:
    [past] = _raise(database, _hit(1), retro=True).alarms
    [live] = _raise(database, _hit(2)).alarms
    assert (past.retro, live.retro, live.id != past.id) == (True, False, True), "one of now rings"
    [joined] = _raise(database, _hit(3), retro=True).alarms
    assert (joined.id, joined.retro) == (live.id, False)


def test_a_batch_of_a_thousand_hits_of_one_vehicle_is_one_alarm_and_its_page_is_bounded(database: Database) -> None:
    raised = _raise(database, *(_hit(number) for number in range(1000)))
    assert (len(raised.alarms), len(raised.sightings)) == (1, 1000)
    [view] = StoredAlarms(database.transaction).board()
    assert (view.seen, len(view.sightings)) == (1000, MOST_SIGHTINGS)
    assert view.latest.sighting.transit_id == make_transit(999).id
    [of_transit] = StoredAlarms(database.transaction)._read("list_of_transit", transit=make_transit(3).id)
    assert of_transit.latest.sighting.transit_id == make_transit(3).id, "its own sighting first"


def test_many_raisers_of_one_vehicle_at_once_make_one_alarm(database: Database) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: _raise(database, _hit(number)), range(12)))
    with database.transaction() as conn:
        [alarm] = list_alarms(conn)
        assert len(list_sightings(conn, alarm.id)) == 12


def test_a_life_with_its_log(database: Database) -> None:
    [alarm] = _raise(database, _hit(1)).alarms
    number, versions = alarm.id, [alarm.version]
    steps: list[tuple[Callable[[Connection], Alarm], AlarmState, str | None]] = [
        (lambda c: handling.acknowledge(c, number, "anna", NOW), AlarmState.ACKNOWLEDGED, "anna"),
        (lambda c: handling.start(c, number, "anna", NOW), AlarmState.IN_PROGRESS, "anna"),
        (lambda c: handling.note(c, number, "bruno", NOW, "auto grigia"), AlarmState.IN_PROGRESS, "anna"),
        (lambda c: handling.hand_over(c, number, "anna", NOW, "bruno", "fine turno"), AlarmState.ACKNOWLEDGED, "bruno"),
        (
            lambda c: handling.take_over(c, number, "carla", NOW, "bruno", "è più vicina"),
            AlarmState.ACKNOWLEDGED,
            "carla",
        ),
        (lambda c: handling.release(c, number, "carla", NOW), AlarmState.RAISED, None),
        (lambda c: handling.close_alarm(c, number, "dora", NOW, AlarmOutcome.OTHER, "x"), AlarmState.CLOSED, "dora"),
        (lambda c: handling.reopen(c, number, "dora", NOW, "sbagliato"), AlarmState.ACKNOWLEDGED, "dora"),
    ]
    for step, state, holder in steps:
        after = _do(database, step)
        assert (after.state, after.acknowledged_by) == (state, holder)
        versions.append(after.version)
    assert versions == sorted(set(versions)), "each change is a new version"
    with database.transaction() as conn:
        [reopened] = list_alarms(conn)
    assert (reopened.outcome, reopened.note, reopened.closed_by) == (None, None, None)
    assert _events(database, number) == [
        ("raised", None), ("acknowledged", "anna"), ("started", "anna"), ("noted", "bruno"), ("handed-over", "anna"),
        ("taken-over", "carla"), ("released", "carla"), ("closed", "dora"), ("reopened", "dora"),
    ]  # fmt: skip
    [view] = StoredAlarms(database.transaction).board()
    assert [(e.kind, e.text) for e in view.events if e.text] == [
        (AlarmEventKind.NOTED, "auto grigia"), (AlarmEventKind.HANDED_OVER, "fine turno"),
        (AlarmEventKind.TAKEN_OVER, "è più vicina"), (AlarmEventKind.CLOSED, "x"),
        (AlarmEventKind.REOPENED, "sbagliato"),
    ]  # fmt: skip


def test_whoever_comes_second_is_told_who_was_first(database: Database) -> None:
    [alarm] = _raise(database, _hit(1)).alarms
    number = alarm.id
    _do(database, lambda c: handling.acknowledge(c, number, "anna", NOW))
    refused: list[tuple[Callable[[Connection], object], str]] = [
        (lambda c: handling.start(c, number, "bruno", NOW), "already acknowledged by anna"),
        (lambda c: handling.release(c, number, "bruno", NOW), "already acknowledged by anna"),
        (lambda c: handling.take_over(c, number, "bruno", NOW, "carla", "w"), "already acknowledged by anna"),
        (lambda c: handling.hand_over(c, number, "bruno", NOW, "carla"), "already acknowledged by anna"),
        (lambda c: handling.take_over(c, number, "bruno", NOW, "anna", " "), "a word is needed"),
        (lambda c: handling.note(c, number, "bruno", NOW, ""), "a word is needed"),
        (lambda c: handling.reopen(c, number, "bruno", NOW), "it is not closed"),
    ]
    for call, why in refused:
        with pytest.raises(InputError, match=why), database.transaction() as conn:
            call(conn)
    _do(database, lambda c: handling.close_alarm(c, number, "anna", NOW, AlarmOutcome.NOT_FOUND))
    with pytest.raises(InputError, match="already closed by anna"), database.transaction() as conn:
        handling.note(conn, number, "bruno", NOW, "zu spät")
    assert _events(database, number)[-1] == ("closed", "anna"), "what was refused left nothing behind"


def test_an_alarm_is_opened_again_for_minutes_and_not_beside_a_new_one(database: Database) -> None:
    [alarm] = _raise(database, _hit(1)).alarms
    _do(database, lambda c: handling.close_alarm(c, alarm.id, "anna", NOW, AlarmOutcome.OTHER))
    with pytest.raises(InputError, match="longer than"), database.transaction() as conn:
        handling.reopen(conn, alarm.id, "anna", NOW + timedelta(minutes=11))
    [newer] = _raise(database, _hit(2), at=NOW + timedelta(minutes=1)).alarms
    with pytest.raises(InputError, match=f"the vehicle has alarm {newer.id} meanwhile"), database.transaction() as conn:
        handling.reopen(conn, alarm.id, "anna", NOW + timedelta(minutes=2))


def test_a_suppression_keeps_alarms_away_at_its_gate_until_its_end_and_loses_no_sighting(database: Database) -> None:
    [alarm] = _raise(database, _hit(1)).alarms
    at, until = START, START + timedelta(hours=2)
    with database.transaction() as conn:
        made = suppress(conn, alarm.id, "anna", at, until, "noto", "gate-1")
    _do(database, lambda c: handling.close_alarm(c, alarm.id, "anna", NOW, AlarmOutcome.OTHER))
    kept = _raise(database, _hit(2))
    assert (kept.alarms, [s.alarm_id for s in kept.sightings]) == ((), [None])
    elsewhere = _raise(database, _hit(3, gate_id="gate-2"))
    assert len(elsewhere.new) == 1
    late = _raise(database, _hit(4, captured_at=until))
    assert [s.alarm_id for s in late.sightings] == [elsewhere.alarms[0].id]
    with database.transaction() as conn:
        assert [each.id for each in list_suppressions(conn, at)] == [made.id]
        unsuppress(conn, made.id, "bruno", at + timedelta(minutes=1))
        assert list_suppressions(conn, at) == []
        with pytest.raises(InputError, match="there is none, or it is over"):
            unsuppress(conn, made.id, "bruno", at + timedelta(minutes=1))
    assert [s.alarm_id for s in _raise(database, _hit(5)).sightings] == [elsewhere.alarms[0].id]


def test_a_suppression_silences_what_was_decided_about_and_no_other_entry(database: Database) -> None:
    """Suppressed for its overdue inspection, and then reported stolen: an alarm."""
    [alarm] = _raise(database, _hit(1, UNINSPECTED)).alarms
    with database.transaction() as conn:
        suppress(conn, alarm.id, "anna", START, START + timedelta(days=2), "officina", None)
    _do(database, lambda c: handling.close_alarm(c, alarm.id, "anna", NOW, AlarmOutcome.OTHER))
    assert _raise(database, _hit(2, UNINSPECTED)).alarms == ()
    both = _raise(database, _hit(3, UNINSPECTED), _hit(3, STOLEN))
    assert [(each.kind, each.priority) for each in both.alarms] == [(AlarmKind.STOLEN, Priority.HIGH)]
    assert sorted(s.alarm_id is None for s in both.sightings) == [False, True]


def test_an_entry_that_was_edited_since_is_no_longer_suppressed(database: Database) -> None:
    by = Author(name="luca", at=NOW)
    with database.transaction() as conn:
        save_watchlist(conn, UNINSPECTED)
        number = put_entry(conn, UNINSPECTED.id, NewEntry(plate=PLATE, reason="revisione"), by)
    [alarm] = _raise(database, _hit(1, UNINSPECTED, entry_id=number)).alarms
    with database.transaction() as conn:
        suppress(conn, alarm.id, "anna", NOW, NOW + timedelta(days=2), "officina", None)
    _do(database, lambda c: handling.close_alarm(c, alarm.id, "anna", NOW, AlarmOutcome.OTHER))
    later = NOW + timedelta(hours=1)
    assert _raise(database, _hit(2, UNINSPECTED, entry_id=number, captured_at=later)).alarms == ()
    with database.transaction() as conn:
        wanted = NewEntry(plate=PLATE, reason="rapina, occupanti armati")
        change_entry(conn, UNINSPECTED.id, number, wanted, replace(by, at=later), "aggiornata")
    assert len(_raise(database, _hit(3, UNINSPECTED, entry_id=number, captured_at=later)).new) == 1


def test_a_suppression_needs_a_reason_and_an_end(database: Database) -> None:
    [alarm] = _raise(database, _hit(1)).alarms
    for until, reason, why in (
        (NOW + timedelta(hours=1), " ", "a reason is needed"),
        (NOW + timedelta(days=8), "x", "within 7 days"),
        (NOW, "x", "within 7 days"),
    ):
        with pytest.raises(InputError, match=why), database.transaction() as conn:
            suppress(conn, alarm.id, "anna", NOW, until, reason, None)


def test_retention_takes_old_sightings_of_closed_alarms_and_what_was_suppressed(database: Database) -> None:
    [alarm] = _raise(database, _hit(1), _hit(50)).alarms
    with database.transaction() as conn:
        suppress(conn, alarm.id, "anna", START, START + timedelta(seconds=20), "noto", None)
    _raise(database, _hit(10, plate=PLATE))
    _do(database, lambda c: handling.close_alarm(c, alarm.id, "anna", NOW, AlarmOutcome.OTHER))
    before = START + timedelta(seconds=30)
    with database.transaction() as conn:
        assert forget_suppressions(conn, before) == 0, "a sighting names it"
        assert (delete_sightings(conn, before), delete_alarms(conn, before)) == (2, 0)
        assert forget_suppressions(conn, before) == 1
        assert len(list_sightings(conn, alarm.id)) == 1
        late = START + timedelta(seconds=60)
        assert (delete_sightings(conn, late), delete_alarms(conn, late)) == (1, 1)
        assert list_events(conn, alarm.id) == []


def test_a_vehicle_that_passes_every_day_keeps_no_alarm_for_good(database: Database) -> None:
    [alarm] = _raise(database, _hit(1), _hit(2, captured_at=START + timedelta(days=9))).alarms
    with database.transaction() as conn:
        assert close_left_alarms(conn, START + timedelta(days=1), "retention", NOW, "left") == [alarm.id]
        closed = get_alarm(conn, alarm.id)
        assert closed is not None
        assert closed.state is AlarmState.CLOSED
    assert _events(database, alarm.id)[-1] == ("closed", "retention")
