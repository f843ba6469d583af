# SPDX-License-Identifier: AGPL-3.0-or-later
"""Export for the person concerned: a JSON file or a sheet to print, of the parts that may be disclosed.

That a plate is listed, raised an alarm or is held for a case may be what an inquiry must not give away (D.Lgs. 51/2018
art. 14(2)), so transits and recipients alone are chosen beforehand. The audit keeps the SHA-256 of what went out.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form
from starlette.responses import Response

from anpr.console.access import Visitor, VisitorDep
from anpr.console.page_context import ContextDep
from anpr.console.pages.requests import one
from anpr.console.pages.requests.export_content import Part, content_of
from anpr.console.rendering.translations import Catalogue
from anpr.console.state import Console, ConsoleDep
from anpr.domain.gate import Gate
from anpr.domain.subject_request import SubjectRequest
from anpr.store.audit import AuditAction
from anpr.store.gates import list_gates
from anpr.store.requests.register import note_request
from anpr.store.requests.subject_data import SubjectData, subject_data

router = APIRouter()

Parts = Annotated[list[Part], Form()]
Shape = Literal["json", "sheet"]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Export:
    """What goes out, and its row in the audit."""

    request: SubjectRequest
    data: SubjectData
    gates: list[Gate]
    content: dict[str, Any]
    text: bytes
    digest: str
    audit_row: int
    at: datetime


@router.post("/{number}/export")
def as_file(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    number: one.Number,
    parts: Parts = [],  # noqa: B006  FastAPI copies it
) -> Response:
    """The JSON file."""
    made = _make(console, visitor, number, parts, "json", console.templates.catalogue(context.language))
    if made is None:
        return one.closed(number)
    disposition = {"Content-Disposition": f'attachment; filename="request-{number}.json"'}
    return Response(made.text, media_type="application/json", headers=disposition)


@router.post("/{number}/sheet")
def as_sheet(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    number: one.Number,
    parts: Parts = [],  # noqa: B006  FastAPI copies it
) -> Response:
    """The same as a page to print."""
    made = _make(console, visitor, number, parts, "sheet", console.templates.catalogue(context.language))
    if made is None:
        return one.closed(number)
    named = {stored.transit.gate_id for stored in made.data.transits} if "transits" in parts else set()
    return console.templates.response(
        "requests/sheet.html",
        context,
        made=made,
        chosen=frozenset(parts),
        gates={gate.id: gate.name for gate in made.gates},
        gates_named=[gate for gate in made.gates if gate.id in named],
        kept_days=console.settings.retention.transit_days,
    )


def _make(
    console: Console, visitor: Visitor, number: int, parts: list[Part], form: Shape, t: Catalogue
) -> _Export | None:
    """Recorded before it goes out; None when the request is closed."""
    found = one.open_plate_of(console, number)
    if found is None:
        return None
    request, plate = found
    handling = one.handling(console, visitor)
    with console.search_database.transaction() as conn:
        data, gates = subject_data(conn, number, plate), list_gates(conn)
    content = content_of(console.settings, request, data, {gate.id: gate for gate in gates}, parts, handling.at, t)
    text = json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n"
    digest = hashlib.sha256(text).hexdigest()
    detail = {"sha256": digest, "parts": sorted(parts), "form": form, "counts": {"transits": len(data.transits)}}
    with console.database.transaction() as conn:
        row = note_request(conn, AuditAction.REQUEST_EXPORTED, number, request.reference, handling, detail)
    return _Export(
        request=request,
        data=data,
        gates=gates,
        content=content,
        text=text,
        digest=digest,
        audit_row=row,
        at=handling.at,
    )
