# SPDX-License-Identifier: AGPL-3.0-or-later
"""Audited search: needs a reason, and writes its row in the audit before it shows anything."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from anpr.domain.errors import InputError, QueryAbandonedError, QueryTooLongError
from anpr.domain.search_reason import MAX_REASON, check_reason, plain_reason
from anpr.runtime.clock import Clock
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database.connection import Database
from anpr.store.database.time_limit import time_limit
from anpr.store.investigations.life import refuse_ended
from anpr.store.transits.pattern import read_pattern
from anpr.store.transits.rows import StoredTransit, TransitQuery, count_found, search_transits

MAX_LIMIT = 10_000
"""Transits. What one search of the command line prints at most, and the console counts and shows page by page."""


def audited_search(  # noqa: PLR0913, PLR0917  who asks what, why, and how long it may take
    database: Database,
    query: TransitQuery,
    actor: str,
    reason: str,
    case_reference: str | None,
    clock: Clock,
    limit_s: float | None = None,
) -> list[StoredTransit]:
    """What the query finds, newest first, once the row that says who asked and why is committed.

    Raises InputError for a reason that says nothing, a query that cannot be run or an investigation that has ended,
    and QueryTooLongError for one that takes longer than `limit_s`; those too are written down, as refused.
    """
    event = _event(actor, reason, case_reference, clock)
    _refuse_wrong(database, query, event)
    with _refusal_noted(database, query, event), database.transaction() as conn:
        with time_limit(conn, limit_s):
            found = search_transits(conn, query)
        append(conn, replace(event, detail={**describe(query), "limit": query.limit, "found": len(found)}))
    return found


def record_search(  # noqa: PLR0913, PLR0917  who asks what, why, and how long it may take
    database: Database,
    query: TransitQuery,
    actor: str,
    reason: str,
    case_reference: str | None,
    clock: Clock,
    limit_s: float | None = None,
    reason_kind: str = "",
) -> int:
    """Record that somebody asks this, with the number of all transits that it finds; returns the audit's row.
    `reason_kind`: the kind of reason, from the site's list.

    Whoever asked may then look at the results as often as they need, by `recorded_search`. Raises as `audited_search`.
    """
    event = _event(actor, reason, case_reference, clock)
    _refuse_wrong(database, query, event)
    everything = replace(query, limit=MAX_LIMIT, offset=0, received_until=event.at)
    with _refusal_noted(database, query, event), database.transaction() as conn:
        with time_limit(conn, limit_s):
            found = count_found(conn, everything)
        detail = {**describe(query), **({"reason_kind": reason_kind} if reason_kind else {}), "found": found}
        if found == MAX_LIMIT:
            detail["limit"] = MAX_LIMIT
        return append(conn, replace(event, detail=detail)).seq


def _event(actor: str, reason: str, case_reference: str | None, clock: Clock) -> AuditEvent:
    return AuditEvent(
        actor=actor,
        action=AuditAction.SEARCH,
        at=clock.now(),
        reason=plain_reason(reason)[:MAX_REASON] or None,
        case_reference=case_reference,
    )


def _refuse_wrong(database: Database, query: TransitQuery, event: AuditEvent) -> None:
    with _refusal_noted(database, query, event):
        _check(query, event.reason)
        if event.case_reference:
            with database.transaction() as conn:
                refuse_ended(conn, event.case_reference)


@contextmanager
def _refusal_noted(database: Database, query: TransitQuery, event: AuditEvent) -> Iterator[None]:
    try:
        yield
    except (InputError, QueryTooLongError, QueryAbandonedError) as exc:
        detail = {**describe(query), "limit": query.limit, "refused": str(exc)}
        with database.cancelled_by(None).transaction() as conn:
            append(conn, replace(event, action=AuditAction.SEARCH_REFUSED, detail=detail))
        raise


def _check(query: TransitQuery, reason: str | None) -> None:
    check_reason(reason or "")
    if query.pattern:
        read_pattern(query.pattern)
    elif not query.gate_ids and not query.conditions.kinds:
        raise InputError("plate: without one, a search names gates or kinds of lists")
    query.windows()
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
        **({"area": query.area.as_detail()} if query.area else {}),
        **query.conditions.as_detail(),
    }
