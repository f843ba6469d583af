# SPDX-License-Identifier: AGPL-3.0-or-later
"""Export of the archive: what the filter lets through as CSV or PDF, with a reason; each is a row of the audit."""

import hashlib
import logging
from typing import Annotated, Literal

from fastapi import APIRouter, Form
from starlette.responses import Response

from anpr.console.access import VisitorDep
from anpr.console.field_faults import FieldFault, check_reason_field, refuse_odd
from anpr.console.page_context import ContextDep
from anpr.console.pages.archive.form import ArchiveFields, ReadArchive, read_archive_filter
from anpr.console.pages.archive.table import TableWriter, names_of, page_of
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.errors import PaperError
from anpr.domain.search_reason import MAX_REASON, plain_reason
from anpr.store.alarms.archive import ArchivedAlarm, list_archive
from anpr.store.audit import AuditAction, AuditEvent, append

router = APIRouter()
log = logging.getLogger(__name__)
MOST = {"csv": 10_000, "pdf": 500}
"""Alarms of one export: they are held in memory, and a PDF of more takes longer than a page may."""
_TYPES = {"csv": "text/csv; charset=utf-8", "pdf": "application/pdf"}
_IDS_A_ROW = 1000


class ExportFields(ArchiveFields):
    """The filter as the page had it, and why."""

    reason: str = ""
    form: Literal["csv", "pdf"] = "csv"


@router.post("/export")
def export(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, fields: Annotated[ExportFields, Form()]
) -> Response:
    """The file; or the page again with what is wrong."""
    read = read_archive_filter(console, fields)
    faults = dict(read.faults)
    refuse_odd(faults, "reason", [fields.reason], MAX_REASON)
    if "reason" not in faults:
        check_reason_field(faults, "reason", fields.reason)
    if faults:
        return page_of(console, context, read, [], status=400, export_faults=faults)
    with console.database.transaction() as conn:
        found, names = list_archive(conn, read.which, MOST[fields.form] + 1), names_of(conn)
    if len(found) > MOST[fields.form]:
        fault = {"form": FieldFault(key="archive.too_many", values={"most": MOST[fields.form]})}
        return page_of(console, context, read, [], status=400, export_faults=fault)
    reason, at = plain_reason(fields.reason), console.clock.now()
    writer = TableWriter(t=console.templates.catalogue(context.language), zone=console.settings.zone, names=names)
    if fields.form == "csv":
        data = writer.csv(found)
    else:
        try:
            data = console.pdf_press.print(writer.document(read, found, console.settings.municipality, reason))
        except PaperError as exc:
            return _no_pdf(console, context, read, exc)
    digest = hashlib.sha256(data).hexdigest()
    detail = {"filter": read.which.detail, "form": fields.form, "alarm_rows": len(found), "sha256": digest}
    event = AuditEvent(actor=visitor.user.name, action=AuditAction.EXPORTED, at=at, reason=reason, detail=detail)
    _record(console, event, found)
    name = f"alarms-{at.astimezone(console.settings.zone):%Y%m%d-%H%M%S}.{fields.form}"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=_TYPES[fields.form], headers=disposition)


def _record(console: Console, event: AuditEvent, found: list[ArchivedAlarm]) -> None:
    """Before it goes out; with the transits by which it shows the alarms, so that who asks for a plate finds it."""
    ids = [str(each.transit_id) for each in found]
    with console.database.transaction() as conn:
        for first in range(0, max(len(ids), 1), _IDS_A_ROW):
            detail = {**event.detail, "transits": ids[first : first + _IDS_A_ROW]}
            append(
                conn,
                AuditEvent(actor=event.actor, action=event.action, at=event.at, reason=event.reason, detail=detail),
            )


def _no_pdf(console: Console, context: PageContext, read: ReadArchive, exc: PaperError) -> Response:
    log.warning("console: archive: %s", exc)
    fault = {"form": FieldFault(key="archive.no_pdf")}
    answer = page_of(console, context, read, [], status=503, export_faults=fault)
    answer.headers["Retry-After"] = "5"
    return answer
