# SPDX-License-Identifier: AGPL-3.0-or-later
"""Delivery of a package on a medium, with its receipt as PDF; and a time stamp for a package that has none."""

import hashlib
import logging
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.exceptions import HTTPException
from starlette.responses import Response

import anpr
from anpr.console.access import VisitorDep, author_of, record
from anpr.console.field_faults import FieldFault
from anpr.console.fields import Line
from anpr.console.page_context import ContextDep
from anpr.console.pages.investigations import one
from anpr.console.state import Console, ConsoleDep
from anpr.domain.errors import InputError, PaperError, SettingsError
from anpr.domain.investigation import Investigation
from anpr.domain.organisation import MANAGER
from anpr.evidence.receipt import Delivery, receipt
from anpr.evidence.stamp import StampError
from anpr.store.audit import AuditAction, AuditRow
from anpr.store.audit_export import site_key
from anpr.store.audit_heads import read_key
from anpr.store.investigations.deliveries import delivery_of, note_delivery
from anpr.store.investigations.packages import EvidencePackage, get_package
from anpr.store.organisations.registry import organisation_names

log = logging.getLogger(__name__)
router = APIRouter()


@router.post("/{number}/evidence/{package}/delivered")
def delivered(  # noqa: PLR0913, PLR0917  fields of a form
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    number: one.Number,
    package: one.Number,
    medium_to: Annotated[Line, Form(max_length=2000)] = "",
    medium: Annotated[Line, Form(max_length=2000)] = "",
) -> Response:
    """That it was handed over on a medium, in the audit; the page leads to the receipt."""
    investigation, found = one.investigation_of(console, number), one.ready(console, number, package)
    try:
        with console.database.transaction() as conn:
            by = author_of(console, visitor)
            note_delivery(conn, investigation, by, found.sha256 or "", medium_to, medium, package)
    except InputError:
        name, fields = f"medium-{package}", {f"medium_to-{package}": medium_to, f"medium-{package}": medium}
        fault = FieldFault(key="investigations.no_delivery")
        return one.page(console, visitor, context, number, faults={name: fault}, fields=fields)
    return one.done(number, "delivered", f"#package-{package}")


@router.get("/{number}/evidence/receipts/{row}")
def as_pdf(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, number: one.Number, row: one.Number
) -> Response:
    """The receipt of a delivery on a medium, to be signed; 503 while another document is being made."""
    investigation = one.investigation_of(console, number)
    with console.database.transaction() as conn:
        found = delivery_of(conn, investigation, row)
        package = get_package(conn, number, int(found.event.detail.get("package") or 0)) if found else None
        own = investigation.organisation_id
        name = "" if own == MANAGER else organisation_names(conn).get(own, own)
    if found is None:
        raise HTTPException(404)
    try:
        data = console.pdf_press.print(receipt(_delivery(console, investigation, found, package, name)))
    except (PaperError, SettingsError) as exc:
        log.warning("console: receipt %s: %s", row, exc)
        fault = FieldFault(key="investigations.no_receipt")
        return one.page(console, visitor, context, number, faults={"page": fault}, status=503)
    digest = hashlib.sha256(data).hexdigest()
    detail = {"made": "delivery-receipt", "form": "pdf", "about": row, "sha256": digest}
    record(console, visitor.user.name, AuditAction.DOCUMENT_MADE, detail)
    disposition = {"Content-Disposition": f'attachment; filename="verbale-{number}-{row}.pdf"'}
    return Response(data, media_type="application/pdf", headers=disposition)


@router.post("/{number}/evidence/{package}/stamp")
def stamp(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, number: one.Number, package: one.Number
) -> Response:
    """Ask the time stamping authority again; a package that has a stamp then is another file."""
    investigation, found = one.investigation_of(console, number), one.ready(console, number, package)
    try:
        console.evidence.stamp(console.database, investigation, found, author_of(console, visitor))
    except StampError as exc:
        fault = FieldFault(key=f"investigations.stamp_{exc.fault}")
        return one.page(console, visitor, context, number, faults={"page": fault})
    except InputError as exc:
        log.warning("console: package %s could not be stamped: %s", package, exc)
        fault = FieldFault(key="investigations.not_stamped")
        return one.page(console, visitor, context, number, faults={"page": fault})
    return one.done(number, "stamped", f"#package-{package}")


def _delivery(
    console: Console, of: Investigation, row: AuditRow, package: EvidencePackage | None, organisation: str
) -> Delivery:
    detail, event = row.event.detail, row.event
    is_same = package is not None and package.sha256 == detail["sha256"]
    return Delivery(
        reference=of.reference,
        title=of.title,
        authority=of.authority,
        municipality=console.settings.municipality,
        organisation=organisation,
        archive=f"fascicolo-{of.id}-{detail['package']}.zip",
        sha256=str(detail["sha256"]),
        size=package.size if package and is_same else None,
        stamped_at=package.stamped_at if package and is_same else None,
        key_fingerprint=site_key(read_key(console.settings.audit_key_path)).public.fingerprint,
        by=event.actor,
        to=str(detail["to"]),
        medium=str(detail["medium"]),
        at=event.at,
        row=row.seq,
        version=anpr.__version__,
        zone=console.settings.zone,
    )
