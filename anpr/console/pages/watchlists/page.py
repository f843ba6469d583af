# SPDX-License-Identifier: AGPL-3.0-or-later
"""The watchlists and how each compares plates; the plates on them are not shown."""

from fastapi import APIRouter
from starlette.responses import Response

from anpr.console.access import VisitorDep, record
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.state import ConsoleDep
from anpr.domain.access import Permission
from anpr.store.audit import AuditAction
from anpr.store.watchlists.lists import list_watchlists

router = APIRouter(prefix="/watchlists")


@router.get("")
def show(console: ConsoleDep, visitor: VisitorDep, context: ContextDep) -> Response:
    """All lists, each with its number of entries. Recorded once while somebody goes on looking."""
    if console.view_audit.is_due(visitor.session.key, "watchlists"):
        record(console, visitor.user.name, AuditAction.WATCHLIST_VIEWED)
    with console.database.transaction() as conn:
        lists = list_watchlists(conn)
    return console.templates.response("watchlists/watchlists.html", context, lists=lists)


PAGE = Page(name="watchlists", router=router, permissions=(Permission.VIEW_WATCHLISTS,))
