# SPDX-License-Identifier: AGPL-3.0-or-later
"""The gates of the site, searchable, on a sketch map; each leads to a page of its own."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from anpr.console.access import VisitorDep
from anpr.console.fields import Line
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.pages.gates import camera, edit, new_camera, new_gate, one, versions
from anpr.console.pages.gates.rows import ListedGate, gate_rows, listed_gates, purpose_names
from anpr.console.pages.gates.sketch import sketch_of
from anpr.console.state import ConsoleDep
from anpr.domain.access import Permission, Role
from anpr.domain.last_day import WARNED_BEFORE

router = APIRouter(prefix="/gates")

ROWS = 50
"""Gates on one page: each takes a look into the database."""


@router.get("")
def show(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    q: Annotated[Line, Query(max_length=100)] = "",
    only: Literal["", "attention"] = "",
    page: Annotated[int, Query(ge=1, lt=2**31)] = 1,
) -> Response:
    """Those that match, fifty a page."""
    at = console.clock.now()
    with console.database.transaction() as conn:
        gates, present = listed_gates(conn, at.astimezone(console.settings.zone).date())
        found = [each for each in gates if _matches(each, q) and (not only or each.needs_attention)]
        last_page = max(1, -(-len(found) // ROWS))
        page = min(page, last_page)
        rows = gate_rows(conn, found[(page - 1) * ROWS : page * ROWS], present, at)
    return console.templates.response(
        "gates/gates.html",
        context,
        rows=rows,
        found=len(found),
        total=len(gates),
        owners=len({each.owner for each in gates}),
        attention=sum(each.needs_attention for each in gates),
        sketch=sketch_of(found),
        purposes=purpose_names(console),
        may_make=new_gate.may_make_gates(console, visitor),
        q=q,
        only=only,
        page=page,
        last_page=last_page,
        now=at,
        warn_days=WARNED_BEFORE.days,
    )


def _matches(listed: ListedGate, text: str) -> bool:
    """Whether each word of the text is in the gate's name, id, owner, purpose or legal basis, or in a camera's
    id."""
    gate = listed.gate
    cameras = [each.id for each in gate.cameras]
    known: Sequence[str] = (gate.id, gate.name, listed.owner, gate.purpose, gate.legal_basis, *cameras)
    held = " ".join(known).casefold()
    return all(word in held for word in text.casefold().split())


router.include_router(new_gate.router)
router.include_router(new_camera.router)
router.include_router(camera.router)
router.include_router(versions.router)
router.include_router(edit.router)
router.include_router(one.router)

PAGE = Page(
    name="gates",
    router=router,
    permissions=(Permission.VIEW_HEALTH,),
    not_in_menu_of={Role.INVESTIGATOR},  # the status page leads to it, and their menu fits a phone
)
