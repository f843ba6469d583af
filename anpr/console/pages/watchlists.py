"""The watchlists there are and how each compares; their plates are not shown."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from anpr.console.access import Visitor, allowed
from anpr.console.page_context import ReaderDep
from anpr.console.state import ConsoleDep
from anpr.domain.access import Permission
from anpr.store.watchlists.lists import list_watchlists

router = APIRouter(prefix="/watchlists")

Viewer = Annotated[Visitor, Depends(allowed(Permission.VIEW_WATCHLISTS))]


@router.get("")
def show(console: ConsoleDep, visitor: Viewer, reader: ReaderDep) -> Response:  # noqa: ARG001  asked for its permission
    """All lists, each with its number of entries."""
    with console.database.transaction() as conn:
        lists = list_watchlists(conn)
    return console.pages.page("watchlists.html", reader, lists=lists)
