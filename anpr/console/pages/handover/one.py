# SPDX-License-Identifier: AGPL-3.0-or-later
"""One handover as it was signed: a page that prints on one A4, and a PDF; what it names by number is looked up."""

import hashlib
import logging
from typing import Annotated

from fastapi import APIRouter, Path
from starlette.exceptions import HTTPException
from starlette.responses import Response

from anpr.console.access import Visitor, VisitorDep, record, record_view
from anpr.console.field_faults import FieldFault
from anpr.console.page_context import ContextDep
from anpr.console.pages.handover.paper import Writer
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.errors import PaperError
from anpr.domain.handover import MAX_TEXT, Handover, is_late
from anpr.store.audit import AuditAction
from anpr.store.handovers.shown import named_in
from anpr.store.handovers.signing import get_handover

router = APIRouter()
log = logging.getLogger(__name__)
Number = Annotated[int, Path(ge=1, lt=2**63)]
_NO_PDF = FieldFault(key="handover.no_pdf")


def handover_of(console: Console, number: int) -> Handover:
    """The handover. Raises HTTPException (404) when there is none (any more), or it is another organisation's."""
    with console.database.transaction() as conn:
        found = get_handover(conn, number)
    if found is None:
        raise HTTPException(404)
    return found


@router.get("/{number}")
def show(console: ConsoleDep, visitor: VisitorDep, context: ContextDep, number: Number) -> Response:
    """The handover; while the second signature is missing, with the forms for it."""
    return page(console, visitor, context, number)


@router.get("/{number}/pdf")
def as_pdf(console: ConsoleDep, visitor: VisitorDep, context: ContextDep, number: Number) -> Response:
    """The same as a file; 503 while another one is being made."""
    handover = handover_of(console, number)
    with console.database.transaction() as conn:
        named = named_in(conn, handover.facts)
    writer = Writer(
        t=console.templates.catalogue(context.language),
        zone=console.settings.zone,
        municipality=console.settings.municipality,
    )
    try:
        data = console.pdf_press.print(writer.document(handover, named))
    except PaperError as exc:
        log.warning("console: handover %s: %s", number, exc)
        answer = page(console, visitor, context, number, fault=_NO_PDF, status=503)
        answer.headers["Retry-After"] = "5"
        return answer
    detail = {"made": "handover", "form": "pdf", "about": number, "sha256": hashlib.sha256(data).hexdigest()}
    record(console, visitor.user.name, AuditAction.DOCUMENT_MADE, detail)
    disposition = {"Content-Disposition": f'attachment; filename="handover-{number}.pdf"'}
    return Response(data, media_type="application/pdf", headers=disposition)


def page(  # noqa: PLR0913  what it shows
    console: Console,
    visitor: Visitor,
    context: PageContext,
    number: int,
    *,
    fault: FieldFault | None = None,
    status: int = 200,
    colleague: str = "",
    remark: str = "",
) -> Response:
    """The page of one handover; `fault`: why it was not signed. Raises HTTPException (404)."""
    handover = handover_of(console, number)
    record_view(console, visitor, "handover", handover=number)
    with console.database.transaction() as conn:
        named = named_in(conn, handover.facts)
    return console.templates.response(
        "handover/one.html",
        context,
        status=status,
        handover=handover,
        facts=handover.facts,
        named=named,
        given=len(handover.facts.held_by(handover.outgoing)) if handover.gives_alarms else 0,
        is_late=is_late(handover, console.clock.now()),
        fault=fault,
        colleague=colleague,
        remark=remark,
        most=MAX_TEXT,
    )
