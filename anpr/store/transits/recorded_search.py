# SPDX-License-Identifier: AGPL-3.0-or-later
"""Recorded searches: the audit's row as the search that it is, to show the same results again without another row."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from anpr.domain.map_area import MapArea, MapAreaError
from anpr.domain.plate import PlateError, normalise
from anpr.domain.search_conditions import SearchConditions
from anpr.store.audit import AuditAction, AuditRow, get_audit, row_of
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries
from anpr.store.transits.rows import StoredTransit, TransitQuery, count_found, search_transits, transit_at
from anpr.store.transits.search_sql import SearchOrder

_SQL = load_queries("audit")


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
    reason_kind: str = ""
    """From the site's list; empty where none was asked."""

    @property
    def is_of_one_plate(self) -> bool:
        """Asked for one whole plate in its normal form: no wildcards, look-alikes or conditions."""
        is_plain = not self.query.look_alike and not self.query.conditions.as_detail()
        try:
            return is_plain and normalise(self.query.pattern) == self.query.pattern
        except PlateError:
            return False


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedReason:
    """Why somebody searched; `kind` is of the site's list. What was not said is empty."""

    kind: str
    text: str
    case: str


def recorded_search(conn: Connection, number: int) -> RecordedSearch | None:
    """The search with this number; None when the audit's row is none that can be shown again."""
    row = get_audit(conn, number)
    if row is None or row.event.action is not AuditAction.SEARCH:
        return None
    try:
        return _search_of(row)
    except (KeyError, TypeError, ValueError, MapAreaError):
        return None


def count_again(conn: Connection, search: RecordedSearch, limit: int) -> int:
    """How many of its transits are still kept, `limit` at most."""
    return count_found(conn, replace(search.query, limit=limit))


def last_reason(conn: Connection, actor: str, since: datetime) -> AskedReason | None:
    """Why this person searched last, from `since` (UTC) on, transits or vehicles; None when they did not."""
    row = conn.execute(_SQL["last_reason"], {"actor": actor, "since": since}).fetchone()
    if row is None:
        return None
    event = row_of(row).event
    kind = event.detail.get("reason_kind") or ""
    return AskedReason(kind=kind, text=event.reason or "", case=event.case_reference or "")


@dataclass(frozen=True, kw_only=True, slots=True)
class PageKey:
    """A transit beside which a page begins, by capture time (UTC) and id: the last one of the page before, or, where
    `is_backward`, the first one of the page behind."""

    at: datetime
    id: UUID
    is_backward: bool = False


def page_of(
    conn: Connection,
    search: RecordedSearch,
    page: int,
    rows: int,
    order: SearchOrder = SearchOrder.NEWEST,
    key: PageKey | None = None,
) -> list[StoredTransit]:
    """One page of its results, the first is 1. With a key the database begins there (keyset pagination); without it,
    or where nothing stands there any more, it passes over all before."""
    by_number = replace(search.query, limit=rows, offset=(page - 1) * rows, order=order)
    beside = _beside(conn, order, key) if key is not None and page > 1 else None
    if key is None or beside is None:
        return search_transits(conn, by_number)
    found = search_transits(conn, replace(by_number, offset=0, is_backward=key.is_backward, **beside))
    if not key.is_backward:
        return found
    return found[::-1] if len(found) == rows else search_transits(conn, by_number)


def _beside(conn: Connection, order: SearchOrder, key: PageKey) -> dict[str, Any] | None:
    """The key as the query has it. The address names no plate, so that of the transit is looked up; None: it is
    gone."""
    if order is not SearchOrder.PLATE:
        return {"after": (key.at, key.id)}
    stored = transit_at(conn, key.at, key.id)
    return None if stored is None else {"after": (key.at, key.id), "after_plate": stored.transit.plate}


def _search_of(row: AuditRow) -> RecordedSearch:
    event, detail = row.event, row.event.detail
    return RecordedSearch(
        number=row.seq,
        actor=event.actor,
        at=event.at,
        reason=event.reason or "",
        case_reference=event.case_reference or "",
        query=replace(query_from(detail), received_until=event.at),
        found=detail["found"],
        reason_kind=detail.get("reason_kind") or "",
    )


def query_from(detail: Mapping[str, Any]) -> TransitQuery:
    """The query that `describe` told. Raises KeyError, TypeError or ValueError for anything else."""
    since, until = (datetime.fromisoformat(detail[name]) if detail[name] else None for name in ("since", "until"))
    return TransitQuery(
        pattern=detail["pattern"],
        since=since,
        until=until,
        gate_ids=tuple(detail["gates"]),
        look_alike=detail["look_alike"],
        conditions=SearchConditions.from_detail(detail),
        area=MapArea.from_detail(detail["area"]) if detail.get("area") else None,
    )
