# SPDX-License-Identifier: AGPL-3.0-or-later
"""One camera: its figures with advice, a recent image, a trial on demand, and regions and masks drawn on the image.

Where the centre is the source of gates, what is drawn is saved as a version of the gate.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, Path, Query
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, record_once
from anpr.console.field_faults import FieldFault
from anpr.console.fields import Line
from anpr.console.page_context import ContextDep
from anpr.console.pages.gates.managed import (
    Administrator,
    Based,
    Conflict,
    Managed,
    Reason,
    edit_of,
    managed_gate,
    managed_or_404,
    reason_faults,
    refused_by,
    save,
)
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.camera_view import NARROW_PX, REQUEST_LIFE, WIDE_PX, findings
from anpr.domain.errors import InputError
from anpr.domain.gate import Camera, CameraKind, Gate
from anpr.settings.planned import PlannedGate, as_json, read_definition
from anpr.store.audit import AuditAction, AuditEvent
from anpr.store.author import Author
from anpr.store.camera_views import Asked, StoredView, ask_for_view, asked_view, camera_view, view_image
from anpr.store.gates import list_gates

router = APIRouter(prefix="/{gate_id}/cameras/{camera_id}")

GateId = Annotated[Line, Path(max_length=64)]
CameraId = Annotated[Line, Path(max_length=64)]
Drawn = Annotated[str, Form(max_length=20_000)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Trial:
    """How far a request has come: `is_waiting`, else answered or not (`failed`: no-centre, no-reader, no-frame)."""

    asked_at: datetime
    is_waiting: bool
    failed: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """A drawing that was sent and not saved: it is shown again, with why."""

    drawing: Mapping[str, Any]
    reason: str
    faults: Mapping[str, FieldFault] = field(default_factory=dict)
    conflict: Conflict | None = None


@router.get("")
def show(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    gate_id: GateId,
    camera_id: CameraId,
    saved: Annotated[int | None, Query(ge=0, lt=2**31)] = None,
) -> Response:
    """The page; 404 for a camera that reads no plates, or a gate that the visitor may not see."""
    return _page(console, visitor, context, gate_id, camera_id, saved=saved)


@router.post("/polygons")
def save_polygons(  # noqa: PLR0913, PLR0917  what a form sends
    console: ConsoleDep,
    visitor: Administrator,
    context: ContextDep,
    gate_id: GateId,
    camera_id: CameraId,
    regions: Drawn,
    masks: Drawn,
    based_on: Based = 0,
    reason: Reason = "",
) -> Response:
    """Save what was drawn as a version of the gate. Where somebody else has saved meanwhile, it is shown again."""
    _camera(console, gate_id, camera_id)
    managed = managed_or_404(console, visitor, gate_id)
    drawing = _polygons(regions, masks)
    faults = reason_faults(reason)
    try:
        gate = _with_polygons(managed.version.gate, camera_id, drawing)
        saved = None if faults else save(console, gate, edit_of(console, visitor, reason, based_on))
    except InputError as exc:
        is_drawing = any(f"{kind}: " in str(exc) for kind in ("regions", "masks"))
        faults["drawing"] = FieldFault(key="gates.edit_wrong_drawing") if is_drawing else refused_by(exc)
        saved = None
    if faults or isinstance(saved, Conflict):
        conflict = saved if isinstance(saved, Conflict) else None
        sent = Sent(drawing=drawing, reason=reason, faults=faults, conflict=conflict)
        return _page(console, visitor, context, gate_id, camera_id, sent=sent)
    number = saved.version if saved else 0
    return RedirectResponse(f"/gates/{gate_id}/cameras/{camera_id}?saved={number}#draw", status_code=303)


def _page(  # noqa: PLR0913  the page and what was sent to it
    console: Console,
    visitor: Visitor,
    context: PageContext,
    gate_id: str,
    camera_id: str,
    *,
    saved: int | None = None,
    sent: Sent | None = None,
) -> Response:
    at = console.clock.now()
    gate, camera = _camera(console, gate_id, camera_id)
    with console.database.transaction() as conn:
        stored = camera_view(conn, gate_id, camera_id, at)
        asked = asked_view(conn, gate_id, camera_id)
    figures = stored.view.figures if stored else None
    managed = managed_gate(console, visitor, gate_id)
    return console.templates.response(
        "gates/camera.html",
        context,
        status=200 if sent is None else 409 if sent.conflict else 400,
        gate=gate,
        camera=camera,
        stored=stored,
        figures=figures,
        findings=findings(figures) if figures else (),
        trial=_trial(asked, stored, at),
        drawing=_drawing(stored) | _of_version(managed, camera_id) | (dict(sent.drawing) if sent else {}),
        managed=managed,
        from_centre=console.settings.gates_from_centre,
        saved=saved,
        sent=sent,
        narrow_px=NARROW_PX,
        wide_px=WIDE_PX,
        now=at,
    )


@router.get("/image")
def image(console: ConsoleDep, visitor: VisitorDep, gate_id: GateId, camera_id: CameraId) -> Response:
    """The recent image, recorded before it is shown; 404 once it is too old."""
    at = console.clock.now()
    _camera(console, gate_id, camera_id)
    with console.database.transaction() as conn:
        stored = camera_view(conn, gate_id, camera_id, at)
        data = view_image(conn, gate_id, camera_id, at)
    if data is None or stored is None:
        raise HTTPException(404)
    detail = {"gate": gate_id, "camera": camera_id}
    event = AuditEvent(actor=visitor.user.name, action=AuditAction.VIEW_SHOWN, at=at, detail=detail)
    record_once(console, visitor, f"view {gate_id} {camera_id} {stored.image_at}", event)
    return Response(data, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.post("/ask")
def ask(console: ConsoleDep, visitor: VisitorDep, gate_id: GateId, camera_id: CameraId) -> Response:
    """Ask the reader for a fresh image and figures; a request that waits already is not made twice."""
    at = console.clock.now()
    _camera(console, gate_id, camera_id)
    with console.database.transaction() as conn:
        trial = _trial(asked_view(conn, gate_id, camera_id), camera_view(conn, gate_id, camera_id, at), at)
        if trial is None or not trial.is_waiting:
            ask_for_view(conn, gate_id, camera_id, Author(name=visitor.user.name, at=at))
    return RedirectResponse(f"/gates/{gate_id}/cameras/{camera_id}#trial", status_code=303)


@router.get("/trial")
def progress(console: ConsoleDep, context: ContextDep, gate_id: GateId, camera_id: CameraId) -> Response:
    """How far the request has come, for a page that waits; once it is over, the page is to be loaded anew."""
    at = console.clock.now()
    gate, camera = _camera(console, gate_id, camera_id)
    with console.database.transaction() as conn:
        trial = _trial(asked_view(conn, gate_id, camera_id), camera_view(conn, gate_id, camera_id, at), at)
    response = console.templates.response("gates/trial.html", context, gate=gate, camera=camera, trial=trial, now=at)
    if trial is None or not trial.is_waiting:
        response.headers["HX-Refresh"] = "true"
    return response


def _camera(console: Console, gate_id: str, camera_id: str) -> tuple[Gate, Camera]:
    """Raises HTTPException 404."""
    with console.database.transaction() as conn:
        gates = list_gates(conn)
    for gate in gates:
        for camera in gate.cameras:
            if (gate.id, camera.id) == (gate_id, camera_id) and camera.kind is CameraKind.PLATE:
                return gate, camera
    raise HTTPException(404)


def _trial(asked: Asked | None, stored: StoredView | None, at: datetime) -> Trial | None:
    """None where nobody asked lately."""
    if asked is None:
        return None
    answered_at = stored.answered_at if stored else None
    if stored and answered_at and answered_at >= asked.asked_at:
        # Whoever sees an image sees its time; that no frame comes is told.
        has_image = stored.image_at is not None and stored.image_at >= asked.asked_at - REQUEST_LIFE
        is_recent = at - asked.asked_at <= REQUEST_LIFE * 10
        return (
            Trial(asked_at=asked.asked_at, is_waiting=False, failed="no-frame") if is_recent and not has_image else None
        )
    if at - asked.asked_at <= REQUEST_LIFE:
        return Trial(asked_at=asked.asked_at, is_waiting=True, failed=None)
    return Trial(
        asked_at=asked.asked_at, is_waiting=False, failed="no-reader" if asked.handed_at is not None else "no-centre"
    )


def _drawing(stored: StoredView | None) -> dict[str, object]:
    """What the script draws, as JSON."""
    if stored is None:
        return {"regions": [], "masks": [], "boxes": []}
    view = stored.view
    boxes = [[box.x, box.y, box.w, box.h, box.confidence is not None] for box in view.boxes]
    return {"regions": view.regions, "masks": view.masks, "boxes": boxes}


def _of_version(managed: Managed | None, camera_id: str) -> dict[str, object]:
    """What is saved counts, also before the reader has taken it."""
    if managed is None:
        return {}
    definition = managed.version.definition
    cameras = {each["id"]: each for each in definition.get("cameras", ())}
    return {kind: cameras.get(camera_id, {}).get(kind, []) for kind in ("regions", "masks")}


def _polygons(regions: str, masks: str) -> dict[str, Any]:
    """What the script has sent; whether they are polygons is seen where they are saved. Raises HTTPException 400."""
    try:
        return {"regions": _lists(json.loads(regions)), "masks": _lists(json.loads(masks))}
    except (ValueError, TypeError, RecursionError) as exc:
        raise HTTPException(400) from exc


def _lists(value: Any) -> list[list[list[float]]]:
    """Raises ValueError for what no script of ours sends."""
    if not isinstance(value, list):
        raise ValueError("no list of polygons")
    return [[[float(x), float(y)] for x, y in corners] for corners in value]


def _with_polygons(gate: PlannedGate, camera_id: str, drawing: Mapping[str, Any]) -> PlannedGate:
    """Raises InputError."""
    definition = as_json(gate)
    for camera in definition.get("cameras", ()):
        if camera["id"] == camera_id:
            for kind in ("regions", "masks"):
                camera.pop(kind, None)
            camera |= {kind: drawing[kind] for kind in ("regions", "masks") if drawing[kind]}
    return read_definition(definition, gate.id)
