# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who put an entry on a list and when, by every path; and how old a list is."""

from dataclasses import replace
from datetime import datetime, timedelta

from anpr.domain.watchlist import Priority, Watchlist
from anpr.ingest.agreement_ends import note_ends
from anpr.runtime.clock import ManualClock
from anpr.runtime.metrics import REGISTRY
from anpr.settings import Settings
from anpr.store.author import Author, act_as
from anpr.store.database.connection import Connection, Database
from anpr.store.watchlists.cards import get_card, stale_lists
from anpr.store.watchlists.entries import ImportMode, NewEntry, add_entry, import_entries, remove_entries
from anpr.store.watchlists.lists import save_watchlist
from anpr.store.watchlists.matching import list_version
from scripts.lab.transits import START

LIST = Watchlist(id="stolen", name="Rubati", priority=Priority.HIGH, purpose="p", legal_basis="l", stale_after_hours=2)


def put_by(conn: Connection) -> dict[str, tuple[str | None, datetime | None]]:
    rows = conn.execute("SELECT plate, author, added_at FROM entries")
    return {row["plate"]: (row["author"], row["added_at"]) for row in rows}


def test_an_import_and_a_single_entry_are_told_alike_and_keep_their_author(database: Database) -> None:
    first, second = Author(name="anna", at=START), Author(name="os:root", at=START + timedelta(hours=1))
    with database.transaction() as conn:
        save_watchlist(conn, LIST)
        act_as(conn, first)
        import_entries(conn, LIST.id, [NewEntry(plate="AA000AA", reason="r"), NewEntry(plate="BB000BB", reason="r")])
    with database.transaction() as conn:
        act_as(conn, second)
        add_entry(conn, LIST.id, NewEntry(plate="CC000CC", reason="r"))
        import_entries(conn, LIST.id, [NewEntry(plate="AA000AA", reason="other")], ImportMode.ADD)
        told = put_by(conn)
    assert told == {
        "AA000AA": ("anna", first.at), "BB000BB": ("anna", first.at), "CC000CC": ("os:root", second.at),
    }  # fmt: skip


def test_nobody_is_named_where_nobody_said_who_and_the_author_goes_with_the_transaction(database: Database) -> None:
    with database.transaction() as conn:
        save_watchlist(conn, LIST)
        act_as(conn, Author(name="anna", at=START))
    with database.transaction() as conn:
        add_entry(conn, LIST.id, NewEntry(plate="AA000AA", reason="r"))
        author, added_at = put_by(conn)["AA000AA"]
    assert author is None
    assert added_at is not None


def test_a_list_is_as_old_as_its_entries_and_that_is_no_change_of_the_lists(database: Database) -> None:
    times = [START + timedelta(hours=hours) for hours in range(5)]

    def changed(at: datetime) -> datetime | None:
        with database.transaction() as conn:
            act_as(conn, Author(name="anna", at=at))
            if at == times[0]:
                save_watchlist(conn, LIST)
            elif at == times[1]:
                import_entries(conn, LIST.id, [NewEntry(plate="AA000AA", reason="r")])
            elif at == times[2]:
                import_entries(conn, LIST.id, [NewEntry(plate="AA000AA", reason="r")])  # finds all as it is
            elif at == times[3]:
                remove_entries(conn, LIST.id, "AA000AA")
            else:
                save_watchlist(conn, LIST)
            return get_card(conn, LIST.id).changed_at

    assert [changed(at) for at in times] == [None, times[1], times[2], times[3], times[3]]
    with database.transaction() as conn:
        before = list_version(conn)
        conn.execute("UPDATE watchlists SET changed_at = now()")
        assert list_version(conn) == before


def test_the_number_of_entries_is_kept_whatever_happens_to_them(database: Database) -> None:
    def number(*statements: str) -> int:
        with database.transaction() as conn:
            for statement in statements:
                conn.execute(statement.encode())
            return get_card(conn, LIST.id).entries

    with database.transaction() as conn:
        save_watchlist(conn, LIST)
        save_watchlist(conn, replace(LIST, id="other"))
        import_entries(conn, LIST.id, [NewEntry(plate=f"AA{n:03}AA", reason="r") for n in range(9)])
        import_entries(conn, LIST.id, [NewEntry(plate="AA000AA", reason="x"), NewEntry(plate="ZZ", reason="x")])
    assert number() == 10
    with database.transaction() as conn:
        import_entries(conn, LIST.id, [NewEntry(plate="AA000AA", reason="x")], ImportMode.REPLACE)
    assert number() == 1
    assert number("UPDATE entries SET watchlist_id = 'other'") == 0
    assert number("UPDATE entries SET watchlist_id = 'stolen'") == 1
    assert number("TRUNCATE entries") == 0


def test_lists_that_are_out_of_date_are_counted_for_alerts(
    database: Database, ingest_database: Database, clock: ManualClock
) -> None:
    with database.transaction() as conn:
        save_watchlist(conn, LIST)
        act_as(conn, Author(name="anna", at=clock.now()))
        add_entry(conn, LIST.id, NewEntry(plate="AA000AA", reason="r"))
    counts = []
    for _ in range(2):
        note_ends(ingest_database, Settings(), clock)
        counts.append(REGISTRY.get_sample_value("anpr_watchlists_stale"))
        clock.advance(timedelta(hours=2, seconds=1).total_seconds())
    assert counts == [0, 1]
    with database.transaction() as conn:
        assert [age.watchlist.id for age in stale_lists(conn, clock.now())] == [LIST.id]
