# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which gates do not look now: a strip of the alarm board, fetched anew every few seconds."""

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from anpr.console.coverage import blind_now
from anpr.console.page_context import ContextDep
from anpr.console.state import Console, ConsoleDep

router = APIRouter()

REFRESH_S = 15
"""As often as readers that fell silent are looked for."""
_NAMED = 3
"""So many gates are named; the status page has them all."""


@router.get("/blind")
def show(console: ConsoleDep, context: ContextDep) -> Response:
    """The strip alone."""
    return console.templates.response("alarms/blind.html", context, **blind_values(console))


def blind_values(console: Console) -> dict[str, Any]:
    """What the strip needs. Raises StoreError."""
    gates = blind_now(console)
    return {"blind": gates[:_NAMED], "more_blind": len(gates[_NAMED:]), "blind_refresh_s": REFRESH_S}
