# SPDX-License-Identifier: AGPL-3.0-or-later
"""Export for the person concerned: a JSON file, an archive of it and of pictures, or a sheet to print.

That a plate is listed, raised an alarm or is held for a case may be what an inquiry must not give away (D.Lgs. 51/2018
art. 14(2)), so transits and recipients alone are chosen beforehand. The audit keeps the SHA-256 of what went out; with
pictures that of the file of data, which holds theirs.
"""

import hashlib
import json
import zipfile
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response, StreamingResponse

from anpr.console.access import Visitor, VisitorDep
from anpr.console.page_context import ContextDep
from anpr.console.pages.requests import one
from anpr.console.pages.requests.export_content import Part, content_of, days_kept
from anpr.console.pages.requests.pictures import MOST_BYTES, Choice, bytes_of, new_archive, read_out, write_pictures
from anpr.console.rendering.translations import Catalogue
from anpr.console.state import Console, ConsoleDep
from anpr.domain.gate import Gate
from anpr.domain.subject_request import SubjectRequest
from anpr.domain.transit import Transit
from anpr.store.audit import AuditAction
from anpr.store.gates import list_gates
from anpr.store.requests.register import Handling, note_request
from anpr.store.requests.subject_data import SubjectData, subject_data

router = APIRouter()

Parts = Annotated[list[Part], Form()]
PictureChoice = Annotated[Choice, Form()]
Shape = Literal["json", "zip", "sheet"]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Found:
    """What is stored for an open request, and who exports it."""

    request: SubjectRequest
    data: SubjectData
    gates: list[Gate]
    handling: Handling

    @property
    def transits(self) -> list[Transit]:
        return [stored.transit for stored in self.data.transits]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Export:
    """What goes out, and its row in the audit."""

    request: SubjectRequest
    data: SubjectData
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
    pictures: PictureChoice = "none",
) -> Response:
    """The JSON file; with pictures, an archive of it and of them."""
    found = _find(console, visitor, number)
    if found is None:
        return one.closed(number)
    t = console.templates.catalogue(context.language)
    if "transits" in parts and pictures != "none":
        if bytes_of(found.transits, pictures) > MOST_BYTES:
            return RedirectResponse(f"/requests/{number}/data?fault=too_large", status_code=303)
        return _archive(console, found, parts, pictures, t)
    made = _record(console, found, content_of(console.settings, *_told(found), parts, t), parts, "json")
    return Response(made.text, media_type="application/json", headers=_named(f"request-{number}.json"))


@router.post("/{number}/sheet")
def as_sheet(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    number: one.Number,
    parts: Parts = [],  # noqa: B006  FastAPI copies it
) -> Response:
    """The same as a page to print."""
    found = _find(console, visitor, number)
    if found is None:
        return one.closed(number)
    t = console.templates.catalogue(context.language)
    made = _record(console, found, content_of(console.settings, *_told(found), parts, t), parts, "sheet")
    named = {transit.gate_id for transit in found.transits} if "transits" in parts else set()
    return console.templates.response(
        "requests/sheet.html",
        context,
        made=made,
        chosen=frozenset(parts),
        gates={gate.id: gate.name for gate in found.gates},
        gates_named=[gate for gate in found.gates if gate.id in named],
        kept=days_kept(found.data, console.settings.retention) if "transits" in parts else None,
        days_of={id_: console.settings.retention.days_of(purpose) for id_, purpose in found.data.purposes.items()},
    )


def _find(console: Console, visitor: Visitor, number: int) -> _Found | None:
    """None when the request is closed."""
    found = one.open_plate_of(console, number)
    if found is None:
        return None
    request, plate = found
    with console.search_database.transaction() as conn:
        data, gates = subject_data(conn, number, plate), list_gates(conn)
    return _Found(request=request, data=data, gates=gates, handling=one.handling(console, visitor))


def _archive(console: Console, found: _Found, parts: list[Part], choice: Choice, t: Catalogue) -> Response:
    """Pictures first, then the file that says of each whether it is there."""
    file = new_archive()
    try:
        with zipfile.ZipFile(file, "w") as archive:
            told = write_pictures(archive, console.images, found.transits, choice)
            content = content_of(console.settings, *_told(found), parts, t, choice) | {"pictures": told}
            made = _record(console, found, content, parts, "zip", {"pictures": choice})
            archive.writestr("data.json", made.text)
    except BaseException:
        file.close()
        raise
    headers = _named(f"request-{found.request.id}.zip")
    return StreamingResponse(read_out(file), media_type="application/zip", headers=headers)


def _told(found: _Found) -> tuple[SubjectRequest, SubjectData, dict[str, Gate], datetime]:
    return found.request, found.data, {gate.id: gate for gate in found.gates}, found.handling.at


def _record(
    console: Console,
    found: _Found,
    content: dict[str, Any],
    parts: list[Part],
    form: Shape,
    more: dict[str, Any] | None = None,
) -> _Export:
    """In the audit before it goes out."""
    text = json.dumps(content, ensure_ascii=False, indent=2).encode() + b"\n"
    digest, counts = hashlib.sha256(text).hexdigest(), {"transits": len(found.data.transits)}
    detail = {"sha256": digest, "parts": sorted(parts), "form": form, "counts": counts, **(more or {})}
    request, by = found.request, found.handling
    with console.database.transaction() as conn:
        row = note_request(conn, AuditAction.REQUEST_EXPORTED, request.id, request.reference, by, detail)
    return _Export(request=request, data=found.data, content=content, text=text, digest=digest, audit_row=row, at=by.at)


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}
