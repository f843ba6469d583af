# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is about to end, by day: legal bases, agreements, protocols, certificates, holds and users; and where to act."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from anpr.console.access import Visitor, VisitorDep
from anpr.console.fields import Line
from anpr.console.page_context import ContextDep
from anpr.console.pages.documents.collected import choices, end_facts
from anpr.console.state import ConsoleDep
from anpr.documents.ends import End, EndKind, ends_of
from anpr.domain.access import Permission
from anpr.domain.errors import SettingsError
from anpr.domain.last_day import WARNED_BEFORE

router = APIRouter()

ROWS = 100
"""Things that end later, on one page."""
_PLACES = {
    EndKind.GATE: (Permission.VIEW_HEALTH, "/gates/{id}"),
    EndKind.AGREEMENT: (Permission.VIEW_AGREEMENTS, "/organisations"),
    EndKind.PROTOCOL: (Permission.VIEW_FORWARDING, "/status"),
    EndKind.HOLD: (Permission.VIEW_HOLDS, "/holds/{id}"),
    EndKind.USER: (Permission.MANAGE_USERS, "/users/{id}"),
}
"""The page that shows it, and who may open that."""


@router.get("/ending")
def show(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    organisation: Annotated[Line, Query(max_length=63)] = "",
    page: Annotated[int, Query(ge=1, lt=2**31)] = 1,
) -> Response:
    """What presses first, all of it; then the rest, the earliest first."""
    try:
        facts = end_facts(console, visitor, organisation)
    except SettingsError as exc:
        return console.templates.response("documents/fault.html", context, status=503, key="settings", detail=str(exc))
    ends = ends_of(facts)
    later = [(end, _place(end, visitor)) for end in ends if not end.presses]
    last_page = max(1, -(-len(later) // ROWS))
    page = min(page, last_page)
    return console.templates.response(
        "documents/ending.html",
        context,
        pressing=[(end, _place(end, visitor)) for end in ends if end.presses],
        later=later[(page - 1) * ROWS : page * ROWS],
        number=len(later),
        endless=[gate for gate in facts.gates if gate.legal_basis_until is None and not facts.is_retired(gate)],
        organisations=choices(console),
        organisation=organisation,
        warn_days=WARNED_BEFORE.days,
        now=facts.made_at,
        page=page,
        last_page=last_page,
        may_open_gates=visitor.may(Permission.VIEW_HEALTH),
    )


def _place(end: End, visitor: Visitor) -> str | None:
    permission, address = _PLACES.get(end.kind, (None, ""))
    return address.format(id=end.id) if permission and visitor.may(permission) else None
