# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lists that a centre hands out: versions that follow, whole or not at all, and nobody's hand on them."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from anpr.domain.errors import StoreError
from anpr.domain.list_delivery import Delivery, DeliveryKind, DeliveryOutcome
from anpr.domain.organisation import MANAGER
from anpr.ingest.agreement_ends import note_ends
from anpr.listfiles import deliveries
from anpr.listfiles import pickup as pickup_module
from anpr.listfiles.importing import undo_order
from anpr.listfiles.proposing import approve, refuse
from anpr.listfiles.receiving import Admission
from anpr.runtime.metrics import LISTS_HELD
from anpr.settings import Settings
from anpr.store.audit import AuditAction
from anpr.store.author import Author
from anpr.store.database.connection import Database
from anpr.store.database.scope import Scope
from anpr.store.watchlists.cards import change_list, drop_list, get_card
from anpr.store.watchlists.entries import NewEntry, add_entry, import_entries, list_entries
from anpr.store.watchlists.entry_edits import change_entry, remove_entry
from anpr.store.watchlists.imports import ListChangedError, forget_imports, list_imports
from anpr.store.watchlists.lists import find_watchlist, get_watchlist
from anpr.store.watchlists.locks import ReceivedListError
from anpr.store.watchlists.proposals import ProposalState, StaleProposalError, list_proposals
from anpr.store.watchlists.proposing import propose_entry
from anpr.store.watchlists.received import (
    Arrival,
    ask_now,
    find_received,
    forget_list_deliveries,
    note_version,
    received_states,
    stop_receiving,
)
from scripts.lab.transits import START
from tests.support.received_lists import LIST, ZONE, ReceivedSite, changes, plates_of, received_site, whole
from tests.support.waiting import eventually

ANNA = Author(name="anna", at=START)


@pytest.fixture
def site(database: Database, tmp_path: Path) -> ReceivedSite:
    return received_site(database, tmp_path)


def test_versions_follow_one_another_whole_and_as_changes(site: ReceivedSite) -> None:
    assert site.take(whole(7, plates_of(10))) == "taken"
    assert (site.version, len(site.plates())) == ("7", 10)
    assert site.take(changes(8, 7, [("I", "ZZ999ZZ"), ("E", "AB000CD"), ("M", "AB001CD")])) == "taken"
    assert site.plates() == [*plates_of(10)[1:], "ZZ999ZZ"]
    newest = site.state().deliveries[0]
    assert (newest.added, newest.changed, newest.removed, newest.size) == (1, 1, 1, 10)
    event = site.last_event()
    assert (event.action, event.detail["list_version"], event.detail["list_kind"], event.detail["added"]) == (
        AuditAction.WATCHLIST_IMPORTED, "8", "delta", 1,
    )  # fmt: skip
    assert "AB" not in str(event.detail), "no plate"
    state = site.state()
    assert (state.received.as_of, state.received.needs_full) == (state.deliveries[0].as_of, False)


def test_the_same_again_is_nothing_to_do_and_an_older_one_or_another_content_is_refused(site: ReceivedSite) -> None:
    seven = whole(7, plates_of(10))
    outcomes = [site.take(each) for each in (seven, seven, whole(6, plates_of(9)), whole(7, plates_of(9)))]
    assert outcomes == ["taken", "same", "older", "different"]
    assert (site.version, len(site.plates())) == ("7", 10)
    assert site.last_event().action is AuditAction.WATCHLIST_DELIVERY
    assert [path.name[-8:] for path in sorted((site.folder / "failed").iterdir())] == ["a1-4.xml"]


def test_changes_that_do_not_follow_wait_for_a_whole_list(site: ReceivedSite) -> None:
    site.take(whole(7, plates_of(10)))
    assert site.take(changes(9, 8, [("I", "ZZ999ZZ")])) == "gap"
    state = site.state()
    assert (site.version, state.received.needs_full, len(site.plates())) == ("7", True, 10)
    assert "do not follow version 7" in state.deliveries[0].detail
    assert site.take(whole(8, plates_of(10))) == "taken"
    assert not site.state().received.needs_full
    site.clock.advance(60)
    assert site.pickup.look() == 0
    assert (site.version, len(site.plates())) == ("9", 11), "what waited follows now"


def test_changes_before_any_whole_list_are_refused(site: ReceivedSite) -> None:
    assert site.take(changes(1, 0, [("I", "ZZ999ZZ")])) == "gap"
    assert site.plates() == []


def test_without_a_base_changes_follow_by_number(site: ReceivedSite) -> None:
    site.take(whole(7, plates_of(10)))
    assert [site.take(changes(version, None, [("I", f"ZZ99{version}ZZ")])) for version in (8, 10)] == ["taken", "gap"]


def test_a_list_that_shrinks_is_held_told_and_taken_when_a_person_says_so(
    site: ReceivedSite, ingest_database: Database
) -> None:
    site.take(whole(7, plates_of(10)))
    assert site.take(whole(8, plates_of(7))) == "held"
    assert (site.version, len(site.plates())) == ("7", 10), "the old one stays in force"
    waiting = site.state().waiting
    assert waiting is not None
    assert "would take off 3 of 10 entries, more than 20%" in waiting.detail
    note_ends(ingest_database, Settings(), site.clock)
    assert LISTS_HELD._value.get() == 1
    approve(site.database, LIST, waiting.proposal_id or 0, ANNA, ZONE)
    assert (site.version, len(site.plates())) == ("8", 7)
    assert site.state().waiting is None


@pytest.mark.parametrize(
    ("content", "why"),
    [
        pytest.param(whole(8, []), "holds no entries, and the list has 10", id="empty"),
        pytest.param(whole(8, plates_of(21)), "would add 11 to 10 entries, more than 100%", id="grown"),
        pytest.param(changes(8, 7, [("E", each) for each in plates_of(3)]), "would take off 3 of 10", id="changes"),
    ],
)
def test_what_is_not_plausible_is_held(site: ReceivedSite, content: bytes, why: str) -> None:
    site.take(whole(7, plates_of(10)))
    assert site.take(content) == "held"
    assert why in site.state().deliveries[0].detail
    assert len(site.plates()) == 10
    with site.database.transaction() as conn:
        (proposal,) = list_proposals(conn, LIST)
    approve(site.database, LIST, proposal.id, ANNA, ZONE)
    assert site.version == "8"


def test_the_limits_are_the_lists_own(database: Database, tmp_path: Path) -> None:
    site = received_site(database, tmp_path, limits={"shrink_percent": 50, "growth_percent": 300})
    outcomes = [site.take(whole(number, plates_of(size))) for number, size in ((1, 10), (2, 5), (3, 20), (4, 9))]
    assert outcomes == ["taken", "taken", "taken", "held"]


def test_a_later_delivery_overtakes_one_that_waits(site: ReceivedSite) -> None:
    site.take(whole(7, plates_of(10)))
    site.take(whole(8, plates_of(5)))
    assert site.take(whole(9, [*plates_of(10), "ZZ999ZZ"])) == "taken"
    with site.database.transaction() as conn:
        (proposal,) = list_proposals(conn, LIST)
    assert proposal.state is ProposalState.WITHDRAWN
    site.take(whole(10, plates_of(5)))
    site.take(whole(11, plates_of(4)))
    with site.database.transaction() as conn:
        states = [each.state for each in list_proposals(conn, LIST)]
    assert states == [ProposalState.OPEN, ProposalState.WITHDRAWN, ProposalState.WITHDRAWN]


def test_what_was_held_is_not_taken_after_the_list_has_gone_on(site: ReceivedSite) -> None:
    site.take(whole(7, plates_of(10)))
    site.take(changes(8, 7, [("E", each) for each in plates_of(5)]))
    with site.database.transaction() as conn:
        (proposal,) = list_proposals(conn, LIST)
        undo_order(conn, LIST, ANNA, None)
    with pytest.raises(StaleProposalError):
        approve(site.database, LIST, proposal.id, ANNA, ZONE)
    assert (site.version, site.plates()) == (None, [])


def test_a_refused_one_leaves_the_list_and_a_list_with_a_second_person_takes_nothing_alone(site: ReceivedSite) -> None:
    site.take(whole(7, plates_of(10)))
    site.take(whole(8, plates_of(5)))
    with site.database.transaction() as conn:
        (proposal,) = list_proposals(conn, LIST)
        listed = get_watchlist(conn, LIST)
    refuse(site.database, LIST, proposal.id, ANNA, "è un errore")
    assert (site.version, len(site.plates())) == ("7", 10)
    with site.database.transaction() as conn:
        change_list(conn, replace(listed, second_person=True), ANNA, "due persone")
    assert site.take(whole(9, plates_of(10))) == "held"
    number = site.state().deliveries[0].proposal_id
    approve(site.database, LIST, number or 0, ANNA, ZONE)
    assert site.version == "9"


def test_nobody_edits_it_by_hand_on_any_path(site: ReceivedSite) -> None:
    site.take(whole(7, plates_of(10)))
    entry = NewEntry(plate="ZZ999ZZ", reason="r")
    with site.database.transaction() as conn:
        first = list_entries(conn, LIST)[0].id
    for deed in (
        lambda conn: add_entry(conn, LIST, entry),
        lambda conn: import_entries(conn, LIST, [entry]),
        lambda conn: change_entry(conn, LIST, first, entry, ANNA, "r"),
        lambda conn: remove_entry(conn, LIST, first, ANNA, "r"),
        lambda conn: propose_entry(conn, LIST, entry, ANNA),
    ):
        with pytest.raises(ReceivedListError), site.database.transaction() as conn:
            deed(conn)
    for statement in ("DELETE FROM entries", "UPDATE entries SET reason = 'x'"):
        with pytest.raises((StoreError, psycopg.Error)), site.database.transaction() as conn:
            conn.execute(statement)
    assert len(site.plates()) == 10


def test_a_local_list_is_left_alone_and_a_received_one_can_become_local_or_go(site: ReceivedSite) -> None:
    site.take(whole(7, plates_of(10)))
    with site.database.transaction() as conn:
        assert stop_receiving(conn, LIST)
        add_entry(conn, LIST, NewEntry(plate="ZZ999ZZ", reason="r"))
        assert find_received(conn, LIST) is None
    site.pickup.look()
    with site.database.transaction() as conn:
        assert drop_list(conn, LIST, ANNA, "r") == 11
        assert find_watchlist(conn, LIST) is None


def test_an_undo_goes_back_to_the_version_before(site: ReceivedSite) -> None:
    site.take(whole(7, plates_of(10)))
    site.take(changes(8, 7, [("I", "ZZ999ZZ")]))
    with site.database.transaction() as conn:
        undo_order(conn, LIST, ANNA, None)
    state = site.state()
    assert (site.version, len(site.plates()), state.deliveries[0].outcome) == ("7", 10, DeliveryOutcome.UNDONE)
    assert site.take(changes(8, 7, [("I", "ZZ998ZZ")])) == "taken"
    with site.database.transaction() as conn:
        assert [each.mode for each in list_imports(conn, LIST)] == ["delta", "undo", "delta", "replace"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(whole(8, plates_of(9))[:-40], id="cut"),
        pytest.param(whole(8, plates_of(9), totale=10), id="count"),
        pytest.param(whole(8, [*plates_of(9), "%%%"]), id="row"),
        pytest.param(whole(8, plates_of(9), versione="otto"), id="version"),
        pytest.param(whole(8, plates_of(9), tipo="X"), id="kind"),
        pytest.param(changes(8, 7, [("I", "ZZ999ZZ"), ("E", "ZZ999ZZ")]), id="contradictory"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_what_is_not_whole_or_not_understood_changes_nothing(site: ReceivedSite, content: bytes) -> None:
    site.take(whole(7, plates_of(10)))
    assert site.take(content) == "failed"
    assert (site.version, len(site.plates())) == ("7", 10)
    assert site.last_event().action is AuditAction.WATCHLIST_IMPORT_REFUSED


def test_a_crash_in_the_middle_leaves_the_old_list_and_the_next_look_takes_the_new_one(
    site: ReceivedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.take(whole(7, plates_of(10)))

    def crash(*_: object) -> None:
        raise StoreError("the database went away")

    with monkeypatch.context() as patched:
        patched.setattr(deliveries, "note_version", crash)
        site.arrive(whole(8, plates_of(9)))
        with pytest.raises(StoreError):
            site.pickup.look()
    assert (site.version, len(site.plates()), site.state().deliveries[0].version) == ("7", 10, "7")
    assert site.pickup.look() == 0
    assert (site.version, len(site.plates())) == ("8", 9)


def test_its_age_is_that_of_what_it_says(site: ReceivedSite) -> None:
    site.take(whole(7, plates_of(10)))
    with site.database.transaction() as conn:
        card = get_card(conn, LIST)
    assert (card.sender, card.aged_at) == ("Centro nazionale", site.state().received.as_of)


def test_somebody_may_ask_for_it_now(site: ReceivedSite) -> None:
    site.pickup.look()
    with site.database.transaction() as conn:
        assert ask_now(conn, LIST, Author(name="anna", at=site.clock.now()))
        assert not ask_now(conn, "b2", ANNA)
    assert not site.state().is_asked, "the look of this very second counts"
    site.clock.advance(5)
    with site.database.transaction() as conn:
        ask_now(conn, LIST, Author(name="anna", at=site.clock.now()))
    assert site.state().is_asked
    assert site.last_event().action is AuditAction.WATCHLIST_FETCH_ASKED


def test_a_process_that_is_killed_in_the_middle_of_the_swap_leaves_the_old_list_and_the_verbs_tell(
    site: ReceivedSite, database_url: str, tmp_path: Path
) -> None:
    site.take(whole(7, plates_of(10)))
    pickup = {"folder": str(site.folder), "watchlist": LIST, "profile": str(tmp_path / "profilo.yaml"),
              "received": {"sender": "Centro"}}  # fmt: skip
    (tmp_path / "site.yaml").write_text(json.dumps({"watchlists": {"pickup": [pickup]}, "data_dir": str(tmp_path)}))
    command = [sys.executable, "-m", "anpr", "--config", str(tmp_path / "site.yaml"), "watchlist"]
    environment = {**os.environ, "DATABASE_URL": database_url}
    site.arrive(whole(8, [*plates_of(9), "ZZ999ZZ"]))
    with site.database.transaction() as conn:
        conn.execute("LOCK TABLE list_import_changes IN SHARE MODE")  # where the swap has changed the entries already
        with subprocess.Popen([*command, "fetch", LIST], env=environment, stderr=subprocess.DEVNULL) as process:
            eventually(lambda: site.waiting_for("list_import_changes") == 1)
            process.kill()
            process.wait(60)
    eventually(lambda: site.waiting_for("list_import_changes") == 0)
    assert (site.version, site.plates()) == ("7", plates_of(10))
    again = subprocess.run([*command, "fetch", LIST], env=environment, check=False, capture_output=True, text=True)
    assert (again.returncode, site.version) == (0, "8"), again.stderr
    assert "version 8" in again.stdout
    assert "1 new, 0 changed, 1 gone of 10 entries" in again.stdout
    shown = subprocess.run([*command, "received"], env=environment, check=True, capture_output=True, text=True)
    assert "full 7" in shown.stdout
    assert "AB0" not in shown.stdout + again.stdout


def test_the_console_with_its_few_rights_decides_undoes_and_asks(
    site: ReceivedSite, console_database: Database
) -> None:
    ours = console_database.limited_to(Scope(organisation_id=MANAGER, day=START.date(), user="anna"))
    site.take(whole(7, plates_of(10)))
    site.take(whole(8, plates_of(5)))
    waiting = site.state().waiting
    assert waiting is not None
    approve(ours, LIST, waiting.proposal_id or 0, ANNA, ZONE)
    assert (site.version, len(site.plates())) == ("8", 5)
    with ours.transaction() as conn:
        undo_order(conn, LIST, ANNA, None)
        assert ask_now(conn, LIST, ANNA)
        assert [str(each.outcome) for each in received_states(conn)[0].deliveries][:2] == ["undone", "taken"]
    assert (site.version, len(site.plates())) == ("7", 10)
    with ours.transaction() as conn:
        drop_list(conn, LIST, ANNA, "r")
    other = console_database.limited_to(Scope(organisation_id="altro", day=START.date(), user="anna"))
    with other.transaction() as conn:
        assert (received_states(conn), ask_now(conn, LIST, ANNA)) == ([], False)


def test_changes_of_one_name_that_wait_replace_no_others(site: ReceivedSite) -> None:
    site.take(whole(7, plates_of(10)))
    for version in (9, 10):
        site.arrive(changes(version, version - 1, [("I", f"ZZ99{version % 10}ZZ")]), "modifiche.xml")
        site.pickup.look()
    assert len(list((site.folder / "waiting").iterdir())) == 2
    site.take(whole(8, plates_of(10)))
    for _ in range(2):
        site.clock.advance(60)
        site.pickup.look()
    assert (site.version, len(site.plates())) == ("10", 12)


def test_the_same_changes_wait_once(site: ReceivedSite) -> None:
    site.take(whole(7, plates_of(10)))
    for _ in range(2):
        site.arrive(changes(9, 8, [("I", "ZZ999ZZ")]), "modifiche.xml")
        site.pickup.look()
    assert [path.name for path in (site.folder / "waiting").iterdir()] == ["modifiche.xml"]


def test_an_undo_goes_back_to_a_version_whose_import_is_forgotten(
    site: ReceivedSite, ingest_database: Database
) -> None:
    site.take(whole(6, plates_of(9)))
    site.take(whole(7, plates_of(10)))
    site.clock.advance(86_400)
    before = site.clock.now()
    site.take(changes(8, 7, [("I", "ZZ999ZZ")]))
    with ingest_database.transaction() as conn:
        assert forget_imports(conn, before, before) == (2, 2)
        assert forget_list_deliveries(conn, before) == 1
    with site.database.transaction() as conn:
        undo_order(conn, LIST, ANNA, None)
    assert (site.version, len(site.plates())) == ("7", 10)
    assert site.take(whole(6, plates_of(9))) == "older"


def test_a_file_that_another_process_takes_at_the_same_time_is_no_bad_one(
    site: ReceivedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = site.arrive(whole(7, plates_of(10)))

    def too_late(*_: object) -> Admission:
        raise ListChangedError("watchlist a1: another version was taken meanwhile")

    with monkeypatch.context() as patched:
        patched.setattr(pickup_module, "admit", too_late)
        assert site.pickup.look() == 0
    assert (path.exists(), site.state().deliveries) == (True, [])

    def put_away_by_the_other(*_: object) -> Admission:
        path.unlink()
        return Admission(outcome=DeliveryOutcome.TAKEN)

    with monkeypatch.context() as patched:
        patched.setattr(pickup_module, "admit", put_away_by_the_other)
        assert site.pickup.look() == 0


def test_a_version_that_was_taken_meanwhile_is_told_as_such(site: ReceivedSite) -> None:
    site.pickup.look()
    before = site.state().received
    with site.database.transaction() as conn:
        arrived = Arrival(watchlist_id=LIST, file_name="a", sha256="b", came=Delivery(kind=DeliveryKind.FULL))
        note_version(conn, before, arrived, site.clock.now())
        with pytest.raises(ListChangedError):
            note_version(conn, before, arrived, site.clock.now())
