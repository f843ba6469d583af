# SPDX-License-Identifier: AGPL-3.0-or-later
"""Export of the rows that a filter lets through, as a table or signed; each is itself a row of the audit."""

from collections.abc import Mapping
from typing import Annotated, Literal

from fastapi import APIRouter, Form
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse

from anpr.console.access import Visitor, VisitorDep
from anpr.console.field_faults import FieldFault, check_reason_field, refuse_odd
from anpr.console.page_context import ContextDep
from anpr.console.pages.audit import rows
from anpr.console.pages.audit.detail import DetailWriter
from anpr.console.pages.audit.form import FilterFields, fields_of
from anpr.console.pages.audit.table import as_table
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep, ItselfDep
from anpr.domain.errors import SettingsError
from anpr.domain.organisation import MANAGER
from anpr.domain.search_reason import MAX_REASON, plain_reason
from anpr.store.audit import AuditAction, AuditEvent, AuditRow, append, get_audit
from anpr.store.audit_chain.whole import whole_export
from anpr.store.audit_export import site_key
from anpr.store.audit_filter import AuditFilter, filter_audit, filter_of
from anpr.store.audit_heads import read_key
from anpr.store.audit_selection import selection_lines
from anpr.store.gates import gate_names

router = APIRouter()
MOST = 20_000
"""Rows of one export: they are held in memory."""
_TYPES = {"csv": ("text/csv; charset=utf-8", "csv"), "signed": ("application/jsonl", "jsonl")}


class ExportFields(BaseModel):
    """The form as it was sent. `view`: the number of the row that holds the filter."""

    view: int | None = None
    person: str = ""
    reason: str = ""
    form: Literal["csv", "signed"]


@router.post("/export")
def export(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, fields: Annotated[ExportFields, Form()]
) -> Response:
    """The file; or the page again with what is wrong. 404 for somebody else's filter."""
    which = own_filter(console, visitor, fields.view) if fields.view else AuditFilter(person=fields.person or None)
    faults: dict[str, FieldFault] = {}
    refuse_odd(faults, "person", [fields.person], 64)
    refuse_odd(faults, "export_reason", [fields.reason], MAX_REASON)
    check_reason_field(faults, "export_reason", fields.reason)
    if faults:
        return _again(console, context, which, fields.view, faults)
    try:
        # Never made here: beside a console on another machine it would be another key than the site's.
        key = site_key(read_key(console.settings.audit_key_path)) if fields.form == "signed" else None
    except SettingsError:
        return _again(console, context, which, fields.view, {"form": FieldFault(key="audit.no_key")}, status=503)
    at = console.clock.now()
    with console.database.transaction() as conn:
        found = filter_audit(conn, which, limit=MOST + 1)
        if len(found) > MOST:
            fault = FieldFault(key="audit.too_many", values={"most": MOST})
            return _again(console, context, which, fields.view, {"form": fault})
        gates = gate_names(conn)
        detail = {"filter": which.detail, "audit_rows": len(found), "form": fields.form}
        actor, reason = visitor.user.name, plain_reason(fields.reason)
        append(conn, AuditEvent(actor=actor, action=AuditAction.EXPORTED, at=at, reason=reason, detail=detail))
    if key is not None:
        content = b"".join(selection_lines(found, which.detail, visitor.user.organisation_id, key, at))
    else:
        content = _table(console, context, found, gates)
    kind, ending = _TYPES[fields.form]
    name = f"audit-{at.astimezone(console.settings.zone):%Y%m%d-%H%M%S}.{ending}"
    return Response(content, media_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.post("/export-whole")
def export_whole(
    console: ConsoleDep,
    itself: ItselfDep,
    visitor: VisitorDep,
    context: ContextDep,
    reason: Annotated[str, Form()] = "",
) -> Response:
    """The whole chain, of all organisations, signed, for who runs the system; 403 for others. Streamed: where it
    breaks off, the signature is missing."""
    if visitor.user.organisation_id != MANAGER:
        raise HTTPException(403)
    faults: dict[str, FieldFault] = {}
    refuse_odd(faults, "whole_reason", [reason], MAX_REASON)
    check_reason_field(faults, "whole_reason", reason)
    if faults:
        return _again(console, context, AuditFilter(), None, faults)
    try:
        secret = read_key(console.settings.audit_key_path)
    except SettingsError:
        return _again(console, context, AuditFilter(), None, {"form": FieldFault(key="audit.no_key")}, status=503)
    at = console.clock.now()
    event = AuditEvent(
        actor=visitor.user.name,
        action=AuditAction.EXPORTED,
        at=at,
        reason=plain_reason(reason),
        detail={"form": "whole"},
    )
    whole = whole_export(itself.database, event, secret)
    name = f"audit-{whole.first}-{whole.last}.jsonl"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(whole.lines, media_type=_TYPES["signed"][0], headers=headers)


def own_filter(console: Console, visitor: Visitor, number: int) -> AuditFilter:
    """The visitor's own filter of this number; 404 for everybody else's."""
    with console.database.transaction() as conn:
        row = get_audit(conn, number)
    which = filter_of(row)
    if row is None or which is None or row.event.actor != visitor.user.name:
        raise HTTPException(404)
    return which


def _table(console: Console, context: PageContext, found: list[AuditRow], gates: Mapping[str, str]) -> bytes:
    catalogue = console.templates.catalogue(context.language)
    writer = DetailWriter(catalogue, console.settings.zone, gates)
    return as_table(found, writer)


def _again(
    console: Console,
    context: PageContext,
    which: AuditFilter,
    view: int | None,
    faults: Mapping[str, FieldFault],
    status: int = 400,
) -> Response:
    fields = fields_of(which, console) if which.detail else FilterFields()
    used = which if which.detail else None
    return rows.page(console, context, fields=fields, which=used, view=view, faults=faults, status=status)
