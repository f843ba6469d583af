# SPDX-License-Identifier: AGPL-3.0-or-later
"""What one person did in a period: by day and kind, their searches with reason and case, and the rest in sentences."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response

from anpr.console.access import Visitor, VisitorDep, record
from anpr.console.field_faults import FieldFault
from anpr.console.fields import Line
from anpr.console.page_context import ContextDep
from anpr.console.pages.audit.detail import DetailWriter
from anpr.console.pages.audit.sentence import SentenceWriter
from anpr.console.period import Period, read_period
from anpr.console.state import Console, ConsoleDep
from anpr.store.audit import AuditAction
from anpr.store.audit_filter import AuditFilter, filter_audit
from anpr.store.audit_use.activity import activity_of, has_rows
from anpr.store.audit_use.catalogue import ActionKind
from anpr.store.gates import gate_names
from anpr.store.organisations.registry import organisation_names
from anpr.store.users.accounts import get_user

router = APIRouter()
ROWS = 100
_Day = Annotated[Line, Query(max_length=40)]


@router.get("/people/{name}")
def show(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    name: Annotated[Line, Path(max_length=64)],
    since: _Day = "",
    until: _Day = "",
) -> Response:
    """The person of this name, in these days; 404 for one of whom the visitor's organisation knows nothing.

    The look is recorded, once while it goes on.
    """
    faults: dict[str, FieldFault] = {}
    period = read_period(console, since, until, faults)
    with console.database.transaction() as conn:
        user = get_user(conn, name)
        if user is None and not has_rows(conn, name):
            raise HTTPException(404)
    _record(console, visitor, name, period)
    theirs = AuditFilter(person=name, since=period.since, until=period.until)
    searches = AuditFilter(person=name, operation=AuditAction.SEARCH, since=period.since, until=period.until)
    with console.database.transaction() as conn:
        activity = activity_of(conn, name, period.since, period.until, console.settings.zone)
        rows, searched = filter_audit(conn, theirs, limit=ROWS), filter_audit(conn, searches, limit=ROWS)
        gates = gate_names(conn)
        home = organisation_names(conn).get(user.organisation_id) if user else None
    is_elsewhere = user is not None and user.organisation_id != visitor.user.organisation_id
    writer = DetailWriter(console.templates.catalogue(context.language), console.settings.zone, gates)
    return console.templates.response(
        "audit/person.html",
        context,
        status=400 if faults else 200,
        name=name,
        user=user,
        elsewhere=(home or user.organisation_id) if user and is_elsewhere else None,
        period=period,
        faults=faults,
        activity=activity,
        kinds=list(ActionKind),
        rows=rows,
        searched=searched,
        most=ROWS,
        writer=writer,
        sentences=SentenceWriter(writer),
    )


def _record(console: Console, visitor: Visitor, name: str, period: Period) -> None:
    shown = AuditFilter(person=name, since=period.since, until=period.until)
    if console.view_audit.is_due(visitor.session.key, f"audit person {shown.detail}"):
        detail = {"page": "audit-person", "filter": shown.detail}
        record(console, visitor.user.name, AuditAction.AUDIT_VIEWED, detail)
