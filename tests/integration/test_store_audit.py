# SPDX-License-Identifier: AGPL-3.0-or-later
"""The audit in a real PostgreSQL: append-only, and a changed row breaks the chain."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from anpr.domain.errors import InputError, StoreError
from anpr.store.audit import (
    AuditAction,
    AuditEvent,
    NotedHead,
    append,
    last_head,
    list_audit,
    parse_noted,
)
from anpr.store.audit_chain.verification import verify
from anpr.store.database.connection import Database
from scripts.lab.transits import START

ROME = timezone(timedelta(hours=1))
EVENT = AuditEvent(
    actor="anna",
    action=AuditAction.SEARCH,
    at=START,
    reason="furto in via Roma",
    case_reference="12/2026",
    detail={"pattern": "AB*", "found": 3, "share": 0.1, "big": 1e22, "gates": ["ä", None], "nested": {"b": 1, "a": 2}},
)


def _append(database: Database, *events: AuditEvent) -> None:
    for event in events:
        with database.transaction() as conn:
            append(conn, event)


def test_events_come_back_as_they_went_in_newest_first(database: Database) -> None:
    second = AuditEvent(actor="bruno", action=AuditAction.LOGIN, at=START + timedelta(seconds=1))
    _append(database, EVENT, second)
    with database.transaction() as conn:
        rows = list_audit(conn)
        assert [row.event for row in rows] == [second, EVENT]
        assert [row.seq for row in rows] == [2, 1]
        assert [row.seq for row in list_audit(conn, before_seq=2)] == [1]
        assert list_audit(conn, limit=1) == rows[:1]


def test_a_whole_chain_verifies_whatever_zone_and_numbers_its_events_have(database: Database) -> None:
    with database.transaction() as conn:
        assert verify(conn).rows == 0
    elsewhere = AuditEvent(actor="c", action=AuditAction.EXPORTED, at=START.astimezone(ROME), detail={"n": -0.0})
    _append(database, EVENT, elsewhere, *[EVENT] * 20)
    with database.transaction() as conn:
        found = verify(conn)
        assert (found.rows, found.broken_at) == (22, None)
        assert found.head == list_audit(conn, limit=1)[0].hash


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit SET actor = 'nobody'", "DELETE FROM audit", "TRUNCATE audit", "DELETE FROM audit WHERE seq = 2"],
)
@pytest.mark.parametrize("role", ["origin", "replica"])
def test_nothing_but_appending_is_allowed(database: Database, statement: str, role: str) -> None:
    _append(database, EVENT, EVENT)

    def change() -> None:
        with database.transaction() as conn:
            conn.execute(f"SET LOCAL session_replication_role = {role}".encode())
            conn.execute(statement.encode())

    with pytest.raises(StoreError, match=r"the audit is append-only: (UPDATE|DELETE|TRUNCATE) refused"):
        change()
    with database.transaction() as conn:
        assert verify(conn).rows == 2


@pytest.mark.parametrize(
    ("statement", "broken_at"),
    [
        ("UPDATE audit SET reason = 'another' WHERE seq = 3", 3),
        ("UPDATE audit SET at = at + interval '1 us' WHERE seq = 1", 1),
        ("UPDATE audit SET actor = 'bruno' WHERE seq = 5", 5),
        ("UPDATE audit SET detail = '{}' WHERE seq = 2", 2),
        ("DELETE FROM audit WHERE seq = 2", 3),
        ("DELETE FROM audit WHERE seq = 1", 2),
        ("UPDATE audit SET seq = -seq WHERE seq IN (2, 3); UPDATE audit SET seq = 5 + seq WHERE seq < 0", 2),
    ],
)
def test_who_gets_round_the_triggers_breaks_the_chain(database: Database, statement: str, broken_at: int) -> None:
    _append(database, *[EVENT] * 5)
    with database.transaction() as conn:
        conn.execute("ALTER TABLE audit DISABLE TRIGGER ALL")
        conn.execute(statement.encode())
    with database.transaction() as conn:
        assert verify(conn).broken_at == broken_at


def test_rows_cut_off_at_the_end_show_in_number_and_head(database: Database) -> None:
    _append(database, *[EVENT] * 3)
    with database.transaction() as conn:
        noted = verify(conn)
        conn.execute("ALTER TABLE audit DISABLE TRIGGER ALL")
        conn.execute("DELETE FROM audit WHERE seq = 3")
        cut = verify(conn)
    assert cut.broken_at is None
    assert (cut.rows, cut.head) != (noted.rows, noted.head)


def test_many_appenders_make_one_chain_without_gaps(database: Database) -> None:
    def work(name: str) -> None:
        for _ in range(15):
            _append(database, AuditEvent(actor=name, action=AuditAction.LOGIN, at=START))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, ["a", "b", "c", "d"]))
    with database.transaction() as conn:
        assert (verify(conn).rows, verify(conn).broken_at) == (60, None)


def test_an_event_of_a_failed_transaction_is_not_in_the_chain(database: Database) -> None:
    def append_and_fail() -> None:
        with database.transaction() as conn:
            append(conn, EVENT)
            raise RuntimeError("what was to be recorded did not happen")

    with pytest.raises(RuntimeError):
        append_and_fail()
    _append(database, EVENT)
    with database.transaction() as conn:
        assert [row.seq for row in list_audit(conn)] == [1]


def _tamper(database: Database, statement: str) -> None:
    """As somebody with the database's own password can."""
    with database.transaction() as conn:
        conn.execute("ALTER TABLE audit DISABLE TRIGGER ALL")
        conn.execute(statement.encode())
        conn.execute("ALTER TABLE audit ENABLE TRIGGER ALL")


def _noted(database: Database) -> NotedHead:
    with database.transaction() as conn:
        noted = last_head(conn)
    assert noted is not None
    return noted


def test_what_was_noted_is_found_again_also_when_rows_came_since(database: Database) -> None:
    _append(database, EVENT, EVENT)
    first = _noted(database)
    _append(database, EVENT)
    with database.transaction() as conn:
        assert parse_noted(str(first)) == first
        assert verify(conn, [first, _noted(database)]).differs_at == ()


@pytest.mark.parametrize("deleted", ["seq > 3", "true"])
def test_rows_cut_off_the_end_differ_from_what_was_noted(database: Database, deleted: str) -> None:
    _append(database, *[EVENT] * 5)
    noted = _noted(database)
    _tamper(database, f"DELETE FROM audit WHERE {deleted}")
    with database.transaction() as conn:
        found = verify(conn, [noted])
    assert (found.broken_at, found.differs_at) == (None, (5,))


def test_a_chain_made_anew_differs_from_what_was_noted(database: Database) -> None:
    _append(database, *[EVENT] * 5)
    noted = _noted(database)
    _tamper(database, "DELETE FROM audit WHERE seq > 2")
    _append(database, *[replace(EVENT, actor="nobody")] * 5)
    with database.transaction() as conn:
        assert verify(conn).broken_at is None
        assert verify(conn, [noted]).differs_at == (5,)


def test_an_action_that_nobody_knows_is_shown_by_its_name_and_verified(database: Database) -> None:
    _append(database, EVENT, replace(EVENT, action="of-tomorrow"))
    with database.transaction() as conn:
        newest = list_audit(conn)[0]
        assert newest.event.action == "of-tomorrow"
        assert not isinstance(newest.event.action, AuditAction)
        assert verify(conn).broken_at is None


@pytest.mark.parametrize("text", ["", "12", "12:abc", "0:" + "a" * 64, "x:" + "a" * 64, "1:" + "g" * 64])
def test_what_is_no_noted_head_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="expected ROWS:HEAD"):
        parse_noted(text)
