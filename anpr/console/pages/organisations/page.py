# SPDX-License-Identifier: AGPL-3.0-or-later
"""Organisations that share the system, what each owns, and the agreements between them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, allowed
from anpr.console.fields import Line
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.pages.organisations import agreements
from anpr.console.pages.organisations.agreements import AgreementFields
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.errors import InputError
from anpr.domain.organisation import MANAGER, Action, Organisation, OrganisationKind
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.gates import gate_names
from anpr.store.organisations.agreements import list_agreements
from anpr.store.organisations.registry import Owned, add_organisation, list_organisations, owned_by
from anpr.store.watchlists.lists import watchlist_names

router = APIRouter(prefix="/organisations")

Administrator = Annotated[Visitor, Depends(allowed(Permission.MANAGE_AGREEMENTS))]
Text = Annotated[Line, Form(max_length=200)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """A form that came back: what was typed, and the key of the message that says what is wrong with it."""

    organisation: Mapping[str, str] = field(
        default_factory=lambda: {"id": "", "name": "", "kind": "municipality", "contact": "", "controller": ""}
    )
    agreement: AgreementFields = field(default_factory=AgreementFields)
    organisation_fault: str | None = None
    agreement_fault: str | None = None
    agreement_made: int | None = None
    agreement_ended: int | None = None


@router.get("")
def show(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    made: int | None = None,
    ended: int | None = None,
) -> Response:
    """Who shares the system, the agreements of one's own organisation, and the forms for new ones."""
    return page(console, visitor, context, Sent(agreement_made=made, agreement_ended=ended))


@router.post("")
def create(  # noqa: PLR0913, PLR0917  one parameter for each field of the form
    console: ConsoleDep,
    visitor: Administrator,
    context: ContextDep,
    id: Text = "",
    name: Text = "",
    kind: Annotated[OrganisationKind, Form()] = OrganisationKind.MUNICIPALITY,
    contact: Text = "",
    controller: Text = "",
) -> Response:
    """Add an organisation; only administrators of the one that runs the system can."""
    typed = {"id": id.strip().lower(), "name": name.strip(), "kind": str(kind), "contact": contact.strip()}
    typed["controller"] = controller.strip()
    if visitor.user.organisation_id != MANAGER:
        return page(console, visitor, context, Sent(organisation=typed, organisation_fault="not_manager"), status=403)
    event = AuditEvent(
        actor=visitor.user.name, action=AuditAction.ORGANISATION_SAVED, at=console.clock.now(),
        detail={"saved": typed["id"], "name": typed["name"], "kind": str(kind)},
    )  # fmt: skip
    try:
        with console.database.transaction() as conn:
            texts = {each: text for each, text in typed.items() if each != "kind"}
            add_organisation(conn, Organisation(kind=kind, **texts))
            append(conn, event)
    except InputError:
        return page(console, visitor, context, Sent(organisation=typed, organisation_fault="wrong"), status=400)
    return RedirectResponse("/organisations", status_code=303)


@router.post("/agreements")
def agree(
    console: ConsoleDep,
    visitor: Administrator,
    context: ContextDep,
    fields: Annotated[AgreementFields, Form()],
) -> Response:
    """Open gates and lists of one's own organisation to another one; or the form again with what is wrong with it."""
    fault, made = agreements.make(console, visitor, fields)
    if made is None:
        return page(console, visitor, context, Sent(agreement=fields, agreement_fault=fault), status=400)
    return RedirectResponse(f"/organisations?made={made.id}", status_code=303)


def page(console: Console, visitor: Visitor, context: PageContext, sent: Sent, *, status: int = 200) -> Response:
    """The page, with a form that came back."""
    today = console.scope.day
    with console.database.transaction() as conn:
        values: dict[str, Any] = {
            "organisations": list_organisations(conn),
            "owned": owned_by(conn),
            "agreements": [(each, each.state_on(today)) for each in list_agreements(conn)],
            "gates": gate_names(conn),
            "watchlists": watchlist_names(conn),
        }
    names = {each.id: each.name or console.settings.municipality for each in values["organisations"]}
    return console.templates.response(
        "organisations/organisations.html",
        context,
        status=status,
        **values,
        names=names,
        own=visitor.user.organisation_id,
        nothing=Owned(),
        is_manager=visitor.user.organisation_id == MANAGER,
        kinds=list(OrganisationKind),
        actions=list(Action),
        sent=sent,
        today=today,
        days_left=lambda day: (day - today).days,
        named=_named,
        told_actions=lambda t: [(action, t(f"organisations.action_{action}")) for action in Action],
    )


def _named(ids: Iterable[str], names: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(each, names.get(each, each)) for each in ids]


router.include_router(agreements.router)

PAGE = Page(name="organisations", router=router, permissions=(Permission.VIEW_AGREEMENTS,))
