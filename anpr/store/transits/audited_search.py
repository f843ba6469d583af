# SPDX-License-Identifier: AGPL-3.0-or-later
"""Audited search: needs a reason, and writes its row in the audit before it shows anything."""

from typing import Any

from anpr.domain.errors import InputError
from anpr.runtime.clock import Clock
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database.connection import Database
from anpr.store.transits.pattern import read_pattern
from anpr.store.transits.rows import StoredTransit, TransitQuery, search_transits

MAX_LIMIT = 10_000


def audited_search(
    database: Database, query: TransitQuery, actor: str, reason: str, case_reference: str | None, clock: Clock
) -> list[StoredTransit]:
    """What the query finds, newest first, once the row that says who asked and why is committed.

    Raises InputError for an empty reason or a query that cannot be run; that too is written down, as refused.
    """
    detail = _describe(query)
    try:
        _check(query, reason)
    except InputError as exc:
        refused = AuditEvent(
            actor=actor,
            action=AuditAction.SEARCH_REFUSED,
            at=clock.now(),
            reason=reason.strip() or None,
            case_reference=case_reference,
            detail={**detail, "refused": str(exc)},
        )
        with database.transaction() as conn:
            append(conn, refused)
        raise
    with database.transaction() as conn:
        found = search_transits(conn, query)
        event = AuditEvent(
            actor=actor,
            action=AuditAction.SEARCH,
            at=clock.now(),
            reason=reason.strip(),
            case_reference=case_reference,
            detail={**detail, "found": len(found)},
        )
        append(conn, event)
    return found


def _check(query: TransitQuery, reason: str) -> None:
    if not reason.strip():
        raise InputError("reason: a search needs one (D.Lgs. 51/2018 art. 21)")
    read_pattern(query.pattern)
    if query.since and query.until and query.since >= query.until:
        raise InputError("since: must be before until")
    if not 1 <= query.limit <= MAX_LIMIT:
        raise InputError(f"limit: between 1 and {MAX_LIMIT}, not {query.limit}")


def _describe(query: TransitQuery) -> dict[str, Any]:
    return {
        "pattern": query.pattern[:64],
        "since": query.since.isoformat() if query.since else None,
        "until": query.until.isoformat() if query.until else None,
        "gates": list(query.gate_ids),
        "look_alike": query.look_alike,
        "limit": query.limit,
    }
