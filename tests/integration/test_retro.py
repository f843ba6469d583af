# SPDX-License-Identifier: AGPL-3.0-or-later
"""New entries are looked for in what passed before, in a real PostgreSQL: once each, bounded, and with no gap."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from anpr.domain.alarm import Sighting
from anpr.domain.read import Candidate
from anpr.domain.watchlist import MatchMode, Priority, Watchlist
from anpr.ingest.matcher import Matcher
from anpr.ingest.retro import RetroMatch, retro_matching
from anpr.runtime.clock import ManualClock, SystemClock
from anpr.settings import IngestSettings, Settings
from anpr.store.alarms.raising import raise_alarms
from anpr.store.alarms.retro import RetroLimits, pending_entries, retro_changes, retro_step, writers
from anpr.store.alarms.rows import ALARM_CHANNEL, RETRO_CHANNEL, list_sightings
from anpr.store.database.connection import Database
from anpr.store.database.queries import load_queries
from anpr.store.transits.rows import insert_transits
from anpr.store.watchlists.entries import NewEntry, import_entries
from anpr.store.watchlists.lists import get_watchlist, save_watchlist
from scripts.lab.transits import START, make_transit, plate_of
from tests.support.waiting import eventually

LIST = Watchlist(id="a1", name="Rubati", priority=Priority.HIGH, purpose="test", legal_basis="test")
NOW = START + timedelta(hours=5)
LONG_AGO = START - timedelta(days=300)
"""As the moment of receipt: before any change of this test's lists, which the database dates itself."""


def retro(database: Database, **ingest: Any) -> RetroMatch:
    return RetroMatch(database=database, settings=Settings(ingest=IngestSettings(**ingest)), clock=ManualClock(NOW))


def catch_up(database: Database, **ingest: int) -> None:
    retro(database, **ingest).catch_up(threading.Event())


def store(database: Database, *numbers: int, match: MatchMode = MatchMode.EXACT) -> None:
    """The list, empty, and these transits, received long ago."""
    with database.transaction() as conn:
        save_watchlist(conn, replace(LIST, match=match))
        insert_transits(conn, [make_transit(number) for number in numbers], LONG_AGO + timedelta(days=299))


def add(database: Database, *plates: str, **validity: object) -> None:
    with database.transaction() as conn:
        import_entries(conn, "a1", [NewEntry(plate=plate, reason="x", **validity) for plate in plates])  # type: ignore[arg-type]


def alarms(database: Database) -> list[Sighting]:
    with database.transaction() as conn:
        return list_sightings(conn, limit=1000)[::-1]


def plates(database: Database) -> list[str]:
    assert all(alarm.retro for alarm in alarms(database))
    return [alarm.plate for alarm in alarms(database)]


def test_a_plate_added_now_is_found_in_the_past_once_and_marked(database: Database) -> None:
    store(database, *range(10))
    add(database, plate_of(3), plate_of(99))
    catch_up(database)
    assert plates(database) == [plate_of(3)]
    catch_up(database)
    assert plates(database) == [plate_of(3)]
    add(database, plate_of(4))
    catch_up(database)
    assert plates(database) == [plate_of(3), plate_of(4)]
    with database.transaction() as conn:
        assert pending_entries(conn) == 0
        found = [(list(c.watchlists), c.searched, c.found, c.raised, c.held_back) for c in retro_changes(conn)]
    assert found == [(["a1"], 1, 1, 1, 0), (["a1"], 2, 1, 1, 0)]


def test_an_alarm_that_was_raised_live_is_not_raised_again(database: Database) -> None:
    store(database, 1, 2)
    add(database, plate_of(1), plate_of(2))
    matcher = Matcher(database, ManualClock(NOW))
    with database.transaction() as conn:
        raise_alarms(conn, matcher.hits(conn, [make_transit(1)]), NOW)
    catch_up(database)
    assert [(alarm.plate, alarm.retro) for alarm in alarms(database)] == [(plate_of(1), False), (plate_of(2), True)]


def test_validity_and_retention_bound_the_past(database: Database) -> None:
    store(database, *range(10))
    add(database, plate_of(3), valid_from=START + timedelta(seconds=4))
    add(database, plate_of(4), valid_to=START + timedelta(seconds=4))
    add(database, plate_of(5), valid_from=START + timedelta(seconds=5), valid_to=START + timedelta(seconds=6))
    catch_up(database)
    assert plates(database) == [plate_of(5)]
    late = RetroMatch(database=database, settings=Settings(), clock=ManualClock(NOW + timedelta(days=8)))
    add(database, plate_of(6))
    late.catch_up(threading.Event())
    assert plates(database) == [plate_of(5)]


@pytest.mark.parametrize("match", MatchMode)
def test_nothing_is_found_that_passed_after_the_end_of_the_list(database: Database, match: MatchMode) -> None:
    store(database, *range(4), match=match)
    with database.transaction() as conn:
        save_watchlist(conn, replace(get_watchlist(conn, "a1"), valid_to=make_transit(2).captured_at))
    add(database, plate_of(1), plate_of(2))
    catch_up(database)
    assert plates(database) == [plate_of(1)]


@pytest.mark.parametrize(
    ("match", "expected"),
    [(MatchMode.EXACT, ["A8123CD"]), (MatchMode.LOOK_ALIKE, ["AB123CD", "A8123CD"]),
     (MatchMode.PROBABILITY, ["A8123CD", "XX000XX"])],
)  # fmt: skip
def test_each_list_looks_back_by_its_own_rule(database: Database, match: MatchMode, expected: list[str]) -> None:
    store(database, match=match)
    past = [
        make_transit(1, plate="AB123CD"),
        make_transit(2, plate="A8123CD"),
        make_transit(3, plate="XX000XX", candidates=(Candidate(text="A8123CD", probability=0.6),)),
        make_transit(4, plate="YY000YY", candidates=(Candidate(text="A8123CD", probability=0.4),)),
    ]
    with database.transaction() as conn:
        insert_transits(conn, past, LONG_AGO + timedelta(days=299))
    add(database, "A8123CD")
    catch_up(database)
    assert sorted(plates(database)) == sorted(expected)


@pytest.mark.parametrize(
    ("match", "expected"),
    [(MatchMode.EXACT, ["AB123CD"]), (MatchMode.LOOK_ALIKE, ["AB123CD", "A8123CD"]),
     (MatchMode.PROBABILITY, ["AB123CD", "XX000XX"])],
)  # fmt: skip
def test_a_partial_plate_is_looked_for_by_its_lists_rule(
    database: Database, match: MatchMode, expected: list[str]
) -> None:
    store(database, match=match)
    doubtful = (Candidate(text="AB123CE", probability=0.3), Candidate(text="AB123CF", probability=0.3))
    past = [
        make_transit(1, plate="AB123CD", candidates=doubtful),
        make_transit(2, plate="A8123CD"),
        make_transit(3, plate="XX000XX", candidates=doubtful),
        make_transit(4, plate="YY000YY", candidates=doubtful[:1]),
        make_transit(5, plate="AB132CD"),
    ]
    with database.transaction() as conn:
        insert_transits(conn, past, LONG_AGO + timedelta(days=299))
    add(database, "AB123*")
    catch_up(database)
    assert sorted(plates(database)) == sorted(expected)


def test_partial_plates_are_looked_up_in_the_dictionarys_index(database: Database) -> None:
    store(database, *range(10), match=MatchMode.EXACT)
    add(database, f"{plate_of(3)[:5]}*")
    values = {"since": START, "version": 1, "after": 0, "until": 9, "per_entry": 5, "recent": NOW, "day": NOW.date()}
    with database.transaction() as conn:
        conn.execute("SET LOCAL enable_seqscan = off")
        rows = conn.execute(b"EXPLAIN (COSTS OFF) " + load_queries("retro")["past_plates"], values).fetchall()
    plan = "\n".join(row["QUERY PLAN"] for row in rows)
    assert "plates_wildcard" in plan, plan


def test_plates_and_look_alikes_are_found_by_index(database: Database) -> None:
    store(database, *range(10), match=MatchMode.LOOK_ALIKE)
    add(database, plate_of(3))
    values = {"since": START, "version": 1, "after": 0, "until": 9, "per_entry": 5, "recent": NOW, "day": NOW.date()}
    with database.transaction() as conn:
        conn.execute("SET LOCAL enable_seqscan = off")  # what is left then has no index
        rows = conn.execute(b"EXPLAIN (COSTS OFF) " + load_queries("retro")["past_plates"], values).fetchall()
    plan = "\n".join(row["QUERY PLAN"] for row in rows)
    assert plan.count("Index Scan using transits_20261121_plate") + plan.count("plate_captured_at_idx") >= 2, plan
    assert "Seq Scan on transits" not in plan


def test_candidates_are_looked_through_hour_by_hour_to_the_oldest(database: Database) -> None:
    store(database, match=MatchMode.PROBABILITY)
    candidates = (Candidate(text="A8123CD", probability=0.6),)
    past = [
        make_transit(n, captured_at=START - timedelta(minutes=50 * n), plate=plate_of(n), candidates=candidates)
        for n in range(8)
    ]
    with database.transaction() as conn:
        insert_transits(conn, past, LONG_AGO + timedelta(days=299))
    add(database, "A8123CD")
    catch_up(database, retro_per_entry=6)
    assert sorted(plates(database)) == sorted(plate_of(n) for n in range(6)), "the newest"
    with database.transaction() as conn:
        [change] = retro_changes(conn)
    assert (change.searched, change.raised) == (1, 6)
    assert change.held_back >= 1


def test_a_long_import_raises_few_alarms_and_says_how_many_it_held_back(database: Database) -> None:
    store(database, *range(50))
    add(database, *(plate_of(number) for number in range(50)))
    catch_up(database, retro_per_change=7)
    assert plates(database) == [plate_of(number) for number in range(43, 50)], "the newest, the newest last"
    with database.transaction() as conn:
        [change] = retro_changes(conn)
    assert (change.searched, change.found, change.raised, change.held_back) == (50, 50, 7, 43)


def test_one_plate_that_passed_often_raises_its_newest_passages(database: Database) -> None:
    store(database)
    past = [make_transit(number, plate="AB123CD") for number in range(20)]
    with database.transaction() as conn:
        insert_transits(conn, past, LONG_AGO + timedelta(days=299))
    add(database, "AB123CD")
    catch_up(database, retro_per_entry=3)
    assert [alarm.transit_id for alarm in alarms(database)] == [make_transit(n).id for n in (17, 18, 19)]


def test_what_was_received_as_the_entry_came_is_never_held_back(database: Database) -> None:
    store(database)
    with database.transaction() as conn:
        row = conn.execute("SELECT clock_timestamp() AS now").fetchone()
        assert row
        insert_transits(conn, [make_transit(number, plate="AB123CD") for number in range(9)], row["now"])
    add(database, "AB123CD")
    catch_up(database, retro_per_entry=1, retro_per_change=0)
    assert len(alarms(database)) == 9


def test_a_crash_between_steps_repeats_none_and_leaves_none_out(database: Database) -> None:
    store(database, *range(30))
    add(database, *(plate_of(number) for number in range(30)))
    limits = RetroLimits(per_entry=5, per_change=100, entries=7)
    steps = 0
    while True:
        with database.transaction() as conn:
            step = retro_step(conn, limits, START - timedelta(days=1), NOW, 10**9)
            conn.rollback()
        if step is None:
            break
        with database.transaction() as conn:
            assert retro_step(conn, limits, START - timedelta(days=1), NOW, 10**9)
        steps += 1
    assert steps == 5
    assert sorted(plates(database)) == sorted(plate_of(number) for number in range(30))


def test_one_process_works_at_a_time(database: Database) -> None:
    store(database, 1)
    add(database, plate_of(1))
    limits = RetroLimits(per_entry=5, per_change=100)
    with database.transaction() as one, database.transaction() as other:
        assert retro_step(one, limits, START, NOW, 10**9)
        assert retro_step(other, limits, START, NOW, 10**9) is None
    assert len(alarms(database)) == 1


class WaitingClock(ManualClock):
    """Does something while somebody waits."""

    at_wait: Callable[[], None]

    def wait(self, event: threading.Event, seconds: float) -> bool:
        self.at_wait()
        return super().wait(event, seconds)


def test_a_batch_that_missed_the_entry_by_a_moment_is_waited_for_and_found(database: Database) -> None:
    """The race: the batch asks for the lists before the entry is committed, and is committed after it."""
    store(database)
    matcher = Matcher(database, ManualClock(NOW))
    matcher.refresh()
    clock, waits = WaitingClock(NOW), 0
    with database.transaction() as batch:
        insert_transits(batch, [make_transit(1)], NOW)
        assert matcher.hits(batch, [make_transit(1)]) == []
        add(database, plate_of(1))

        def end_the_batch() -> None:
            nonlocal waits
            waits += 1
            assert alarms(database) == []
            if waits == 3:
                batch.commit()

        clock.at_wait = end_the_batch
        RetroMatch(database=database, settings=Settings(), clock=clock).catch_up(threading.Event())
    assert waits == 3
    assert plates(database) == [plate_of(1)]


def test_who_only_reads_transits_is_not_waited_for(database: Database) -> None:
    store(database, 1)
    with database.transaction() as reader, database.transaction() as conn:
        reader.execute("SELECT * FROM transits").fetchall()
        assert writers(conn) == set()


def test_alarms_from_the_past_do_not_ring_on_the_live_channel(database: Database) -> None:
    store(database, 1)
    heard: list[str] = []
    stop = threading.Event()

    def listen() -> None:
        heard.extend(note.channel for note in database.notifications([ALARM_CHANNEL, RETRO_CHANNEL], stop))

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        eventually(lambda: _listens(database))
        add(database, plate_of(1))
        catch_up(database)
        with database.transaction() as conn:
            insert_transits(conn, [make_transit(2, plate=plate_of(1))], NOW)
            raise_alarms(
                conn, Matcher(database, ManualClock(NOW)).hits(conn, [make_transit(2, plate=plate_of(1))]), NOW
            )
        eventually(lambda: ALARM_CHANNEL in heard)  # they are told in order: what came before it is there
    finally:
        stop.set()
        thread.join()
    assert heard == [RETRO_CHANNEL, ALARM_CHANNEL]


def _listens(database: Database) -> bool:
    with database.transaction() as conn:
        row = conn.execute(
            "SELECT count(*) AS count FROM pg_stat_activity"
            " WHERE datname = current_database() AND query = 'LISTEN \"anpr_alarm_retro\"' AND state = 'idle'"
        ).fetchone()
    return bool(row and row["count"])


class StandingClock(SystemClock):
    """Waits as we do, but knows one moment."""

    def now(self) -> datetime:
        return NOW


def test_it_runs_beside_ingest_and_waits_for_a_list(database: Database) -> None:
    store(database, 1)
    with retro_matching(database, Settings(), StandingClock()) as changed:
        add(database, plate_of(1))
        changed.set()
        eventually(lambda: len(alarms(database)) == 1)
    assert plates(database) == [plate_of(1)]
