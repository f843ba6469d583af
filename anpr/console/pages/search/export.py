# SPDX-License-Identifier: AGPL-3.0-or-later
"""Export of what a search found, under its own reason: CSV, GeoJSON, or a PDF of images; each in the audit."""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Path
from pydantic import BaseModel
from starlette.responses import Response

from anpr.console.access import Visitor, VisitorDep
from anpr.console.coverage import coverage_within, oldest_kept
from anpr.console.field_faults import FieldFault
from anpr.console.page_context import ContextDep
from anpr.console.pages.search.export_files import ExportFile, csv_file, geojson_file, sheet_document
from anpr.console.pages.search.form import fields_of
from anpr.console.pages.search.found import end_of, own_search
from anpr.console.pages.search.rendering import no_answer, search_page
from anpr.console.rendering.translations import Catalogue
from anpr.console.search_seats import SearchesBusyError
from anpr.console.state import Console, ConsoleDep
from anpr.domain.errors import PaperError, QueryTooLongError
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.database.time_limit import time_limit
from anpr.store.gates import list_gates
from anpr.store.transits.audited_search import MAX_LIMIT
from anpr.store.transits.recorded_search import RecordedSearch
from anpr.store.transits.rows import StoredTransit, search_transits
from anpr.store.transits.search_sql import SearchOrder

router = APIRouter()
log = logging.getLogger(__name__)
MOST = {"csv": MAX_LIMIT, "geojson": MAX_LIMIT, "pdf": 200}
"""Transits of one file. A PDF of more images takes longer than a page may."""
_TYPES = {"csv": "text/csv; charset=utf-8", "geojson": "application/geo+json", "pdf": "application/pdf"}
_IDS_A_ROW = 1000


class SearchExportFields(BaseModel):
    """Which file, and in which order."""

    form: Literal["csv", "geojson", "pdf"] = "csv"
    order: SearchOrder = SearchOrder.NEWEST


@router.post("/{number}/export")
def export(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    number: Annotated[int, Path(ge=1, lt=2**63)],
    fields: Annotated[SearchExportFields, Form()],
) -> Response:
    """The file of the visitor's own search, as far as it is still kept."""
    search = own_search(console, visitor, number)
    try:
        found = _found(console, visitor, search, fields)
        data = _made(console, visitor, search, fields.form, found, console.templates.catalogue(context.language))
    except (QueryTooLongError, SearchesBusyError, PaperError) as exc:
        log.warning("console: export of search %s: %s", number, exc)
        notice = FieldFault(key="search.no_pdf") if isinstance(exc, PaperError) else no_answer(console, exc)
        return search_page(console, context, fields_of(search, console.settings.zone), status=503, notice=notice)
    _record(console, visitor, search, fields.form, found, hashlib.sha256(data).hexdigest())
    name = f"search-{number}-{console.clock.now().astimezone(console.settings.zone):%Y%m%d-%H%M%S}.{fields.form}"
    disposition = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(data, media_type=_TYPES[fields.form], headers=disposition)


def _found(
    console: Console, visitor: Visitor, search: RecordedSearch, fields: SearchExportFields
) -> list[StoredTransit]:
    query = replace(search.query, limit=MOST[fields.form], order=fields.order)
    database, limit_s = console.search_database, console.settings.console.search_timeout_s
    with console.search_seats.seat(visitor.user.name), database.transaction() as conn, time_limit(conn, limit_s):
        return search_transits(conn, query)


def _made(
    console: Console,
    visitor: Visitor,
    search: RecordedSearch,
    form: str,
    found: Sequence[StoredTransit],
    t: Catalogue,
) -> bytes:
    query = search.query
    with console.database.transaction() as conn:
        gates = {gate.id: gate for gate in list_gates(conn)}
        coverage = coverage_within(conn, oldest_kept(console), query.since, end_of(search), query.gate_ids)
    file = ExportFile(
        search=search,
        author=visitor.user.name,
        at=console.clock.now(),
        zone=console.settings.zone,
        found=found,
        is_cut=len(found) == MOST[form],
        gates=gates,
        coverage=coverage,
        t=t,
    )
    if form == "pdf":
        return console.pdf_press.print(sheet_document(console, file))
    return csv_file(file) if form == "csv" else geojson_file(file)


def _record(
    console: Console,
    visitor: Visitor,
    search: RecordedSearch,
    form: str,
    found: Sequence[StoredTransit],
    digest: str,
) -> None:
    """Before it goes out; with all transits in it, so that who asks for a plate finds it."""
    detail = {"search": search.number, "form": form, "found": len(found), "sha256": digest}
    kind = {"reason_kind": search.reason_kind} if search.reason_kind else {}
    event = AuditEvent(
        actor=visitor.user.name,
        action=AuditAction.EXPORTED,
        at=console.clock.now(),
        reason=search.reason or None,
        case_reference=search.case_reference or None,
        detail={**detail, **kind},
    )
    ids = [str(each.transit.id) for each in found]
    with console.database.transaction() as conn:
        for first in range(0, max(len(ids), 1), _IDS_A_ROW):
            append(conn, replace(event, detail={**event.detail, "transits": ids[first : first + _IDS_A_ROW]}))
