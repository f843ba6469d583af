# SPDX-License-Identifier: AGPL-3.0-or-later
"""The audit: who did what, when and why; and the check that nothing in it was changed."""

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import RedirectResponse, Response

from anpr.console.access import VisitorDep, record
from anpr.console.fields import Line
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.pages.audit import export, filtering, hints, people, rows
from anpr.console.pages.audit.export import own_filter
from anpr.console.pages.audit.form import FilterFields, fields_of
from anpr.console.state import Console, ConsoleDep, ItselfDep
from anpr.domain.access import Permission
from anpr.domain.errors import SettingsError
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.audit_chain.cut import Proof
from anpr.store.audit_chain.verification import verify
from anpr.store.audit_export import site_key
from anpr.store.audit_filter import AuditFilter
from anpr.store.audit_heads import read_key

router = APIRouter(prefix="/audit")

RowNumber = Annotated[int | None, Query(ge=1, lt=2**63)]


@router.get("")
def show(  # noqa: PLR0913, PLR0917  one parameter for each part of the address
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    before: RowNumber = None,
    verification: RowNumber = None,
    view: RowNumber = None,
    person: Annotated[Line, Query(max_length=64)] = "",
) -> Response:
    """The newest rows, or those before one; with `view`, those that the visitor's own filter of this number lets
    through (404 for everybody else's), with `person` what they did; and what a verification found that is one of the
    rows.

    This view is recorded too, once while it goes on.
    """
    which = own_filter(console, visitor, view) if view else AuditFilter(person=person) if person else None
    if view is None and console.view_audit.is_due(visitor.session.key, f"audit {person} {before}"):
        detail = {"before": before, **({"filter": which.detail} if which else {})}
        record(console, visitor.user.name, AuditAction.AUDIT_VIEWED, detail)
    fields = fields_of(which, console) if which else FilterFields()
    return rows.page(console, context, fields=fields, before=before, which=which, view=view, verification=verification)


@router.post("/verify")
def check(console: ConsoleDep, itself: ItselfDep, visitor: VisitorDep) -> Response:
    """Recompute the whole hash chain, of all organisations, record whether it is intact, and lead to that record."""
    with itself.database.transaction() as conn:
        result = verify(conn)
    detail: dict[str, object] = {"verified": result.rows, "broken": result.broken_at}
    if result.proof is not None:
        cut = result.proof.cut
        detail["pruned_to"] = cut.last
        if _is_of_another_key(console, result.proof):
            detail["broken"] = cut.last + 1
    event = AuditEvent(actor=visitor.user.name, action=AuditAction.AUDIT_VIEWED, at=console.clock.now(), detail=detail)
    with console.database.transaction() as conn:
        row = append(conn, event)
    console.view_audit.is_due(visitor.session.key, f"audit  {None}")  # this record is that of the page it leads to
    return RedirectResponse(f"/audit?verification={row.seq}", status_code=303)


def _is_of_another_key(console: Console, proof: Proof) -> bool:
    """Whether the site's key is here, and did not sign the proof. A console that may not read it leaves that to
    `anpr audit verify`."""
    try:
        return site_key(read_key(console.settings.audit_key_path)).public != proof.public_key
    except SettingsError:
        return False


router.include_router(filtering.router)
router.include_router(export.router)
router.include_router(people.router)
router.include_router(hints.router)

PAGE = Page(name="audit", router=router, permissions=(Permission.VIEW_AUDIT,))
