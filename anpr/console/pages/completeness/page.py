# SPDX-License-Identifier: AGPL-3.0-or-later
"""Archive of completeness reports: a list, one page each, and their signed files. Numbers, no plates."""

import hashlib
import io
import zipfile
from dataclasses import replace
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Query
from starlette.responses import Response

from anpr.console.access import VisitorDep, record
from anpr.console.completeness_state import completeness_state
from anpr.console.fields import Line, Whole
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.completeness import Shortfall
from anpr.domain.delivery import DeliveryState
from anpr.store.accounting.reports import ArchivedReport, ReportFiles, get_report, list_reports, report_files
from anpr.store.audit import AuditAction
from anpr.store.gates import gate_names

router = APIRouter(prefix="/completeness")

_MOST = 120
"""On one page of the archive."""
_PageNumber = Annotated[int, Query(ge=1, lt=2**31)]
_ROWS = 300
"""Of one table on a page; the files have all."""
_SHORTFALLS = [kind.value for kind in Shortfall]
_EPOCH = (1980, 1, 1, 0, 0, 0)
_KINDS = {"html": "text/html; charset=utf-8", "pdf": "application/pdf", "csv": "text/csv; charset=utf-8"}


@router.get("")
def show(console: ConsoleDep, context: ContextDep, page: _PageNumber = 1) -> Response:
    """A page of reports, the newest first, with all revisions."""
    with console.database.transaction() as conn:
        reports = list_reports(conn, _MOST + 1, (page - 1) * _MOST)
    return console.templates.response(
        "completeness/completeness.html",
        replace(context, section="/status"),
        reports=reports[:_MOST],
        has_older=len(reports) > _MOST,
        page=page,
        state=completeness_state(console),
        kinds=_SHORTFALLS,
    )


@router.get("/{number}")
def one(console: ConsoleDep, context: ContextDep, number: Annotated[Whole, Path()]) -> Response:
    """One report."""
    report = _report(console, number)
    with console.database.transaction() as conn:
        gates = gate_names(conn)
    moments = {
        name: [{**each, **_times(each)} for each in report.figures[name][:_ROWS]] for name in ("missing", "blind")
    }
    return console.templates.response(
        "completeness/one.html",
        replace(context, section="/status"),
        report=report,
        gates=gates,
        figures=report.figures,
        moments=moments,
        stages={line["destination"]: _dated(line.get("stage")) for line in report.figures["destinations"]},
        rows=_ROWS,
        kinds=_SHORTFALLS,
        states=[state.value for state in DeliveryState],
    )


@router.get("/{number}/files/{document}")
def file(
    console: ConsoleDep, visitor: VisitorDep, number: Annotated[Whole, Path()], document: Annotated[Line, Path()]
) -> Response:
    """One of its files (html, pdf, csv), or all with manifest and signature (zip); recorded."""
    report = _report(console, number)
    with console.database.transaction() as conn:
        files = report_files(conn, number)
    if files is None or document not in {*_KINDS, "zip"}:
        raise HTTPException(404)
    name = f"completezza-{report.day.isoformat()}-{report.revision}.{document}"
    content = _zipped(files) if document == "zip" else getattr(files, document)
    digest = hashlib.sha256(content).hexdigest()
    detail = {"made": "completeness", "form": document, "day": report.day.isoformat(), "sha256": digest}
    record(console, visitor.user.name, AuditAction.EXPORTED, detail)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=_KINDS.get(document, "application/zip"), headers=headers)


def _dated(stage: dict[str, Any] | None) -> dict[str, Any] | None:
    """The stage of a destination's profile, with days instead of their text; None of older reports."""
    if stage is None:
        return None
    days = {name: stage[name] and date.fromisoformat(stage[name]) for name in ("stage_date", "despite_until")}
    return {**stage, **days}


def _report(console: Console, number: int) -> ArchivedReport:
    with console.database.transaction() as conn:
        report = get_report(conn, number)
    if report is None:
        raise HTTPException(404)
    return report


def _times(fields: dict[str, object]) -> dict[str, datetime]:
    """The moments among these figures, which are archived as text."""
    names = ("after_at", "before_at", "since", "until")
    return {name: datetime.fromisoformat(str(fields[name])) for name in names if fields.get(name)}


def _zipped(files: ReportFiles) -> bytes:
    content = io.BytesIO()
    parts = {
        "report.html": files.html,
        "report.pdf": files.pdf,
        "report.csv": files.csv,
        "manifest.json": files.manifest,
        "signature.txt": files.signature.hex().encode() + b"\n",
    }
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), data)
    return content.getvalue()


PAGE = Page(name="completeness", router=router, permissions=(Permission.VIEW_FORWARDING,), is_in_menu=False)
