# SPDX-License-Identifier: AGPL-3.0-or-later
"""Holds in one list: those that hold, and those that have ended until retention forgets them."""

from fastapi import APIRouter
from starlette.responses import Response

from anpr.console.access import VisitorDep, record_view
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.pages.holds import change, make, one
from anpr.console.state import ConsoleDep
from anpr.domain.access import Permission, Role
from anpr.store.gates import gate_names
from anpr.store.holds import list_holds

router = APIRouter(prefix="/holds")


@router.get("")
def show(console: ConsoleDep, visitor: VisitorDep, context: ContextDep) -> Response:
    """All of them, the newest first."""
    record_view(console, visitor, "holds")
    with console.database.transaction() as conn:
        holds = list_holds(conn, ended=True)[::-1]
        gates = gate_names(conn)
    return console.templates.response(
        "holds/holds.html",
        context,
        standing=[hold for hold in holds if hold.ended_at is None],
        ended=[hold for hold in holds if hold.ended_at is not None],
        gates=gates,
    )


router.include_router(make.router)  # before the numbers: /holds/new
router.include_router(one.router)
router.include_router(change.router)

PAGE = Page(
    name="holds",
    router=router,
    permissions=(Permission.VIEW_HOLDS,),
    not_in_menu_of={Role.INVESTIGATOR},  # their investigations lead to it
)
