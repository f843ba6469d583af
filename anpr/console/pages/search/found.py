# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a recorded search has found, a page at a time, for the one who searched; each page shown is recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Annotated, Literal
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Query
from starlette.exceptions import HTTPException

from anpr.console.access import Visitor, record_once
from anpr.console.held_marks import HeldMarks, held_marks
from anpr.console.state import Console
from anpr.store.audit import AuditAction, AuditEvent
from anpr.store.database.time_limit import time_limit
from anpr.store.transits.audited_search import MAX_LIMIT
from anpr.store.transits.recorded_search import PageKey, RecordedSearch, count_again, page_of, recorded_search
from anpr.store.transits.rows import StoredTransit
from anpr.store.transits.search_sql import SearchOrder

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


View = Literal["list", "table", "sheet"]
Told = Literal["", "marked", "not_marked", "saved", "not_saved"]
"""What was done on the way to the page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """Which part of the results is shown, and how: as the address says it."""

    page: int = 1
    order: SearchOrder = SearchOrder.NEWEST
    view: View = "list"
    after: str = ""
    """The key of the last transit of the page before, as `key_of` writes it; by it the next page is found quickly."""
    before: str = ""
    """The key of the first transit of the page behind, to find the page before it."""
    told: Told = ""

    def same_page(self, **changes: object) -> str:
        """The address of the page that is shown, in another way."""
        return self.address(**{"after": self.after, "before": self.before, **changes})

    @property
    def key(self) -> PageKey | None:
        """Where the page begins or ends; None: it is found by its number."""
        return _key_in(self.after) or _key_in(self.before, is_backward=True)

    def address(self, **changes: object) -> str:
        """What follows the `?`, or nothing; without what is the default."""
        values = {"page": self.page, "order": self.order.value, "view": self.view, **changes}
        usual = {"page": 1, "order": "newest", "view": "list", "after": "", "before": "", "told": ""}
        told = {name: value for name, value in values.items() if value != usual.get(name)}
        return f"?{urlencode(told)}" if told else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundPage:
    """One page of what was found. `total`: of all pages; `held`: which transits a hold keeps."""

    total: int
    page: int
    rows: list[StoredTransit]
    held: HeldMarks


def shown_as(
    page: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 1,
    order: SearchOrder = SearchOrder.NEWEST,
    view: View = "list",
    after: Annotated[str, Query(max_length=100)] = "",
    before: Annotated[str, Query(max_length=100)] = "",
    told: Told = "",
) -> Shown:
    """As the address says it."""
    return Shown(page=page, order=order, view=view, after=after, before=before, told=told)


ShownDep = Annotated[Shown, Depends(shown_as)]


def key_of(row: StoredTransit) -> str:
    """Capture time (us since 1970) and id: where the next page begins, and the one before ends."""
    return f"{int(row.transit.captured_at.timestamp()) * 10**6 + row.transit.captured_at.microsecond}.{row.transit.id}"


def _key_in(text: str, *, is_backward: bool = False) -> PageKey | None:
    """None for one that is none: then the page is found by its number."""
    micros, _, transit = text.partition(".")
    try:
        at = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(micros))
        return PageKey(at=at, id=UUID(transit), is_backward=is_backward)
    except (ValueError, OverflowError):
        return None


def results_of(console: Console, visitor: Visitor, search: RecordedSearch, shown: Shown) -> FoundPage:
    """The page that there is, nearest to the one that is asked for."""
    with console.search_database.transaction() as conn, time_limit(conn, console.settings.console.search_timeout_s):
        total = count_again(conn, search, MAX_LIMIT)
        page = min(shown.page, max(1, ceil(total / ROWS)))
        rows = page_of(conn, search, page, ROWS, shown.order, shown.key if page == shown.page else None)
        return FoundPage(total=total, page=page, rows=rows, held=held_marks(conn, visitor, rows))


def record_results(
    console: Console,
    visitor: Visitor,
    search: RecordedSearch,
    shown: Shown,
    rows: Sequence[StoredTransit],
    where: str = "search",
) -> None:
    """Which transits a page of results has shown to a session: once, since the results stay as they are. `where`:
    as a list, or on the map."""
    record_looked_at(console, visitor, search, (where, f"{shown.order} {shown.page}"), [row.transit.id for row in rows])


def record_looked_at(
    console: Console, visitor: Visitor, search: RecordedSearch, part: tuple[str, str], ids: Sequence[UUID]
) -> None:
    """Which transits a session has seen of a search: once for each part (a page, and what of it)."""
    where, which = part
    event = AuditEvent(
        actor=visitor.user.name,
        action=AuditAction.TRANSIT_VIEWED,
        at=console.clock.now(),
        reason=search.reason or None,
        case_reference=search.case_reference or None,
        detail={"page": where, "search": search.number, "transits": [str(each) for each in ids]},
    )
    record_once(console, visitor, f"{where} {search.number} {which}", event)
