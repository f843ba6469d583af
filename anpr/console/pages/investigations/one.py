# SPDX-License-Identifier: AGPL-3.0-or-later
"""One investigation: its members, marked transits as a contact sheet, notes, questions, holds, evidence, log."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, record_shown
from anpr.console.field_faults import FieldFault
from anpr.console.page_context import ContextDep
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.errors import InputError
from anpr.domain.hold import LONGEST
from anpr.domain.investigation import MAX_NOTE, Investigation, MarkedTransit
from anpr.domain.transit import Transit
from anpr.store.audit_use.catalogue import AUDITED, ActionKind
from anpr.store.database.connection import Connection
from anpr.store.gates import gate_names
from anpr.store.held import HoldMark, held_among
from anpr.store.investigations.deliveries import deliveries_by_package
from anpr.store.investigations.gathered import list_marked, list_notes, list_questions
from anpr.store.investigations.life import InvestigationEndedError, get_investigation, members_of
from anpr.store.investigations.packages import EvidencePackage, PackageState, get_package, list_packages
from anpr.store.investigations.proof import rows_of_investigation
from anpr.store.transits.rows import get_transit

router = APIRouter()

Number = Annotated[int, Path(ge=1, lt=2**63)]
Done = Literal[
    "opened", "member-added", "member-removed", "noted", "marked", "unmarked", "question-removed", "described", "ended",
    "reopened", "held", "asked", "link-ended", "delivered", "stamped",
]  # fmt: skip
_SHOWN_ROWS = 50
"""Of the audit, the newest."""
_NO_FAULTS: Mapping[str, FieldFault] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetPlace:
    """A marked transit on the contact sheet; `transit` is None where nothing of it is left or open."""

    mark: MarkedTransit
    transit: Transit | None
    holds: tuple[HoldMark, ...]


def investigation_of(console: Console, number: int) -> Investigation:
    """Raises HTTPException (404) when there is none, or the visitor is no member."""
    with console.database.transaction() as conn:
        try:
            return get_investigation(conn, number)
        except InputError:
            raise HTTPException(404) from None


def ready(console: Console, number: int, package: int) -> EvidencePackage:
    """Raises HTTPException (404) unless it is ready and the visitor a member."""
    with console.database.transaction() as conn:
        found = get_package(conn, number, package)
    if found is None or found.state is not PackageState.READY:
        raise HTTPException(404)
    return found


def fault_of(exc: InputError) -> FieldFault:
    """What a refused change is told as."""
    ended = isinstance(exc, InvestigationEndedError)
    return FieldFault(key="investigations.has_ended" if ended else "investigations.refused")


def done(number: int, what: str, anchor: str = "") -> Response:
    """Back to the page, which says what was done."""
    return RedirectResponse(f"/investigations/{number}?done={what}{anchor}", status_code=303)


@router.get("/{number}")
def show(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, number: Number, done: Done | None = None
) -> Response:
    """The page; which transits it shows is recorded."""
    return page(console, visitor, context, number, done=done)


def page(  # noqa: PLR0913  what it shows
    console: Console,
    visitor: Visitor,
    context: PageContext,
    number: int,
    *,
    done: Done | None = None,
    faults: Mapping[str, FieldFault] = _NO_FAULTS,
    fields: Mapping[str, str] | None = None,
    link: str = "",
    status: int = 400,
) -> Response:
    """The page of one; with faults of a form on it, answered with `status`; with a link that is told this once."""
    investigation = investigation_of(console, number)
    now = console.clock.now()
    with console.database.transaction() as conn:
        places = _places(conn, number)
        rows = rows_of_investigation(conn, investigation)[-_SHOWN_ROWS:]
        values = {
            "members": members_of(conn, number),
            "notes": list_notes(conn, number),
            "questions": list_questions(conn, number),
            "packages": list_packages(conn, number),
            "gates": gate_names(conn),
        }
    shown = [place.transit.id for place in places if place.transit]
    record_shown(console, visitor, "investigations", shown, case=investigation.reference, investigation=number)
    today = now.astimezone(UTC).date()
    return console.templates.response(
        "investigations/investigation.html",
        context,
        status=status if faults else 200,
        investigation=investigation,
        places=places,
        unheld=sum(place.transit is not None and not place.holds for place in places),
        history=[each.row for each in reversed(rows)],
        exports=[each.row for each in reversed(rows) if _is_export(str(each.row.event.action))],
        done=done,
        faults=faults,
        fields=fields or {},
        link=link,
        now=now,
        is_there=console.evidence.is_there,
        deliveries=deliveries_by_package(each.row for each in rows),
        may_stamp=console.settings.evidence.time_stamp.url is not None,
        days=console.settings.console.evidence_days,
        today=today,
        latest=today + LONGEST,
        most_note=MAX_NOTE,
        **values,
    )


def _places(conn: Connection, number: int) -> list[SheetPlace]:
    found = [(mark, get_transit(conn, mark.transit_id)) for mark in list_marked(conn, number)]
    held = held_among(conn, [stored.transit for _, stored in found if stored])
    return [
        SheetPlace(mark=mark, transit=stored.transit if stored else None, holds=tuple(held.get(mark.transit_id, ())))
        for mark, stored in found
    ]


def _is_export(action: str) -> bool:
    known = {str(each): audited.kind for each, audited in AUDITED.items()}
    return known.get(action) is ActionKind.EXPORT
