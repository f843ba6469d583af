# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a recorded search has found, a page at a time, for the one who searched; each page shown is recorded."""

from collections.abc import Sequence
from datetime import datetime
from math import ceil

from starlette.exceptions import HTTPException

from anpr.console.access import Visitor, record_once
from anpr.console.held_marks import HeldMarks, held_marks
from anpr.console.state import Console
from anpr.store.audit import AuditAction, AuditEvent
from anpr.store.database.time_limit import time_limit
from anpr.store.transits.audited_search import MAX_LIMIT
from anpr.store.transits.recorded_search import RecordedSearch, count_again, page_of, recorded_search
from anpr.store.transits.rows import StoredTransit

ROWS = 50
"""Transits on one page of results."""


def own_search(console: Console, visitor: Visitor, number: int) -> RecordedSearch:
    """The visitor's own search with this number. Raises HTTPException 404 for everybody else's."""
    with console.database.transaction() as conn:
        found = recorded_search(conn, number)
    if found is None or found.actor != visitor.user.name:
        raise HTTPException(404)
    return found


def end_of(search: RecordedSearch) -> datetime:
    """The end of what was searched (UTC): at the latest the moment of the search."""
    return min(search.query.until, search.at) if search.query.until else search.at


def results_of(
    console: Console, visitor: Visitor, search: RecordedSearch, page: int
) -> tuple[int, int, list[StoredTransit], HeldMarks]:
    """How many there are, the page that there is, its transits, and which of them are held."""
    with console.search_database.transaction() as conn, time_limit(conn, console.settings.console.search_timeout_s):
        total = count_again(conn, search, MAX_LIMIT)
        page = min(page, max(1, ceil(total / ROWS)))
        rows = page_of(conn, search, page, ROWS)
        return total, page, rows, held_marks(conn, visitor, rows)


def record_results(
    console: Console,
    visitor: Visitor,
    search: RecordedSearch,
    page: int,
    rows: Sequence[StoredTransit],
    where: str = "search",
) -> None:
    """Which transits a page of results has shown to a session: once, since the results stay as they are. `where`:
    as a list, or on the map."""
    event = AuditEvent(
        actor=visitor.user.name,
        action=AuditAction.TRANSIT_VIEWED,
        at=console.clock.now(),
        reason=search.reason or None,
        case_reference=search.case_reference or None,
        detail={"page": where, "search": search.number, "transits": [str(row.transit.id) for row in rows]},
    )
    record_once(console, visitor, f"{where} {search.number} {page}", event)
