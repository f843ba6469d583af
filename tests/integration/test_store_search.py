# SPDX-License-Identifier: AGPL-3.0-or-later
"""Searching as people do it, against a real PostgreSQL: no answer without a reason and a row in the audit."""

from datetime import timedelta

import pytest

from anpr.domain.errors import InputError, StoreError
from anpr.runtime.clock import ManualClock
from anpr.store.audit import AuditAction, AuditEvent, list_audit
from anpr.store.database.connection import Connection, Database
from anpr.store.transits.audited_search import audited_search
from anpr.store.transits.kept_plans import keep_plans
from anpr.store.transits.rows import TransitQuery, insert_transits, search_transits
from scripts.lab.transits import START, make_transit

QUERY = TransitQuery(pattern="AA00?AA", since=START, gate_ids=("gate-1",), limit=2)


def _events(database: Database) -> list[AuditEvent]:
    with database.transaction() as conn:
        return [row.event for row in list_audit(conn)]


def _store(database: Database) -> None:
    with database.transaction() as conn:
        insert_transits(conn, [make_transit(n) for n in range(1, 4)], START)


def test_a_search_is_recorded_with_who_why_and_what(database: Database, clock: ManualClock) -> None:
    _store(database)
    found = audited_search(database, QUERY, "anna", " furto ", "12/2026", clock)
    assert [s.transit.id for s in found] == [make_transit(3).id, make_transit(2).id]
    assert _events(database) == [
        AuditEvent(
            actor="anna",
            action=AuditAction.SEARCH,
            at=clock.now(),
            reason="furto",
            case_reference="12/2026",
            detail={
                "pattern": "AA00?AA",
                "since": START.isoformat(),
                "until": None,
                "gates": ["gate-1"],
                "look_alike": False,
                "limit": 2,
                "found": 2,
            },
        )
    ]


@pytest.mark.parametrize(
    ("query", "reason", "complaint"),
    [
        (QUERY, "", "reason"),
        (QUERY, " \t", "reason"),
        (TransitQuery(pattern="A*"), "furto", "at least 2"),
        (TransitQuery(pattern="AB123CD", limit=0), "furto", "limit"),
        (TransitQuery(pattern="AB123CD", limit=10_001), "furto", "limit"),
        (TransitQuery(pattern="AB123CD", since=START, until=START), "furto", "since"),
    ],
)
def test_a_refused_search_is_recorded_too(
    database: Database, clock: ManualClock, query: TransitQuery, reason: str, complaint: str
) -> None:
    with pytest.raises(InputError, match=complaint):
        audited_search(database, query, "anna", reason, None, clock)
    [event] = _events(database)
    assert (event.actor, event.action, event.reason) == ("anna", AuditAction.SEARCH_REFUSED, reason.strip() or None)
    assert complaint in event.detail["refused"]


def test_without_the_record_there_is_no_answer(database: Database, clock: ManualClock) -> None:
    _store(database)
    with database.transaction() as conn:
        conn.execute("ALTER TABLE audit RENAME TO elsewhere")
    with pytest.raises(StoreError, match="audit"):
        audited_search(database, QUERY, "anna", "furto", None, clock)


def test_an_empty_answer_is_recorded_as_one(database: Database, clock: ManualClock) -> None:
    query = TransitQuery(pattern="AB123CD", since=START - timedelta(days=1))
    assert audited_search(database, query, "anna", "furto", None, clock) == []
    assert _events(database)[0].detail["found"] == 0


def test_a_warm_connection_has_its_plans_before_the_first_question(database_url: str) -> None:
    with Database(database_url, pool_size=2, warm=keep_plans) as database, database.transaction() as conn:
        kept = conn.execute("SELECT generic_plans FROM pg_prepared_statements").fetchall()
    assert len(kept) == 2
    assert all(row["generic_plans"] for row in kept)


def test_a_connection_that_cannot_be_warmed_serves_all_the_same(database_url: str) -> None:
    def fails(conn: Connection) -> None:
        conn.execute("SELECT 1 FROM nowhere")

    with Database(database_url, pool_size=2, warm=fails) as database:
        database.ping()


@pytest.mark.parametrize("look_alike", [False, True])
def test_a_plate_is_searched_by_a_plan_that_the_connection_keeps_and_that_a_migration_does_not_break(
    database_url: str, look_alike: bool
) -> None:
    query = TransitQuery(pattern="AA001AA", look_alike=look_alike)
    with Database(database_url, pool_size=1) as database:
        with database.transaction() as conn:
            insert_transits(conn, [make_transit(1)], START)
        for is_migrated in (False, True):
            for _ in range(7):
                with database.transaction() as conn:
                    assert [s.transit.id for s in search_transits(conn, query)] == [make_transit(1).id]
            with database.transaction() as conn:
                prepared = conn.execute("SELECT generic_plans FROM pg_prepared_statements").fetchall()
                assert any(row["generic_plans"] for row in prepared)
                if not is_migrated:
                    conn.execute("ALTER TABLE transits ADD COLUMN speed_kmh real")
