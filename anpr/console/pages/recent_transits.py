"""The latest transits, refreshed while one looks."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from anpr.console.access import Visitor, allowed, record
from anpr.console.page_context import ReaderDep
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.store.audit import AuditAction
from anpr.store.gates import gate_names
from anpr.store.transits.rows import latest_transits

router = APIRouter(prefix="/transits")

ROWS = 40
GateChoice = Annotated[str, Query(max_length=64)]
Viewer = Annotated[Visitor, Depends(allowed(Permission.VIEW_TRANSITS))]


@router.get("")
def show(console: ConsoleDep, visitor: Viewer, reader: ReaderDep, gate: GateChoice = "") -> Response:
    """The page."""
    _record(console, visitor, gate)
    return console.pages.page("latest.html", reader, **_values(console, gate))


@router.get("/rows")
def rows(console: ConsoleDep, visitor: Viewer, reader: ReaderDep, gate: GateChoice = "") -> Response:
    """Only the rows, for the refresh."""
    _record(console, visitor, gate)
    return console.pages.page("transit_rows.html", reader, **_values(console, gate))


def _record(console: Console, visitor: Visitor, gate: str) -> None:
    if console.consultations.begins(visitor.session.key, f"latest {gate}"):
        record(console, visitor.user.name, AuditAction.TRANSIT_VIEWED, {"page": "latest", "gate": gate or None})


def _values(console: Console, gate: str) -> dict[str, Any]:
    with console.database.transaction() as conn:
        gates = gate_names(conn)
        found = latest_transits(conn, ROWS, [gate] if gate else None)
    return {"found": found, "gates": gates, "gate": gate, "via": "latest"}
