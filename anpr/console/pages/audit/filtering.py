# SPDX-License-Identifier: AGPL-3.0-or-later
"""The form that filters the audit: what its fields mean, and the row that keeps them out of the address."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep
from anpr.console.auth.view_audit import AGAIN_AFTER_S
from anpr.console.field_faults import Faults, FieldFault, check_reason_field, read_moment, read_plate, refuse_odd
from anpr.console.page_context import ContextDep
from anpr.console.pages.audit import rows
from anpr.console.pages.audit.form import FilterFields
from anpr.console.state import Console, ConsoleDep
from anpr.domain.search_reason import plain_reason
from anpr.store.audit import AuditAction, AuditEvent, AuditRow, append
from anpr.store.audit_filter import AuditFilter, filter_audit, filter_of

router = APIRouter()
_MOST = 200
_MOST_NAME = 64
_AGAIN_AFTER = timedelta(seconds=AGAIN_AFTER_S)


@router.post("/filter")
def filter_rows(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, fields: Annotated[FilterFields, Form()]
) -> Response:
    """Record the filter, then lead to what it lets through; or the form again with what is wrong with it."""
    faults: dict[str, FieldFault] = {}
    which = read_filter(fields, console, faults)
    if faults:
        return rows.page(console, context, fields=fields, faults=faults, status=400)
    reason = plain_reason(fields.reason) or None
    return RedirectResponse(f"/audit?view={record_filter(console, visitor, which, reason)}", status_code=303)


def record_filter(console: Console, visitor: Visitor, which: AuditFilter, reason: str | None) -> int:
    """The number of the row in the audit that holds this filter: the visitor's of the last minutes, or a new one. One
    for another reason is another row.

    Raises StoreError.
    """
    actor, now = visitor.user.name, console.clock.now()
    theirs = AuditFilter(person=actor, operation=AuditAction.AUDIT_VIEWED, since=now - _AGAIN_AFTER)
    detail = {"filter": which.detail}
    event = AuditEvent(actor=actor, action=AuditAction.AUDIT_VIEWED, at=now, reason=reason, detail=detail)
    with console.database.transaction() as conn:
        same = (row.seq for row in filter_audit(conn, theirs) if _is_same(row, which, reason))
        return next(same, None) or append(conn, event).seq


def _is_same(row: AuditRow, which: AuditFilter, reason: str | None) -> bool:
    return filter_of(row) == which and row.event.reason == reason


def read_filter(fields: FilterFields, console: Console, faults: Faults) -> AuditFilter:
    """What the fields mean; what is wrong with them is added to `faults`."""
    for name, value in fields.model_dump().items():
        refuse_odd(faults, name, [value], _MOST_NAME if name == "person" else _MOST)
    if fields.operation.strip() and fields.operation.strip() not in set(AuditAction):
        faults["operation"] = FieldFault(key="audit.no_operation")
    zone = console.settings.zone
    if faults:
        return AuditFilter()
    which = AuditFilter(
        person=fields.person.strip().lower() or None,
        operation=fields.operation.strip() or None,
        plate=read_plate(faults, "plate", fields.plate),
        case=fields.case.strip() or None,
        since=read_moment(faults, "since", fields.since, zone),
        until=read_moment(faults, "until", fields.until, zone, is_end=True),
    )
    if which.plate is not None:  # who asks about a plate says why, as everybody who searches for one
        check_reason_field(faults, "reason", fields.reason)
    if which.since and which.until and which.since >= which.until:
        faults["until"] = FieldFault(key="search.wrong_order")
    return which
