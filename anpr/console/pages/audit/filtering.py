# SPDX-License-Identifier: AGPL-3.0-or-later
"""The form that filters the audit: what its fields mean, and the row that keeps them out of the address."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep
from anpr.console.field_faults import Faults, FieldFault, read_moment, read_plate, refuse_odd
from anpr.console.page_context import ContextDep
from anpr.console.pages.audit import rows
from anpr.console.pages.audit.form import FilterFields
from anpr.console.state import Console, ConsoleDep
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.audit_filter import AuditFilter

router = APIRouter()
_MOST = 200


@router.post("/filter")
def filter_rows(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, fields: Annotated[FilterFields, Form()]
) -> Response:
    """Record the filter, then lead to what it lets through; or the form again with what is wrong with it."""
    faults: dict[str, FieldFault] = {}
    which = read_filter(fields, console, faults)
    if faults:
        return rows.page(console, context, fields=fields, faults=faults, status=400)
    return RedirectResponse(f"/audit?view={record_filter(console, visitor, which)}", status_code=303)


def record_filter(console: Console, visitor: Visitor, which: AuditFilter) -> int:
    """The number of the row in the audit that holds this filter. Raises StoreError."""
    event = AuditEvent(
        actor=visitor.user.name,
        action=AuditAction.AUDIT_VIEWED,
        at=console.clock.now(),
        detail={"filter": which.detail},
    )
    with console.database.transaction() as conn:
        return append(conn, event).seq


def read_filter(fields: FilterFields, console: Console, faults: Faults) -> AuditFilter:
    """What the fields mean; what is wrong with them is added to `faults`."""
    for name, value in fields.model_dump().items():
        refuse_odd(faults, name, [value], _MOST)
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
    if which.since and which.until and which.since >= which.until:
        faults["until"] = FieldFault(key="search.wrong_order")
    return which
