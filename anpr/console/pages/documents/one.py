# SPDX-License-Identifier: AGPL-3.0-or-later
"""One document: as a page in the console's own style, or as a PDF. Each is in the audit, the PDF with its SHA-256."""

import hashlib
import logging
from typing import Annotated

from fastapi import APIRouter, Path, Query
from starlette.exceptions import HTTPException
from starlette.responses import Response

from anpr.console.access import VisitorDep, record
from anpr.console.fields import Line
from anpr.console.page_context import ContextDep
from anpr.console.pages.documents.collected import site_facts, told_of
from anpr.console.state import ConsoleDep
from anpr.documents.write import DOCUMENTS
from anpr.domain.errors import PaperError, PaperFault, SettingsError
from anpr.store.audit import AuditAction

router = APIRouter()
log = logging.getLogger(__name__)

Name = Annotated[str, Path(max_length=40)]
Asked = Annotated[Line, Query(max_length=63)]
_AGAIN_S = {PaperFault.BUSY: "5", PaperFault.TOO_LONG: "60", PaperFault.FAILED: "60"}


@router.get("/{document}")
def read(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, document: Name, organisation: Asked = ""
) -> Response:
    """The document as a page."""
    if document not in DOCUMENTS:
        raise HTTPException(404)
    try:
        facts = site_facts(console, visitor, organisation)
    except SettingsError as exc:
        return console.templates.response("documents/fault.html", context, status=503, key="settings", detail=str(exc))
    detail = {"made": document, "form": "page", "about": told_of(console, organisation) or "all"}
    record(console, visitor.user.name, AuditAction.DOCUMENT_MADE, detail)
    paper = DOCUMENTS[document](facts)
    return console.templates.response(
        "documents/document.html", context, paper=paper, document=document, organisation=organisation
    )


@router.get("/{document}/pdf")
def as_pdf(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, document: Name, organisation: Asked = ""
) -> Response:
    """The document as a file; 503 while another one is being made."""
    if document not in DOCUMENTS:
        raise HTTPException(404)
    try:
        facts = site_facts(console, visitor, organisation)
        data = console.pdf_press.print(DOCUMENTS[document](facts))
    except SettingsError as exc:
        return console.templates.response("documents/fault.html", context, status=503, key="settings", detail=str(exc))
    except PaperError as exc:
        log.warning("console: %s: %s", document, exc)
        answer = console.templates.response("documents/fault.html", context, status=503, key=exc.fault.value, detail="")
        answer.headers["Retry-After"] = _AGAIN_S[exc.fault]
        return answer
    about = told_of(console, organisation) or "all"
    digest = hashlib.sha256(data).hexdigest()
    detail = {"made": document, "form": "pdf", "about": about, "sha256": digest}
    record(console, visitor.user.name, AuditAction.DOCUMENT_MADE, detail)
    day = facts.today.isoformat()
    disposition = {"Content-Disposition": f'attachment; filename="{document}-{day}.pdf"'}
    return Response(data, media_type="application/pdf", headers=disposition)
