# SPDX-License-Identifier: AGPL-3.0-or-later
"""Group commit of what streams show: rows gather while one transaction is written, and nobody is told too early."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from anpr.console.auth.shown_writer import Shown, ShownWriter
from anpr.console.auth.view_audit import ViewAudit
from anpr.domain.errors import StoreError
from anpr.runtime.clock import SystemClock
from anpr.store.audit import AuditAction, AuditEvent, list_audit
from anpr.store.audit_chain.verification import verify
from anpr.store.database.connection import Database
from anpr.store.database.scope import Scope
from tests.support.waiting import eventually

CLOCK = SystemClock()
ONE, TWO = uuid4(), uuid4()
WITHIN_S = 20


@pytest.fixture
def views() -> ViewAudit:
    return ViewAudit(CLOCK)


@pytest.fixture
def writer(database: Database, views: ViewAudit) -> Iterator[ShownWriter]:
    writer = ShownWriter(database, views)
    yield writer
    writer.close()


def shown(actor: str, session: str, *transits: UUID, organisation: str = "manager") -> Shown:
    event = AuditEvent(actor=actor, action=AuditAction.TRANSIT_VIEWED, at=CLOCK.now(), detail={"page": "alarm-stream"})
    scope = Scope(organisation_id=organisation, day=CLOCK.now().date())
    return Shown(session=session, scope=scope, view="alarm-stream {} ", event=event, transits=transits)


def rows(database: Database) -> list[tuple[str, list[str], str | None]]:
    with database.transaction() as conn:
        events = [row.event for row in reversed(list_audit(conn))]
    return [(event.actor, event.detail["transits"], event.detail.get("organisation")) for event in events]


def test_what_gathers_while_one_row_is_written_is_one_transaction_and_a_row_for_each_person(
    database: Database, writer: ShownWriter
) -> None:
    with database.transaction() as conn:
        conn.execute("SELECT pg_advisory_xact_lock(hashtextextended('anpr audit', 0))")
        first = writer.write(shown("carla", "c", ONE))
        eventually(lambda: not writer._waiting, within_s=WITHIN_S)
        gathered = [
            *writer.write(shown("anna", "a1", ONE)),
            *writer.write(shown("bruno", "b", ONE)),
            *writer.write(shown("anna", "a2", TWO, ONE)),
            *writer.write(shown("dora", "d", TWO, organisation="vinci")),
        ]
        again = writer.write(shown("anna", "a1", ONE))
        assert again == gathered[:1], "another page of a session waits for the same row"
        assert not any(each.done() for each in (*first, *gathered)), "nothing may be shown before it is recorded"
    for each in (*first, *gathered):
        each.result(WITHIN_S)
    assert rows(database) == [
        ("carla", [str(ONE)], None),
        ("anna", [str(ONE), str(TWO)], None),
        ("bruno", [str(ONE)], None),
        ("dora", [str(TWO)], "vinci"),
    ]
    assert writer.write(shown("anna", "a1", ONE)) == [], "it has its row"
    with database.transaction() as conn:
        assert verify(conn).rows == 4


def test_what_cannot_be_recorded_is_told_and_due_again(database: Database, writer: ShownWriter) -> None:
    with database.transaction() as conn:
        conn.execute("ALTER TABLE audit RENAME TO elsewhere")
    (lost,) = writer.write(shown("anna", "a", ONE))
    with pytest.raises(StoreError):
        lost.result(WITHIN_S)
    with database.transaction() as conn:
        conn.execute("ALTER TABLE elsewhere RENAME TO audit")
    (written,) = writer.write(shown("anna", "a", ONE))
    written.result(WITHIN_S)
    assert rows(database) == [("anna", [str(ONE)], None)]


def test_closing_writes_what_waits(database: Database, writer: ShownWriter) -> None:
    for number in range(20):
        writer.write(shown(f"user-{number}", str(number), ONE))
    writer.close()
    assert len(rows(database)) == 20
