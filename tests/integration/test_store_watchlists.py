# SPDX-License-Identifier: AGPL-3.0-or-later
"""Watchlists and their entries in a real PostgreSQL."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from anpr.domain.errors import InputError
from anpr.domain.watchlist import Entry, MatchMode, Priority, Watchlist
from anpr.store.database.connection import Connection, Database
from anpr.store.watchlists.entries import (
    ImportMode,
    ImportResult,
    NewEntry,
    add_entry,
    import_entries,
    list_entries,
    remove_entries,
)
from anpr.store.watchlists.lists import delete_watchlist, get_watchlist, list_watchlists, save_watchlist

STOLEN = Watchlist(
    id="a1",
    name="Veicoli rubati",
    priority=Priority.HIGH,
    purpose="search of stolen vehicles",
    legal_basis="art. 16-quater D.L. 8/1993",
    match=MatchMode.PROBABILITY,
    min_probability=0.3,
)
FROM, TO = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


def _entries(conn: Connection) -> list[tuple[str, str]]:
    return [(entry.plate, entry.reason) for entry in list_entries(conn, "a1")]


def test_a_list_comes_back_as_it_was_saved_last(database: Database) -> None:
    with database.transaction() as conn:
        save_watchlist(conn, STOLEN)
        add_entry(conn, "a1", NewEntry(plate="AB123CD", reason="report 12"))
        changed = replace(STOLEN, match=MatchMode.LOOK_ALIKE, priority=Priority.LOW)
        save_watchlist(conn, changed)
        assert get_watchlist(conn, "a1") == changed
        assert list_watchlists(conn) == [(changed, 1)]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"id": "A 1"}, "lower-case"),
        ({"name": " "}, "name must not be empty"),
        ({"purpose": ""}, "purpose must not be empty"),
        ({"legal_basis": ""}, "legal basis must not be empty"),
        ({"min_probability": 0.0}, "least probability"),
        ({"min_probability": 1.5}, "least probability"),
    ],
)
def test_a_list_without_what_the_law_asks_is_refused(
    database: Database, change: dict[str, Any], complaint: str
) -> None:
    wrong = replace(STOLEN, **change)
    with database.transaction() as conn, pytest.raises(InputError, match=complaint):
        save_watchlist(conn, wrong)


def test_a_list_that_is_not_there_is_named(database: Database) -> None:
    entry = NewEntry(plate="AB123CD", reason="x")
    with database.transaction() as conn:
        for call in (
            lambda: get_watchlist(conn, "b2"),
            lambda: delete_watchlist(conn, "b2"),
            lambda: add_entry(conn, "b2", entry),
            lambda: import_entries(conn, "b2", [entry]),
        ):
            with pytest.raises(InputError, match="watchlist b2: no such list"):
                call()


def test_an_entry_is_added_once_per_validity_and_removed(database: Database) -> None:
    with database.transaction() as conn:
        save_watchlist(conn, STOLEN)
        always = add_entry(conn, "a1", NewEntry(plate="AB123CD", reason="report 12"))
        limited = add_entry(conn, "a1", NewEntry(plate="AB123CD", reason="report 13", valid_from=FROM, valid_to=TO))
        with pytest.raises(InputError, match="AB123CD is on it already"):
            add_entry(conn, "a1", NewEntry(plate="AB123CD", reason="another"))
        assert list_entries(conn, "a1") == [
            Entry(id=always.id, watchlist_id="a1", plate="AB123CD", reason="report 12"),
            Entry(id=limited.id, watchlist_id="a1", plate="AB123CD", reason="report 13", valid_from=FROM, valid_to=TO),
        ]
        assert list_entries(conn, "a1", after_id=always.id) == [limited]
        assert remove_entries(conn, "a1", "AB123CD") == [always, limited]
        with pytest.raises(InputError, match="AB123CD is not on it"):
            remove_entries(conn, "a1", "AB123CD")


def test_an_import_adds_changes_and_keeps(database: Database) -> None:
    with database.transaction() as conn:
        save_watchlist(conn, STOLEN)
        kept = add_entry(conn, "a1", NewEntry(plate="AA111AA", reason="kept"))
        changed = add_entry(conn, "a1", NewEntry(plate="BB222BB", reason="old", valid_to=TO))
        new = [
            NewEntry(plate="AA111AA", reason="kept"),
            NewEntry(plate="BB222BB", reason="new", valid_to=TO),
            NewEntry(plate="CC333CC", reason='with "quotes", a\ttab and è'),
        ]
        assert import_entries(conn, "a1", new) == ImportResult(added=1, changed=1, unchanged=1, removed=0)
        found = {entry.plate: entry for entry in list_entries(conn, "a1")}
    assert found["AA111AA"] == kept
    assert found["BB222BB"] == replace(changed, reason="new")
    assert found["CC333CC"].reason == 'with "quotes", a\ttab and è'


def test_a_replacing_import_makes_the_file_the_whole_list(database: Database) -> None:
    with database.transaction() as conn:
        save_watchlist(conn, STOLEN)
        save_watchlist(conn, replace(STOLEN, id="other"))
        add_entry(conn, "other", NewEntry(plate="ZZ999ZZ", reason="of another list"))
        kept = add_entry(conn, "a1", NewEntry(plate="AA111AA", reason="kept"))
        add_entry(conn, "a1", NewEntry(plate="AA111AA", reason="other validity", valid_from=FROM))
        add_entry(conn, "a1", NewEntry(plate="BB222BB", reason="gone"))
        new = [NewEntry(plate="AA111AA", reason="kept"), NewEntry(plate="CC333CC", reason="new")]
        result = import_entries(conn, "a1", new, ImportMode.REPLACE)
        assert result == ImportResult(added=1, changed=0, unchanged=1, removed=2)
        assert _entries(conn) == [("AA111AA", "kept"), ("CC333CC", "new")]
        assert list_entries(conn, "a1")[0].id == kept.id, "alarms name entries by id: an unchanged one keeps it"
        assert len(list_entries(conn, "other")) == 1
        assert import_entries(conn, "a1", [], ImportMode.REPLACE).removed == 2


def test_deleting_a_list_takes_its_entries_along(database: Database) -> None:
    with database.transaction() as conn:
        save_watchlist(conn, STOLEN)
        add_entry(conn, "a1", NewEntry(plate="AA111AA", reason="x"))
        assert delete_watchlist(conn, "a1") == 1
        assert list_watchlists(conn) == []
        assert conn.execute("SELECT count(*) AS n FROM entries").fetchone() == {"n": 0}
