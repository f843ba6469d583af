# SPDX-License-Identifier: AGPL-3.0-or-later
"""Archive of alarms: the closed ones of a period, filtered, by keyset paging; each leads to its own page."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response

from anpr.console.access import VisitorDep, record_shown
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.pages.archive import export
from anpr.console.pages.archive.form import ArchiveFields, read_archive_filter
from anpr.console.pages.archive.table import page_of
from anpr.console.state import ConsoleDep
from anpr.domain.access import Permission
from anpr.store.alarms.archive import ArchivePlace, list_archive

router = APIRouter(prefix="/archive")
LISTED = 100
"""Alarms on one page."""
After = Annotated[str, Query(pattern=r"^(|[0-9]{1,17}-[0-9]{1,18})$")]


@router.get("")
def show(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    fields: Annotated[ArchiveFields, Query()],
    after: After = "",
) -> Response:
    """The alarms that the form lets through, after the place (microseconds-id)."""
    read = read_archive_filter(console, fields)
    with console.database.transaction() as conn:
        found = list_archive(conn, read.which, LISTED + 1, _place(after)) if not read.faults else []
    shown = found[:LISTED]
    record_shown(console, visitor, "archive", [each.transit_id for each in shown])
    last = shown[-1].place if len(found) > LISTED else None
    more = f"{round(last.closed_at.timestamp() * 1_000_000)}-{last.id}" if last else ""
    return page_of(console, context, read, shown, more=more, status=400 if read.faults else 200)


def _place(after: str) -> ArchivePlace | None:
    if not after:
        return None
    micros, number = after.split("-")
    try:
        return ArchivePlace(closed_at=datetime.fromtimestamp(int(micros) / 1_000_000, UTC), id=int(number))
    except (OverflowError, ValueError, OSError):
        raise HTTPException(404) from None


router.include_router(export.router)

PAGE = Page(name="archive", router=router, permissions=(Permission.VIEW_ALARMS,), is_in_menu=False)
