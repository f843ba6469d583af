# SPDX-License-Identifier: AGPL-3.0-or-later
"""Position of a patrol: where the site allows it and the person has switched it on; the last one, for minutes."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import VisitorDep, author_of
from anpr.console.state import Console, ConsoleDep
from anpr.domain.patrol import Place
from anpr.store.patrol.people import forget_positions, locate, set_sharing

router = APIRouter(prefix="/position")

_FARTHEST_M = 100_000
"""An accuracy of more says nothing."""


@router.post("/share")
def share(console: ConsoleDep, visitor: VisitorDep, on: Annotated[bool, Form()] = False) -> Response:
    """Switch it on or off; switched off, the last one is forgotten at once. 404 where the site has no positions."""
    _demand(console)
    with console.database.transaction() as conn:
        set_sharing(conn, on, author_of(console, visitor))
    return RedirectResponse("/patrol", status_code=303)


@router.post("")
def tell(
    console: ConsoleDep,
    visitor: VisitorDep,
    latitude: Annotated[float, Form(ge=-90, le=90, allow_inf_nan=False)],
    longitude: Annotated[float, Form(ge=-180, le=180, allow_inf_nan=False)],
    accuracy: Annotated[float, Form(ge=0, le=_FARTHEST_M, allow_inf_nan=False)],
) -> Response:
    """The phone is here now. 204, and 409 where its person has switched it off. It is in no log and no audit."""
    _demand(console)
    now = console.clock.now()
    with console.database.transaction() as conn:
        forget_positions(conn, now - timedelta(minutes=console.settings.patrol.position_minutes))
        is_kept = locate(conn, visitor.user.name, Place(latitude=latitude, longitude=longitude), accuracy, now)
    return Response(status_code=204 if is_kept else 409)


def _demand(console: Console) -> None:
    if not console.settings.patrol.position:
        raise HTTPException(404)
