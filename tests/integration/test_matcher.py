# SPDX-License-Identifier: AGPL-3.0-or-later
"""The lists in memory follow those of a real PostgreSQL, and no batch misses an entry that was committed before it."""

import threading
from dataclasses import replace

import psycopg
import psycopg.conninfo
import pytest

import anpr.ingest.matcher
from anpr.domain.errors import StoreError
from anpr.domain.watchlist import MatchMode, Priority, Watchlist
from anpr.ingest.matcher import Matcher
from anpr.ingest.watchlist_cache import watchlist_cache
from anpr.runtime.clock import ManualClock, SystemClock
from anpr.runtime.metrics import REGISTRY
from anpr.store.database.connection import Database
from anpr.store.database.fetch import count_of
from anpr.store.watchlists.entries import ImportMode, NewEntry, add_entry, import_entries, remove_entries
from anpr.store.watchlists.lists import delete_watchlist, save_watchlist
from anpr.store.watchlists.matching import list_version
from scripts.lab.transits import START, make_transit, plate_of
from tests.support.waiting import eventually

LIST = Watchlist(id="a1", name="Rubati", priority=Priority.HIGH, purpose="test", legal_basis="test")


@pytest.fixture
def matcher(database: Database) -> Matcher:
    """With the one list and, in memory, what is on it: the plate of transit 0."""
    with database.transaction() as conn:
        save_watchlist(conn, LIST)
        add_entry(conn, "a1", NewEntry(plate=plate_of(0), reason="x"))
    matcher = Matcher(database, ManualClock(START))
    assert matcher.refresh()
    return matcher


def add(database: Database, *numbers: int) -> None:
    with database.transaction() as conn:
        for number in numbers:
            add_entry(conn, "a1", NewEntry(plate=plate_of(number), reason="x"))


def listeners(database: Database) -> int:
    """Connections to this database that wait for notifications."""
    query = (
        b"SELECT count(*) AS count FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN %'"
    )
    with database.transaction() as conn:
        return count_of(conn, query)


def found(database: Database, matcher: Matcher, *numbers: int) -> list[str]:
    """Plates of these transits that raise an alarm now."""
    with database.transaction() as conn:
        return [transit.plate for transit, _, _ in matcher.hits(conn, [make_transit(number) for number in numbers])]


def matched_by(source: str) -> float:
    return REGISTRY.get_sample_value("anpr_matched_total", {"by": source}) or 0.0


def test_an_entry_counts_from_its_commit_on_whether_memory_has_it_or_not(database: Database, matcher: Matcher) -> None:
    add(database, 1)
    by_database = matched_by("database")
    assert found(database, matcher, 0, 1, 2) == [plate_of(0), plate_of(1)]
    assert matcher.behind.is_set()
    assert matched_by("database") == by_database + 3
    matcher.behind.clear()
    assert matcher.refresh()
    assert not matcher.refresh()
    assert found(database, matcher, 0, 1, 2) == [plate_of(0), plate_of(1)]
    assert not matcher.behind.is_set()
    assert matched_by("database") == by_database + 3
    assert REGISTRY.get_sample_value("anpr_watchlist_entries") == 2


def test_an_entry_that_is_not_committed_is_nobodys(database: Database, matcher: Matcher) -> None:
    with database.transaction() as conn:
        add_entry(conn, "a1", NewEntry(plate=plate_of(1), reason="x"))
        assert found(database, matcher, 1) == []
        assert not matcher.refresh()
        conn.rollback()
    assert not matcher.refresh()


def test_what_is_taken_off_is_not_found_though_memory_still_names_it(database: Database, matcher: Matcher) -> None:
    add(database, 1)
    with database.transaction() as conn:
        remove_entries(conn, "a1", plate_of(0))
    assert found(database, matcher, 0, 1) == [plate_of(1)]
    matcher.refresh()
    assert found(database, matcher, 0, 1) == [plate_of(1)]
    with database.transaction() as conn:
        delete_watchlist(conn, "a1")
    assert found(database, matcher, 0, 1) == []


def test_a_list_that_compares_in_another_way_does_so_at_once_and_after_the_reload(
    database: Database, matcher: Matcher
) -> None:
    alike = make_transit(0, plate=plate_of(0).replace("0", "O"))
    with database.transaction() as conn:
        assert matcher.hits(conn, [alike]) == []
    with database.transaction() as conn:
        save_watchlist(conn, replace(LIST, match=MatchMode.LOOK_ALIKE))
    for _ in range(2):
        with database.transaction() as conn:
            assert len(matcher.hits(conn, [alike])) == 1
        matcher.refresh()
    assert found(database, matcher, 0) == [plate_of(0)]


def test_a_list_that_ends_does_so_at_once_and_after_the_reload(database: Database, matcher: Matcher) -> None:
    with database.transaction() as conn:
        save_watchlist(conn, replace(LIST, valid_to=make_transit(1).captured_at))
    add(database, 1)
    for _ in range(2):
        assert found(database, matcher, 0, 1) == [plate_of(0)], "captured before the end, and at it"
        matcher.refresh()
    with database.transaction() as conn:
        save_watchlist(conn, LIST)
    assert found(database, matcher, 0, 1) == [plate_of(0), plate_of(1)]


def test_another_reason_is_told_by_the_next_alarm(database: Database, matcher: Matcher) -> None:
    with database.transaction() as conn:
        import_entries(conn, "a1", [NewEntry(plate=plate_of(0), reason="other")])
    matcher.refresh()
    with database.transaction() as conn:
        [(_, match, _)] = matcher.hits(conn, [make_transit(0)])
    assert match.entry.reason == "other"


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO entries (watchlist_id, plate, look_alike, reason) VALUES ('a1', %(new)s, %(new)s, 'x')",
        "UPDATE entries SET plate = %(new)s, look_alike = %(new)s",
    ],
)
def test_any_clients_change_is_seen(database: Database, matcher: Matcher, change: str) -> None:
    with database.transaction() as conn:
        conn.execute(change.encode(), {"new": plate_of(1)})
    for _ in range(2):
        assert plate_of(1) in found(database, matcher, 0, 1)
        matcher.refresh()
    with database.transaction() as conn:
        conn.execute("TRUNCATE entries")
    for _ in range(2):
        assert found(database, matcher, 0, 1) == []
        matcher.refresh()


def test_many_changes_are_loaded_anew_and_what_is_gone_is_forgotten(
    database: Database, matcher: Matcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anpr.ingest.matcher, "FEW", 10)
    for start in (100, 200, 300):
        entries = [NewEntry(plate=plate_of(number), reason="x") for number in range(start, start + 100)]
        with database.transaction() as conn:
            import_entries(conn, "a1", entries, ImportMode.REPLACE)
        matcher.refresh()
        assert found(database, matcher, start - 1, start, start + 99) == [plate_of(start), plate_of(start + 99)]
        assert REGISTRY.get_sample_value("anpr_watchlist_entries") == 100


@pytest.mark.usefixtures("matcher")
def test_changes_become_visible_in_the_order_of_their_versions(database: Database) -> None:
    with database.transaction() as first:
        add_entry(first, "a1", NewEntry(plate=plate_of(1), reason="x"))
        with database.transaction() as second, pytest.raises(psycopg.errors.LockNotAvailable):
            second.execute(
                "SET LOCAL lock_timeout = '50ms';"
                "INSERT INTO entries (watchlist_id, plate, look_alike, reason) VALUES ('a1', 'X', 'X', 'x')"
            )
        with database.transaction() as reader:
            seen = list_version(reader)
    with database.transaction() as reader:
        assert list_version(reader) == seen + 1


def test_a_reload_that_fails_leaves_what_was_there(database: Database, matcher: Matcher) -> None:
    add(database, 1)
    with database.transaction() as conn:
        conn.execute("ALTER TABLE entries RENAME TO gone")
    with pytest.raises(StoreError):
        matcher.refresh()
    with database.transaction() as conn:
        conn.execute("ALTER TABLE gone RENAME TO entries")
    assert found(database, matcher, 0, 1) == [plate_of(0), plate_of(1)]


@pytest.mark.usefixtures("matcher")
def test_every_process_is_told_and_a_lost_connection_is_made_again(database: Database, postgres_url: str) -> None:
    also = threading.Event()
    with watchlist_cache(database, SystemClock(), also) as one, watchlist_cache(database, SystemClock()) as other:

        def is_current(number: int) -> bool:
            before = matched_by("memory")
            hits = [found(database, each, 0, number) for each in (one, other)]
            assert hits == [[plate_of(0), plate_of(number)]] * 2
            return matched_by("memory") == before + 4

        eventually(lambda: listeners(database) == 2)  # what is notified before that is never delivered
        add(database, 1)
        eventually(lambda: is_current(1))
        eventually(also.is_set)
        with psycopg.connect(postgres_url, autocommit=True) as conn:
            name = psycopg.conninfo.conninfo_to_dict(database._url)["dbname"]
            conn.execute("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s", (name,))
        add(database, 2)
        eventually(lambda: is_current(2))
