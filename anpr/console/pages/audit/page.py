# SPDX-License-Identifier: AGPL-3.0-or-later
"""The audit: who did what, when and why; and the check that nothing in it was changed."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import RedirectResponse, Response

from anpr.console.access import VisitorDep, record
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.pages.audit.detail import DetailWriter
from anpr.console.state import ConsoleDep, ItselfDep
from anpr.domain.access import Permission
from anpr.store.audit import (
    AuditAction,
    AuditEvent,
    AuditRow,
    Verification,
    append,
    get_audit,
    list_audit,
    verify,
)
from anpr.store.gates import gate_names

router = APIRouter(prefix="/audit")

ROWS = 100
RowNumber = Annotated[int | None, Query(ge=1, lt=2**63)]


@router.get("")
def show(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    before: RowNumber = None,
    verification: RowNumber = None,
) -> Response:
    """The newest rows, or those before one; and what a verification found that is one of the rows.

    This view is recorded too, once while it goes on.
    """
    if console.view_audit.is_due(visitor.session.key, f"audit {before}"):
        record(console, visitor.user.name, AuditAction.AUDIT_VIEWED, {"before": before})
    with console.database.transaction() as conn:
        rows = list_audit(conn, before, ROWS)
        verified = get_audit(conn, verification) if verification else None
        gates = gate_names(conn)
    found = _verification_of(verified)
    return console.templates.response(
        "audit/audit.html",
        context,
        rows=rows,
        before=before,
        oldest=rows[-1].seq if rows and rows[-1].seq > 1 else None,
        result=found,
        verified_at=verified.event.at if verified and found else None,
        writer=DetailWriter(console.templates.catalogue(context.language), console.settings.zone, gates),
    )


@router.post("/verify")
def check(console: ConsoleDep, itself: ItselfDep, visitor: VisitorDep) -> Response:
    """Recompute the whole hash chain, of all organisations, record whether it is intact, and lead to that record."""
    with itself.database.transaction() as conn:
        result = verify(conn)
    detail = {"verified": result.rows, "broken": result.broken_at}
    event = AuditEvent(actor=visitor.user.name, action=AuditAction.AUDIT_VIEWED, at=console.clock.now(), detail=detail)
    with console.database.transaction() as conn:
        row = append(conn, event)
    console.view_audit.is_due(visitor.session.key, f"audit {None}")  # this record is that of the page it leads to
    return RedirectResponse(f"/audit?verification={row.seq}", status_code=303)


def _verification_of(row: AuditRow | None) -> Verification | None:
    """What the row says that a verification found; None when it is no such row."""
    if row is None or "verified" not in row.event.detail:
        return None
    detail = row.event.detail
    return Verification(rows=detail["verified"], head=row.hash, broken_at=detail["broken"])


PAGE = Page(name="audit", router=router, permissions=(Permission.VIEW_AUDIT,))
