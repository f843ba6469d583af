# SPDX-License-Identifier: AGPL-3.0-or-later
"""Evidence: a package is made in the background, downloaded by a member, or handed over by a one-time link."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from anpr.console.access import VisitorDep, author_of
from anpr.console.evidence_download import package_response
from anpr.console.field_faults import FieldFault, check_reason_field, refuse_odd
from anpr.console.fields import Line
from anpr.console.page_context import ContextDep
from anpr.console.pages.investigations import one
from anpr.console.state import Console, ConsoleDep
from anpr.domain.errors import InputError, SettingsError
from anpr.domain.organisation import MANAGER
from anpr.domain.search_reason import MAX_REASON, plain_reason
from anpr.store.audit import AuditAction
from anpr.store.author import Author
from anpr.store.investigations.gathered import list_marked
from anpr.store.investigations.life import tell
from anpr.store.investigations.packages import (
    ask_package,
    end_link,
    get_package,
    make_link,
    note_failed,
)
from anpr.store.organisations.registry import organisation_names

router = APIRouter()
HOURS = (24, 72, 168)
"""How long a link may be used; the person chooses."""


@router.post("/{number}/evidence")
def ask(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    number: one.Number,
    evidence_reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """A package is made from now on; the page shows how far it has come."""
    investigation = one.investigation_of(console, number)
    faults: dict[str, FieldFault] = {}
    check_reason_field(faults, "evidence_reason", evidence_reason)
    refuse_odd(faults, "evidence_reason", [evidence_reason], MAX_REASON)
    if not faults and (fault := _hindrance(console, number)):
        faults["page"] = fault
    if faults:
        fields = {"evidence_reason": evidence_reason}
        return one.page(console, visitor, context, number, faults=faults, fields=fields)
    by = author_of(console, visitor)
    try:
        with console.database.transaction() as conn:
            package = ask_package(conn, investigation, by, plain_reason(evidence_reason))
            own = investigation.organisation_id
            name = "" if own == MANAGER else organisation_names(conn).get(own, own)
    except InputError:
        fault = FieldFault(key="investigations.being_made")
        return one.page(console, visitor, context, number, faults={"page": fault})
    try:
        console.evidence.start(console.database, investigation, package, name)
    except InputError:
        with console.database.transaction() as conn:
            note_failed(conn, investigation, package.id, "busy", by)
        fault = FieldFault(key="investigations.busy")
        return one.page(console, visitor, context, number, faults={"page": fault})
    return one.done(number, "asked", "#evidence")


def _hindrance(console: Console, number: int) -> FieldFault | None:
    with console.database.transaction() as conn:
        if not list_marked(conn, number):
            return FieldFault(key="investigations.none_marked")
    try:
        console.evidence.demand_key()
        console.evidence.demand_room()
    except SettingsError:
        return FieldFault(key="audit.no_key")
    except InputError:
        return FieldFault(key="investigations.no_room")
    return None


@router.post("/{number}/evidence/{package}/download")
def download(
    request: Request, console: ConsoleDep, visitor: VisitorDep, number: one.Number, package: one.Number
) -> Response:
    """The file, for a member; recorded. 404 where there is none (any more)."""
    found = one.ready(console, number, package)
    if not console.evidence.is_there(found):
        raise HTTPException(404)
    investigation = one.investigation_of(console, number)
    address = request.client.host if request.client else ""
    with console.database.transaction() as conn:
        by = author_of(console, visitor)
        detail: dict[str, Any] = {"package": found.id, "sha256": found.sha256, "way": "member", "address": address}
        tell(conn, AuditAction.EVIDENCE_DELIVERED, investigation, by, **detail)
    return package_response(console, found, f"fascicolo-{number}-{found.id}.zip")


@router.post("/{number}/evidence/{package}/link")
def link(  # noqa: PLR0913, PLR0917  fields of a form
    request: Request,
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    number: one.Number,
    package: one.Number,
    to: Annotated[Line, Form(max_length=200)] = "",
    hours: Annotated[int, Form(ge=1, le=max(HOURS))] = HOURS[0],
) -> Response:
    """A link for one download, told this once; an earlier one is no more."""
    investigation = one.investigation_of(console, number)
    one.ready(console, number, package)
    if not to.strip():
        fault = FieldFault(key="investigations.no_recipient")
        return one.page(console, visitor, context, number, faults={f"to-{package}": fault})
    by = author_of(console, visitor)
    token = _link(console, by, number, package, to.strip(), hours)
    address = f"{request.url.scheme}://{request.url.netloc}/evidence/{token}"
    return one.page(console, visitor, context, investigation.id, link=address)


def _link(console: Console, by: Author, number: int, package: int, to: str, hours: int) -> str:
    investigation = one.investigation_of(console, number)
    with console.database.transaction() as conn:
        try:
            return make_link(conn, investigation, package, to, by.at + timedelta(hours=hours), by)
        except InputError:
            raise HTTPException(404) from None


@router.post("/{number}/evidence/{package}/link/end")
def revoke(console: ConsoleDep, visitor: VisitorDep, number: one.Number, package: one.Number) -> Response:
    """Its link can be used no more."""
    investigation = one.investigation_of(console, number)
    with console.database.transaction() as conn:
        if get_package(conn, number, package) is None:
            raise HTTPException(404)
        end_link(conn, investigation, package, author_of(console, visitor))
    return one.done(number, "link-ended", "#evidence")
