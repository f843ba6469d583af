# SPDX-License-Identifier: AGPL-3.0-or-later
"""Recorded searches: the audit's row as the search that it is, to show the same results again without another row."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from anpr.store.audit import AuditAction, AuditRow, get_audit
from anpr.store.database.connection import Connection
from anpr.store.transits.rows import StoredTransit, TransitQuery, count_found, search_transits


@dataclass(frozen=True, kw_only=True, slots=True)
class RecordedSearch:
    """A search by its number in the audit: who asked what at `at` (UTC), and why; `found` transits were there then."""

    number: int
    actor: str
    at: datetime
    reason: str
    case_reference: str
    query: TransitQuery
    """Nothing that the centre received after `at`: who wants to know that asks again."""
    found: int


def recorded_search(conn: Connection, number: int) -> RecordedSearch | None:
    """The search with this number; None when the audit's row is none that can be shown again."""
    row = get_audit(conn, number)
    if row is None or row.event.action is not AuditAction.SEARCH:
        return None
    return _search_of(row)


def count_again(conn: Connection, search: RecordedSearch, limit: int) -> int:
    """How many of its transits are still kept, `limit` at most."""
    return count_found(conn, replace(search.query, limit=limit))


def page_of(conn: Connection, search: RecordedSearch, page: int, rows: int) -> list[StoredTransit]:
    """One page of its results, newest first; the first page is 1."""
    return search_transits(conn, replace(search.query, limit=rows, offset=(page - 1) * rows))


def _search_of(row: AuditRow) -> RecordedSearch:
    event, detail = row.event, row.event.detail
    return RecordedSearch(
        number=row.seq,
        actor=event.actor,
        at=event.at,
        reason=event.reason or "",
        case_reference=event.case_reference or "",
        query=_query_of(detail, event.at),
        found=detail["found"],
    )


def _query_of(detail: Mapping[str, Any], at: datetime) -> TransitQuery:
    since, until = (datetime.fromisoformat(detail[name]) if detail[name] else None for name in ("since", "until"))
    return TransitQuery(
        pattern=detail["pattern"],
        since=since,
        until=until,
        gate_ids=tuple(detail["gates"]),
        look_alike=detail["look_alike"],
        received_until=at,
    )
