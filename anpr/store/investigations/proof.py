# SPDX-License-Identifier: AGPL-3.0-or-later
"""What evidence rests on besides transits: rows of the audit with the hash before each, and states of health then."""

from dataclasses import dataclass
from datetime import datetime

from anpr.domain.health import SubjectKind
from anpr.domain.investigation import Investigation
from anpr.domain.transit import Transit
from anpr.store.audit import AuditRow, row_of
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

MOST_ROWS = 5000
"""The newest rows of the audit that a package holds; it says where there are more."""
_SQL = load_queries("investigations")


@dataclass(frozen=True, kw_only=True, slots=True)
class ChainedRow:
    """A row of the audit, and the hash of the row before it (64 hex digits): with both its own can be recomputed."""

    row: AuditRow
    previous: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StateThen:
    """In which state a clock, reader or camera was at a moment, and since when (UTC)."""

    kind: SubjectKind
    id: str
    state: str
    since: datetime


def rows_of_investigation(conn: Connection, investigation: Investigation) -> list[ChainedRow]:
    """What was done under its reference, oldest first; one more than MOST_ROWS when there are more."""
    named = {"reference": investigation.reference, "organisation": investigation.organisation_id}
    rows = conn.execute(_SQL["audit_rows"], {**named, "limit": MOST_ROWS + 1}).fetchall()
    return [ChainedRow(row=row_of(row), previous=row["previous_hash"].hex()) for row in reversed(rows)]


def states_at(conn: Connection, transit: Transit) -> list[StateThen]:
    """Of the clock, the reader and the camera when the transit was captured; what is not there nobody knows."""
    values = {"at": transit.captured_at, "reader": transit.reader_id, "camera": transit.camera_id}
    return [
        StateThen(kind=SubjectKind(row["kind"]), id=row["id"], state=row["state"], since=row["started_at"])
        for row in conn.execute(_SQL["states_at"], values)
    ]
