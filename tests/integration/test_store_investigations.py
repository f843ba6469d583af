# SPDX-License-Identifier: AGPL-3.0-or-later
"""Investigations in a real PostgreSQL: members alone see them, what ended takes nothing more, retention forgets."""

from datetime import timedelta

import pytest

from anpr.domain.access import Role
from anpr.domain.errors import InputError, StoreError
from anpr.domain.investigation import MAX_MARK_NOTE, MOST_MARKED, Investigation
from anpr.domain.organisation import MANAGER
from anpr.store.audit import AuditAction, list_audit
from anpr.store.author import Author
from anpr.store.database.connection import Database
from anpr.store.database.scope import Scope
from anpr.store.embedded.roles import CentreRole, role_url
from anpr.store.investigations.gathered import (
    add_note,
    get_question,
    list_marked,
    list_notes,
    list_questions,
    mark_transits,
    marked_among,
    remove_question,
    save_question,
    unmark,
)
from anpr.store.investigations.life import (
    InvestigationEndedError,
    add_member,
    counts_of,
    describe_investigation,
    end_investigation,
    find_by_reference,
    forget_investigations,
    get_investigation,
    list_investigations,
    list_open,
    members_of,
    open_investigation,
    refuse_ended,
    remove_member,
    reopen_investigation,
)
from anpr.store.investigations.packages import ask_package, list_packages
from anpr.store.users.accounts import User, create_user
from scripts.lab.transits import START, make_transit
from tests.support.organisations import share

ANNA, BRUNO = Author(name="anna", at=START), Author(name="bruno", at=START)
WHY = "chiesto dalla procura"


@pytest.fixture
def people(database: Database) -> Database:
    """The owner's; anna and bruno investigate, olga is an operator."""
    roles = {"anna": Role.INVESTIGATOR, "bruno": Role.INVESTIGATOR, "olga": Role.OPERATOR}
    with database.transaction() as conn:
        for name, role in roles.items():
            create_user(conn, User(name=name, role=role, password_hash="no hash"))
    return database


def of(console: Database, user: str, organisation: str = MANAGER) -> Database:
    return console.limited_to(Scope(organisation_id=organisation, day=START.date(), user=user))


def opened(database: Database, reference: str = "12/2026", by: Author = ANNA) -> Investigation:
    with database.transaction() as conn:
        return open_investigation(conn, reference, "Furti in via Roma", "Procura di Prato", by)


def actions(database: Database) -> list[str]:
    with database.transaction() as conn:
        return [str(row.event.action) for row in reversed(list_audit(conn))]


def test_who_opens_one_is_its_first_member_and_the_audit_has_its_reference(
    people: Database, console_database: Database
) -> None:
    made = opened(of(console_database, "anna"))
    with of(console_database, "anna").transaction() as conn:
        assert get_investigation(conn, made.id) == made
        assert [member.name for member in members_of(conn, made.id)] == ["anna"]
        assert counts_of(conn, [made.id])[made.id].members == 1
        assert find_by_reference(conn, "12/2026") == made
    with people.transaction() as conn:
        row = list_audit(conn)[0]
    assert row.event.action is AuditAction.INVESTIGATION_OPENED
    assert (row.event.case_reference, row.event.detail["investigation"]) == ("12/2026", made.id)


def test_nobody_but_its_members_sees_one(people: Database, console_database: Database) -> None:
    made = opened(of(console_database, "anna"))
    with of(console_database, "bruno").transaction() as conn, pytest.raises(InputError):
        get_investigation(conn, made.id)
    with of(console_database, "bruno").transaction() as conn, pytest.raises(InputError):
        add_member(conn, made.id, "bruno", BRUNO)
    with of(console_database, "anna").transaction() as conn:
        add_member(conn, made.id, "bruno", ANNA)
    with of(console_database, "bruno").transaction() as conn:
        assert list_open(conn) == [made]
        remove_member(conn, made.id, "anna", BRUNO)
    with of(console_database, "anna").transaction() as conn:
        assert list_investigations(conn) == []
    assert actions(people)[-2:] == ["investigation-member-added", "investigation-member-removed"]


def test_the_console_cannot_open_one_in_the_name_of_another(people: Database, console_database: Database) -> None:
    made = opened(of(console_database, "anna"), by=BRUNO)
    with people.transaction() as conn:
        assert [member.name for member in members_of(conn, made.id)] == ["anna"]


def test_the_last_member_stays_and_only_who_investigates_is_one(people: Database) -> None:
    made = opened(people)
    for name in ("olga", "nobody"):
        with pytest.raises(InputError, match=name), people.transaction() as conn:
            add_member(conn, made.id, name, ANNA)
    with pytest.raises(InputError, match="last one"), people.transaction() as conn:
        remove_member(conn, made.id, "anna", ANNA)


def test_a_reference_is_unique_in_its_organisation_however_it_is_written(
    people: Database, console_database: Database
) -> None:
    share(people, "no hash")
    opened(of(console_database, "anna"), "RG 12/2026")
    with pytest.raises(InputError, match="there is one"):
        opened(of(console_database, "bruno"), " rg  12/2026 ", BRUNO)
    theirs = Author(name="investigator@empoli", at=START)
    assert opened(of(console_database, theirs.name, "empoli"), "RG 12/2026", theirs).organisation_id == "empoli"


def test_nobody_of_another_organisation_becomes_a_member(people: Database, console_database: Database) -> None:
    share(people, "no hash")
    made = opened(of(console_database, "anna"))
    with pytest.raises(InputError, match="this organisation"), of(console_database, "anna").transaction() as conn:
        add_member(conn, made.id, "investigator@empoli", ANNA)


def test_transits_are_marked_once_and_unmarked(people: Database, console_database: Database) -> None:
    made, transits = opened(of(console_database, "anna")), [make_transit(number) for number in range(3)]
    with of(console_database, "anna").transaction() as conn:
        assert mark_transits(conn, made.id, transits[:2], ANNA, "l'auto scura") == 2
        assert mark_transits(conn, made.id, transits, ANNA) == 1
        assert unmark(conn, made.id, [transits[0].id], ANNA) == 1
        assert [mark.transit_id for mark in list_marked(conn, made.id)] == [transits[1].id, transits[2].id]
        assert list_marked(conn, made.id)[0].note == "l'auto scura"
        assert marked_among(conn, made.id, [transits[0].id, transits[1].id]) == {transits[1].id}
    assert actions(people)[1:] == ["transits-marked", "transits-marked", "transits-unmarked"]


def test_no_more_are_marked_than_one_package_takes(people: Database) -> None:
    made = opened(people)
    with pytest.raises(InputError, match=str(MOST_MARKED)), people.transaction() as conn:
        mark_transits(conn, made.id, [make_transit(number) for number in range(MOST_MARKED + 1)], ANNA)
    with pytest.raises(InputError, match=str(MAX_MARK_NOTE)), people.transaction() as conn:
        mark_transits(conn, made.id, [make_transit(1)], ANNA, "x" * (MAX_MARK_NOTE + 1))
    with people.transaction() as conn:
        assert list_marked(conn, made.id) == []


def test_notes_and_questions_are_kept_with_their_authors(people: Database, console_database: Database) -> None:
    made = opened(of(console_database, "anna"))
    with of(console_database, "anna").transaction() as conn:
        add_note(conn, made.id, "  sentito il teste  ", ANNA)
        asked = save_question(conn, made.id, "auto del teste", {"pattern": "AB*"}, ANNA)
        assert [note.text for note in list_notes(conn, made.id)] == ["sentito il teste"]
        assert list_questions(conn, made.id) == [asked]
        assert get_question(conn, made.id, asked.id) == asked
        remove_question(conn, made.id, asked.id, ANNA)
        assert list_questions(conn, made.id) == []
    with pytest.raises(InputError, match="empty"), people.transaction() as conn:
        add_note(conn, made.id, "  ", ANNA)


@pytest.mark.usefixtures("people")
def test_an_ended_one_takes_nothing_and_is_searched_for_no_more(console_database: Database) -> None:
    made = opened(of(console_database, "anna"))
    with of(console_database, "anna").transaction() as conn:
        describe_investigation(conn, made.id, "Rapine", "", ANNA)
        end_investigation(conn, made.id, ANNA, WHY)
        assert list_open(conn) == []
    for deed in (
        lambda conn: mark_transits(conn, made.id, [make_transit(1)], ANNA),
        lambda conn: add_note(conn, made.id, "tardi", ANNA),
        lambda conn: save_question(conn, made.id, "tardi", {}, ANNA),
        lambda conn: end_investigation(conn, made.id, ANNA, WHY),
        lambda conn: refuse_ended(conn, " 12/2026"),
    ):
        with pytest.raises(InvestigationEndedError), of(console_database, "anna").transaction() as conn:
            deed(conn)
    with pytest.raises(InvestigationEndedError), of(console_database, "bruno").transaction() as conn:
        refuse_ended(conn, "12/2026")  # no member, and yet nobody searches for it
    with of(console_database, "anna").transaction() as conn:
        reopen_investigation(conn, made.id, ANNA, WHY)
        refuse_ended(conn, "12/2026")
        refuse_ended(conn, "99/2026")


def test_retention_forgets_long_ended_ones_with_all_that_is_theirs(people: Database, database_url: str) -> None:
    """With the rights of ingest, which reads nothing of it."""
    made, other = opened(people), opened(people, "13/2026")
    with people.transaction() as conn:
        mark_transits(conn, made.id, [make_transit(1)], ANNA)
        add_note(conn, made.id, "sentito il teste", ANNA)
        ask_package(conn, made, ANNA, WHY)
        end_investigation(conn, made.id, ANNA, WHY)
    with Database(role_url(database_url, CentreRole.INGEST), application="test") as ingest:
        with ingest.transaction() as conn:
            assert forget_investigations(conn, START) == 0
            assert forget_investigations(conn, START + timedelta(seconds=1)) == 1
        with pytest.raises(StoreError, match="permission denied"), ingest.transaction() as conn:
            list_marked(conn, made.id)
    with people.transaction() as conn:
        assert list_investigations(conn) == [other]
        assert list_packages(conn, made.id) == []
        assert list_marked(conn, made.id) == []
