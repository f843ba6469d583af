# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plans of readers, made of the newest versions of gates, and what each reader said of the plan that it runs on."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from anpr.domain.gate_plan import GatePlan, PlanOrigin, PlanState
from anpr.domain.health import HealthReport
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import count_of
from anpr.store.database.queries import load_queries

_SQL = load_queries("gate_versions")


@dataclass(frozen=True, kw_only=True, slots=True)
class PlanReport:
    """What a reader last said, and when (UTC)."""

    reader_id: str
    reported_at: datetime
    state: PlanState


def make_plans(conn: Connection) -> list[GatePlan]:
    """The plan of each reader that ever had a gate, by the reader's id. Until the transaction ends no other process
    makes any. Raises StoreError."""
    conn.execute(_SQL["lock_plans"])
    return [GatePlan(**{**row, "gates": tuple(row["gates"])}) for row in conn.execute(_SQL["plans"])]


def newest_number(conn: Connection) -> int:
    """Of all versions; 0 where there is none. Raises StoreError."""
    return count_of(conn, _SQL["newest"])


def record_plan_reports(conn: Connection, reports: Iterable[HealthReport]) -> None:
    """Keep what readers say of their plans; an older word changes nothing. Raises StoreError."""
    for report in sorted(reports, key=lambda each: (each.reader_id, each.at)):
        if report.plan is None:
            continue
        state = report.plan
        row = {"reader_id": report.reader_id, "reported_at": report.at, "origin": str(state.origin)}
        row |= {name: getattr(state, name) for name in ("number", "made_at", "refused", "refusal")}
        conn.execute(_SQL["report"], row)


def plan_reports(conn: Connection) -> list[PlanReport]:
    """Of every reader that has said something, by its id. Raises StoreError."""
    return [
        PlanReport(
            reader_id=row["reader_id"],
            reported_at=row["reported_at"],
            state=PlanState(
                origin=PlanOrigin(row["origin"]),
                **{name: row[name] for name in ("number", "made_at", "refused", "refusal")},
            ),
        )
        for row in conn.execute(_SQL["reports"])
    ]
