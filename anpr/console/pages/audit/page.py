# SPDX-License-Identifier: AGPL-3.0-or-later
"""The audit: who did what, when and why; and the check that nothing in it was changed."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from anpr.console.access import VisitorDep, record
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.store.audit import AuditAction, Verification, list_audit, verify

router = APIRouter(prefix="/audit")

ROWS = 100


@router.get("")
def show(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, before: Annotated[int | None, Query(ge=1)] = None
) -> Response:
    """The newest rows, or those before one. This view is recorded too."""
    record(console, visitor.user.name, AuditAction.AUDIT_VIEWED, {"before": before})
    return console.templates.response("audit/audit.html", context, **_values(console, before, None))


@router.post("/verify")
def check(console: ConsoleDep, visitor: VisitorDep, context: ContextDep) -> Response:
    """Recompute the whole hash chain and show whether it is intact."""
    with console.database.transaction() as conn:
        result = verify(conn)
    record(console, visitor.user.name, AuditAction.AUDIT_VIEWED, {"verified": result.rows, "broken": result.broken_at})
    return console.templates.response("audit/audit.html", context, **_values(console, None, result))


def _values(console: Console, before: int | None, result: Verification | None) -> dict[str, Any]:
    with console.database.transaction() as conn:
        rows = list_audit(conn, before, ROWS)
    oldest = rows[-1].seq if rows and rows[-1].seq > 1 else None
    return {"rows": rows, "before": before, "oldest": oldest, "result": result, "now": console.clock.now()}


PAGE = Page(name="audit", router=router, permissions=(Permission.VIEW_AUDIT,))
