# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cross searches with a reason, recorded before anything is shown, and shown again by the number of their audit row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from anpr.domain.errors import QueryTooLongError
from anpr.domain.search_reason import check_reason
from anpr.domain.vehicle.cross import CrossWindow
from anpr.store.audit import AuditAction, AuditEvent, append, get_audit
from anpr.store.author import Author
from anpr.store.database.connection import Connection, Database
from anpr.store.database.time_limit import time_limit
from anpr.store.investigations.life import refuse_ended
from anpr.store.vehicles.common import CrossQuery, common_vehicles


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedCross:
    """A cross search by its number in the audit: who asked what at `at` (UTC), and why."""

    number: int
    actor: str
    at: datetime
    reason: str
    case_reference: str
    windows: tuple[CrossWindow, ...]
    least: int
    found: int
    """Vehicles that met the condition then."""
    reason_kind: str = ""
    """From the site's list; empty where none was asked."""

    def query(self, oldest: datetime) -> CrossQuery:
        """The same question, counting from the oldest transit that is kept."""
        return CrossQuery(windows=self.windows, least=self.least, since=oldest, received_until=self.at)


def record_cross(  # noqa: PLR0913, PLR0917  who asks what, why, and how long it may take
    database: Database,
    query: CrossQuery,
    by: Author,
    reason: str,
    case_reference: str | None,
    limit_s: float,
    reason_kind: str = "",
) -> int:
    """Record that somebody asks this, with the number of vehicles that it finds; returns the audit's row.
    `reason_kind`: the kind of reason, from the site's list.

    Raises InputError for a reason that says nothing, windows that cannot be asked or an investigation that has ended,
    and QueryTooLongError; what took too long is written down, as refused.
    """
    event = AuditEvent(
        actor=by.name,
        action=AuditAction.CROSS_SEARCHED,
        at=by.at,
        reason=check_reason(reason),
        case_reference=case_reference,
        detail={
            "windows": [_detail(window) for window in query.windows],
            "least": query.least,
            **({"reason_kind": reason_kind} if reason_kind else {}),
        },
    )
    try:
        with database.transaction() as conn:
            refuse_ended(conn, case_reference or "")
            with time_limit(conn, limit_s):
                found = common_vehicles(conn, query).total
            return append(conn, replace(event, detail={**event.detail, "found": found})).seq
    except QueryTooLongError as exc:
        with database.transaction() as conn:
            refused = {"refused": str(exc), "gates": _gates(query.windows)}
            append(conn, replace(event, action=AuditAction.SEARCH_REFUSED, detail=refused))
        raise


def recorded_cross(conn: Connection, number: int) -> RecordedCross | None:
    """The cross search with this number; None when the audit's row is none."""
    row = get_audit(conn, number)
    if row is None or row.event.action is not AuditAction.CROSS_SEARCHED:
        return None
    event, detail = row.event, row.event.detail
    return RecordedCross(
        number=row.seq,
        actor=event.actor,
        at=event.at,
        reason=event.reason or "",
        case_reference=event.case_reference or "",
        windows=tuple(_window(each) for each in detail["windows"]),
        least=detail["least"],
        found=detail["found"],
        reason_kind=detail.get("reason_kind") or "",
    )


def _detail(window: CrossWindow) -> dict[str, Any]:
    return {
        "since": window.since.isoformat(),
        "until": window.until.isoformat(),
        "gates": list(window.gate_ids),
    }


def _window(detail: Mapping[str, Any]) -> CrossWindow:
    since, until = (datetime.fromisoformat(detail[name]) for name in ("since", "until"))
    return CrossWindow(gate_ids=tuple(detail["gates"]), since=since, until=until)


def _gates(windows: Sequence[CrossWindow]) -> list[str]:
    return sorted({gate_id for window in windows for gate_id in window.gate_ids})
