# SPDX-License-Identifier: AGPL-3.0-or-later
"""Changes of lists that wait for a second person: proposed, approved once, refused, stale; urgent ones end alone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result

from anpr.cli.main import main
from anpr.domain.errors import StoreError
from anpr.domain.watchlist import Priority, Watchlist
from anpr.listfiles.importing import ImportOrder, import_order, read_order
from anpr.listfiles.proposing import approve, propose_import, refuse, withdraw
from anpr.runtime.clock import ManualClock
from anpr.store.audit import AuditAction, list_audit
from anpr.store.author import Author, act_as
from anpr.store.database.connection import Connection, Database
from anpr.store.watchlists.cards import change_list, drop_list
from anpr.store.watchlists.entries import ImportMode, NewEntry, add_entry, import_entries, list_entries, remove_entries
from anpr.store.watchlists.entry_edits import change_entry, end_entry, put_entry, remove_entry
from anpr.store.watchlists.lists import find_watchlist, get_watchlist, save_watchlist
from anpr.store.watchlists.locks import SecondPersonError
from anpr.store.watchlists.proposals import (
    NotAuthorError,
    OwnProposalError,
    ProposalKind,
    ProposalSettledError,
    ProposalState,
    StaleProposalError,
    expire_proposals,
    forget_proposals,
    get_proposal,
    list_proposals,
    waiting_proposals,
)
from anpr.store.watchlists.proposing import (
    propose_change,
    propose_delete,
    propose_entry,
    propose_off,
    propose_settings,
)
from anpr.up.demo import WATCHLIST, import_demo_watchlist
from scripts.lab.transits import START

ZONE = ZoneInfo("Europe/Rome")
LIST = Watchlist(id="a1", name="Rubati", priority=Priority.HIGH, purpose="p", legal_basis="l", urgent_hours=8)
ANNA, BRUNO = Author(name="anna", at=START), Author(name="bruno", at=START + timedelta(minutes=5))
NEW = NewEntry(plate="AB123CD", reason="furto", instructions="fermare")


@pytest.fixture
def demanding(database: Database) -> Database:
    """With a list that has one entry and demands a second person."""
    with database.transaction() as conn:
        save_watchlist(conn, LIST)
        act_as(conn, ANNA)
        add_entry(conn, "a1", NewEntry(plate="ZZ000ZZ", reason="vecchia"))
        change_list(conn, replace(LIST, second_person=True), ANNA, "due persone")
    return database


def plates(database: Database) -> list[str]:
    with database.transaction() as conn:
        return [entry.plate for entry in list_entries(conn, "a1")]


def first(conn: Connection) -> int:
    return list_entries(conn, "a1")[0].id


def state_of(database: Database, number: int) -> ProposalState:
    with database.transaction() as conn:
        return get_proposal(conn, "a1", number).state


def proposed(database: Database, make: Callable[[Connection], int]) -> int:
    with database.transaction() as conn:
        return make(conn)


def put(database: Database, *, is_urgent: bool = False) -> int:
    return proposed(database, lambda conn: propose_entry(conn, "a1", NEW, ANNA, is_urgent=is_urgent).id)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda conn: put_entry(conn, "a1", NEW, ANNA), id="put"),
        pytest.param(lambda conn: add_entry(conn, "a1", NEW), id="add"),
        pytest.param(lambda conn: change_entry(conn, "a1", first(conn), NEW, ANNA, "r"), id="change"),
        pytest.param(lambda conn: end_entry(conn, "a1", first(conn), BRUNO, "r"), id="end"),
        pytest.param(lambda conn: remove_entry(conn, "a1", first(conn), ANNA, "r"), id="remove"),
        pytest.param(lambda conn: remove_entries(conn, "a1", "ZZ000ZZ"), id="remove-plate"),
        pytest.param(lambda conn: import_entries(conn, "a1", [NEW], ImportMode.REPLACE), id="import"),
        pytest.param(lambda conn: change_list(conn, LIST, ANNA, "weg"), id="settings"),
        pytest.param(lambda conn: drop_list(conn, "a1", ANNA, "weg"), id="delete"),
    ],
)
def test_nobody_changes_the_list_alone_by_whatever_path(
    demanding: Database, change: Callable[[Connection], object]
) -> None:
    with pytest.raises(SecondPersonError), demanding.transaction() as conn:
        change(conn)
    assert plates(demanding) == ["ZZ000ZZ"]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO entries (watchlist_id, plate, look_alike, reason) VALUES ('a1', 'AB123CD', 'AB123CD', 'r')",
        "UPDATE entries SET reason = 'other'",
        "DELETE FROM entries",
        "UPDATE watchlists SET second_person = false",
        "DELETE FROM watchlists",
    ],
    ids=["insert", "update", "delete", "switch-off", "drop"],
)
def test_the_database_refuses_what_a_path_forgets_to_ask(demanding: Database, statement: str) -> None:
    with pytest.raises(StoreError, match="second person"), demanding.transaction() as conn:
        conn.execute(statement.encode())


def test_what_was_approved_by_another_counts_and_nothing_before(demanding: Database) -> None:
    number = put(demanding)
    assert plates(demanding) == ["ZZ000ZZ"]
    with pytest.raises(OwnProposalError):
        approve(demanding, "a1", number, replace(ANNA, at=BRUNO.at), ZONE)
    approve(demanding, "a1", number, BRUNO, ZONE)
    with demanding.transaction() as conn:
        added = list_entries(conn, "a1")[1]
        events = [row.event for row in list_audit(conn)]
    assert (added.plate, added.instructions) == ("AB123CD", "fermare")
    closed = next(event for event in events if event.action is AuditAction.WATCHLIST_PROPOSAL_CLOSED)
    assert (closed.actor, closed.detail["outcome"], closed.detail["proposed_by"]) == ("bruno", "approved", "anna")
    with pytest.raises(SecondPersonError), demanding.transaction() as conn:
        put_entry(conn, "a1", replace(NEW, plate="CD456EF"), BRUNO)


def test_of_two_who_approve_at_once_one_does(demanding: Database) -> None:
    number = put(demanding)
    at_once, told = Barrier(2), list[str]()

    def press(who: str) -> None:
        at_once.wait()
        try:
            approve(demanding, "a1", number, Author(name=who, at=BRUNO.at), ZONE)
            told.append("done")
        except ProposalSettledError:
            told.append("settled")

    pressing = [Thread(target=press, args=(who,)) for who in ("bruno", "carla")]
    for each in pressing:
        each.start()
    for each in pressing:
        each.join()
    assert sorted(told) == ["done", "settled"]
    assert plates(demanding) == ["ZZ000ZZ", "AB123CD"]


def test_what_changed_meanwhile_makes_a_proposal_stale(demanding: Database) -> None:
    with demanding.transaction() as conn:
        number = propose_change(conn, "a1", first(conn), replace(NEW, reason="altro"), ANNA, "perché")
        removal = propose_off(conn, "a1", first(conn), ProposalKind.REMOVE, ANNA, "revocata")
    approve(demanding, "a1", removal, BRUNO, ZONE)
    assert plates(demanding) == []
    with pytest.raises(StaleProposalError):
        approve(demanding, "a1", number, BRUNO, ZONE)
    assert state_of(demanding, number) is ProposalState.STALE
    with pytest.raises(ProposalSettledError):
        approve(demanding, "a1", number, BRUNO, ZONE)


def test_it_is_refused_with_a_reason_by_another_and_withdrawn_by_its_author(demanding: Database) -> None:
    refused, withdrawn = put(demanding), put(demanding)
    refuse(demanding, "a1", refused, BRUNO, "manca l'atto")
    with pytest.raises(NotAuthorError):
        withdraw(demanding, "a1", withdrawn, BRUNO)
    withdraw(demanding, "a1", withdrawn, replace(ANNA, at=BRUNO.at))
    with demanding.transaction() as conn:
        found = {each.id: (each.state, each.answer) for each in list_proposals(conn, "a1")}
    assert found[refused] == (ProposalState.REFUSED, "manca l'atto")
    assert found[withdrawn] == (ProposalState.WITHDRAWN, None)
    assert plates(demanding) == ["ZZ000ZZ"]


def ends(database: Database) -> datetime | None:
    with database.transaction() as conn:
        return next(entry.valid_to for entry in list_entries(conn, "a1") if entry.plate == "AB123CD")


def test_an_urgent_entry_counts_at_once_and_ends_by_itself(demanding: Database) -> None:
    put(demanding, is_urgent=True)
    assert ends(demanding) == START + timedelta(hours=8)


def test_an_urgent_entry_that_is_approved_has_the_end_that_was_wanted(demanding: Database) -> None:
    approve(demanding, "a1", put(demanding, is_urgent=True), BRUNO, ZONE)
    assert ends(demanding) is None


def test_an_urgent_entry_that_is_refused_ends_then(demanding: Database) -> None:
    refuse(demanding, "a1", put(demanding, is_urgent=True), BRUNO, "errore di battitura")
    assert ends(demanding) == BRUNO.at


def test_urgency_opens_the_list_for_nothing_else(demanding: Database) -> None:
    def put_two(conn: Connection) -> int:
        propose_entry(conn, "a1", NEW, ANNA, is_urgent=True)
        return add_entry(conn, "a1", NewEntry(plate="CD456EF", reason="senza fine")).id

    with pytest.raises(StoreError, match="approved proposal"):
        proposed(demanding, put_two)
    assert plates(demanding) == ["ZZ000ZZ"]


def test_a_file_waits_and_is_imported_as_it_was_shown_or_not_at_all(demanding: Database) -> None:
    order = ImportOrder(watchlist_id="a1", name="f.csv", content=b"Targa;Motivo\nEF456GH;furto\n",
                        mode=ImportMode.REPLACE, source="Questura")  # fmt: skip
    with demanding.transaction() as conn:
        read = read_order(conn, order, ZONE)
    with pytest.raises(SecondPersonError), demanding.transaction() as conn:
        import_order(conn, order, read, ANNA)
    numbers = [proposed(demanding, lambda conn: propose_import(conn, order, read, ANNA, "l'elenco")) for _ in (1, 2)]
    assert plates(demanding) == ["ZZ000ZZ"]
    approve(demanding, "a1", numbers[0], BRUNO, ZONE)
    assert plates(demanding) == ["EF456GH"]
    with pytest.raises(StaleProposalError):
        approve(demanding, "a1", numbers[1], BRUNO, ZONE)
    with demanding.transaction() as conn:
        assert get_proposal(conn, "a1", numbers[0]).file is None, "a settled one needs its file no more"


def test_the_demand_itself_goes_by_a_second_person_and_so_does_the_list(demanding: Database) -> None:
    off = proposed(demanding, lambda conn: propose_settings(conn, LIST, ANNA, "troppo lento"))
    gone = proposed(demanding, lambda conn: propose_delete(conn, "a1", ANNA, "finita"))
    approve(demanding, "a1", off, BRUNO, ZONE)
    with demanding.transaction() as conn:
        assert not get_watchlist(conn, "a1").second_person
        put_entry(conn, "a1", NEW, ANNA)
    approve(demanding, "a1", gone, BRUNO, ZONE)
    with demanding.transaction() as conn:
        assert find_watchlist(conn, "a1") is None


def test_what_nobody_settles_expires_and_is_forgotten_later(demanding: Database) -> None:
    number, late = put(demanding), START + timedelta(days=7)
    with demanding.transaction() as conn:
        assert waiting_proposals(conn, START) == {"a1": 1}
        assert waiting_proposals(conn, late) == {}
    with pytest.raises(ProposalSettledError):
        approve(demanding, "a1", number, replace(BRUNO, at=late), ZONE)
    with demanding.transaction() as conn:
        assert expire_proposals(conn, late) == 1
        assert list_audit(conn)[0].event.detail["outcome"] == "expired"
        assert get_proposal(conn, "a1", number).state is ProposalState.EXPIRED
        assert forget_proposals(conn, late + timedelta(days=29)) == 0
        assert forget_proposals(conn, late + timedelta(days=31)) == 1


def test_the_demo_leaves_its_list_alone_once_it_demands_a_second_person(database: Database) -> None:
    with database.transaction() as conn:
        import_demo_watchlist(conn, ManualClock(START))
        change_list(conn, replace(WATCHLIST, second_person=True, name="Altro"), ANNA, "prova")
    with database.transaction() as conn:
        import_demo_watchlist(conn, ManualClock(START))
        assert get_watchlist(conn, WATCHLIST.id).name == "Altro"


# -- as somebody types it


CREATE = ("create", "--name", "x", "--priority", "low", "--purpose", "p", "--legal-basis", "l")


def typed(url: str, folder: Path, *arguments: str) -> Result:
    environment = {"DATABASE_URL": url, "ANPR_DATA_DIR": str(folder), "ANPR_CONFIG": None}
    return CliRunner().invoke(main, ("watchlist", *arguments), env=environment)


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "a1", "AB123CD", "--reason", "furto"),
        ("remove", "a1", "ZZ000ZZ"),
        ("delete", "a1", "--yes"),
        ("undo", "a1", "--yes"),
        (*CREATE, "a1", "--no-second-person"),
    ],
    ids=["add", "remove", "delete", "undo", "create"],
)  # fmt: skip
def test_the_command_line_says_that_a_second_person_is_demanded(
    demanding: Database, database_url: str, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    result = typed(database_url, tmp_path, *arguments)
    assert result.exit_code != 0
    assert "demands a second person" in result.output
    assert plates(demanding) == ["ZZ000ZZ"]


def test_a_file_of_the_command_line_becomes_a_proposal(demanding: Database, database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("Targa;Motivo\nEF456GH;furto\n")
    assert "say with --why" in typed(database_url, tmp_path, "import", "a1", str(path)).output
    result = typed(database_url, tmp_path, "import", "a1", str(path), "--replace", "--why", "elenco del giorno")
    assert "waits for a second person" in result.output
    with demanding.transaction() as conn:
        (made,) = list_proposals(conn, "a1")
    assert (made.kind, made.reason) == (ProposalKind.IMPORT, "elenco del giorno")
    assert made.made_by.startswith("os:")
    approve(demanding, "a1", made.id, BRUNO, ZONE)
    assert plates(demanding) == ["EF456GH"]


def test_a_list_is_made_to_demand_a_second_person_by_the_command_line(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    assert typed(database_url, tmp_path, *CREATE, "b1", "--second-person", "--urgent-hours", "4").exit_code == 0
    with database.transaction() as conn:
        found = get_watchlist(conn, "b1")
    assert (found.second_person, found.urgent_hours) == (True, 4)
