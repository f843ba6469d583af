# SPDX-License-Identifier: AGPL-3.0-or-later
"""Audited search: needs a reason, and writes its row in the audit before it shows anything."""

from dataclasses import replace
from typing import Any

from anpr.domain.errors import InputError
from anpr.runtime.clock import Clock
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database.connection import Database
from anpr.store.transits.pattern import read_pattern
from anpr.store.transits.rows import StoredTransit, TransitQuery, count_found, search_transits

MAX_LIMIT = 10_000
"""Transits. What one search of the command line prints at most, and the console counts and shows page by page."""


def audited_search(
    database: Database, query: TransitQuery, actor: str, reason: str, case_reference: str | None, clock: Clock
) -> list[StoredTransit]:
    """What the query finds, newest first, once the row that says who asked and why is committed.

    Raises InputError for an empty reason or a query that cannot be run; that too is written down, as refused.
    """
    event = _event(actor, reason, case_reference, clock)
    _refuse_wrong(database, query, event)
    with database.transaction() as conn:
        found = search_transits(conn, query)
        append(conn, replace(event, detail={**describe(query), "limit": query.limit, "found": len(found)}))
    return found


def record_search(
    database: Database, query: TransitQuery, actor: str, reason: str, case_reference: str | None, clock: Clock
) -> int:
    """Record that somebody asks this, with the number of all transits that it finds; returns the audit's row.

    Whoever asked may then look at the results as often as they need, by `recorded_search`. Raises as `audited_search`.
    """
    event = _event(actor, reason, case_reference, clock)
    _refuse_wrong(database, query, event)
    everything = replace(query, limit=MAX_LIMIT, offset=0, received_until=event.at)
    with database.transaction() as conn:
        found = count_found(conn, everything)
        detail = {**describe(query), "found": found}
        if found == MAX_LIMIT:
            detail["limit"] = MAX_LIMIT
        return append(conn, replace(event, detail=detail)).seq


def _event(actor: str, reason: str, case_reference: str | None, clock: Clock) -> AuditEvent:
    return AuditEvent(
        actor=actor,
        action=AuditAction.SEARCH,
        at=clock.now(),
        reason=reason.strip() or None,
        case_reference=case_reference,
    )


def _refuse_wrong(database: Database, query: TransitQuery, event: AuditEvent) -> None:
    try:
        _check(query, event.reason)
    except InputError as exc:
        detail = {**describe(query), "limit": query.limit, "refused": str(exc)}
        with database.transaction() as conn:
            append(conn, replace(event, action=AuditAction.SEARCH_REFUSED, detail=detail))
        raise


def _check(query: TransitQuery, reason: str | None) -> None:
    if not reason:
        raise InputError("reason: a search needs one (D.Lgs. 51/2018 art. 21)")
    read_pattern(query.pattern)
    if query.since and query.until and query.since >= query.until:
        raise InputError("since: must be before until")
    if not 1 <= query.limit <= MAX_LIMIT:
        raise InputError(f"limit: between 1 and {MAX_LIMIT}, not {query.limit}")


def describe(query: TransitQuery) -> dict[str, Any]:
    """What the audit says of a query; `recorded_search` reads it back."""
    return {
        "pattern": query.pattern[:64],
        "since": query.since.isoformat() if query.since else None,
        "until": query.until.isoformat() if query.until else None,
        "gates": list(query.gate_ids),
        "look_alike": query.look_alike,
    }
