# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of a list: a new one of the visitor's organisation, its change, and its deletion after a question."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, allowed, author_of
from anpr.console.field_faults import FieldFault, check_reason_field, refuse_odd
from anpr.console.page_context import ContextDep
from anpr.console.pages.watchlists.form import ListFields, ListId, check_list
from anpr.console.pages.watchlists.heads import ListHead
from anpr.console.pages.watchlists.one import own_list
from anpr.console.pages.watchlists.proposals import to_proposal
from anpr.console.pages.watchlists.refusals import REFUSALS, words_of_refusal
from anpr.console.rendering.filters import field_end
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission, may
from anpr.domain.search_reason import MAX_REASON, plain_reason
from anpr.domain.watchlist import MOST_HOURS, MOST_URGENT_HOURS, ListKind, MatchMode, Priority
from anpr.store.users.accounts import User, list_users
from anpr.store.watchlists.cards import ListTakenError, add_list, change_list, drop_list, settings_of
from anpr.store.watchlists.proposing import propose_delete, propose_settings
from anpr.store.watchlists.versions import ChangedMeanwhileError, version_of

_MAY_EDIT = Depends(allowed(Permission.EDIT_WATCHLISTS))
new_router = APIRouter(dependencies=[_MAY_EDIT])
"""Its address comes before those of lists; no id begins with an underscore."""
router = APIRouter(dependencies=[_MAY_EDIT])


@new_router.get("/_new")
def ask_new(console: ConsoleDep, context: ContextDep) -> Response:
    """The form of a new list."""
    return _page(console, context, ListFields())


@new_router.post("/_new")
def make(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, fields: Annotated[ListFields, Form()]
) -> Response:
    """The list is there, without entries."""
    watchlist, faults = check_list(fields, console.settings.zone)
    if watchlist is not None and watchlist.second_person:
        with console.database.transaction() as conn:
            if _is_alone(list_users(conn), visitor, console.clock.now()):
                watchlist, faults = None, {"second_person": FieldFault(key="proposals.alone")}
    if watchlist is not None:
        by = author_of(console, visitor)
        try:
            with console.database.transaction() as conn:
                add_list(conn, watchlist, by, plain_reason(fields.reason))
        except ListTakenError:
            faults = {"id": FieldFault(key="watchlists.taken_id")}
        else:
            return RedirectResponse(f"/watchlists/{watchlist.id}?done=made", status_code=303)
    return _page(console, context, fields, faults=faults)


@router.get("/{watchlist_id}/settings")
def ask_change(console: ConsoleDep, context: ContextDep, watchlist_id: ListId) -> Response:
    """The form with the list's settings."""
    head = own_list(console, watchlist_id)
    return _page(console, context, _fields_of(head, console), head=head)


@router.post("/{watchlist_id}/settings")
def change(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    watchlist_id: ListId,
    fields: Annotated[ListFields, Form()],
) -> Response:
    """Other settings; its id stays."""
    head = own_list(console, watchlist_id)
    fields = fields.model_copy(update={"id": watchlist_id})
    watchlist, faults = check_list(fields, console.settings.zone)
    if watchlist is None:
        return _page(console, context, fields, head=head, faults=faults)
    by, why = author_of(console, visitor), plain_reason(fields.reason)
    try:
        with console.database.transaction() as conn:
            if head.watchlist.second_person:
                return to_proposal(watchlist_id, propose_settings(conn, watchlist, by, why, fields.seen))
            if watchlist.second_person and _is_alone(list_users(conn), visitor, by.at):
                faults = {"second_person": FieldFault(key="proposals.alone")}
                return _page(console, context, fields, head=head, faults=faults)
            change_list(conn, watchlist, by, why, fields.seen)
    except ChangedMeanwhileError as exc:
        return _page(console, context, fields, head=own_list(console, watchlist_id), changed=exc)
    except REFUSALS as exc:
        return _page(console, context, fields, head=own_list(console, watchlist_id), refused=words_of_refusal(exc))
    return RedirectResponse(f"/watchlists/{watchlist_id}?done=saved", status_code=303)


@router.get("/{watchlist_id}/delete")
def ask_delete(console: ConsoleDep, context: ContextDep, watchlist_id: ListId) -> Response:
    """Asks before it is deleted: one with entries only after its id was written."""
    return _delete_page(console, context, own_list(console, watchlist_id))


@router.post("/{watchlist_id}/delete")
def delete(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    watchlist_id: ListId,
    typed: Annotated[str, Form(max_length=200)] = "",
    why: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """The list is gone with its entries; its alarms stay."""
    head = own_list(console, watchlist_id)
    faults: dict[str, FieldFault] = {}
    check_reason_field(faults, "why", why)
    refuse_odd(faults, "why", [why], MAX_REASON)
    if head.card.entries and typed.strip() != watchlist_id:
        faults["typed"] = FieldFault(key="watchlists.wrong_typed", values={"id": watchlist_id})
    if faults:
        return _delete_page(console, context, head, faults, typed=typed, why=why)
    by = author_of(console, visitor)
    try:
        with console.database.transaction() as conn:
            if head.watchlist.second_person:
                return to_proposal(watchlist_id, propose_delete(conn, watchlist_id, by, plain_reason(why)))
            drop_list(conn, watchlist_id, by, plain_reason(why))
    except REFUSALS as exc:
        head = own_list(console, watchlist_id)
        return _delete_page(console, context, head, typed=typed, why=why, refused=words_of_refusal(exc))
    return RedirectResponse("/watchlists?done=deleted", status_code=303)


def _fields_of(head: ListHead, console: Console) -> ListFields:
    watchlist = head.watchlist
    told: dict[str, Any] = {
        name: getattr(watchlist, name) for name in ("id", "name", "purpose", "legal_basis", "instructions")
    }
    return ListFields(
        **told,
        kind=watchlist.kind.value,
        priority=watchlist.priority.value,
        match=watchlist.match.value,
        share=f"{watchlist.min_probability * 100:g}",
        until=field_end(watchlist.valid_to, console.settings.zone) if watchlist.valid_to else "",
        hours=str(watchlist.stale_after_hours or ""),
        second_person=watchlist.second_person,
        urgent_hours=str(watchlist.urgent_hours or ""),
        seen=version_of(settings_of(watchlist)),
    )


def _is_alone(users: list[User], visitor: Visitor, now: datetime) -> bool:
    """Whether nobody else of the organisation could approve what the visitor proposes."""
    return not any(
        user.name != visitor.user.name
        and user.organisation_id == visitor.user.organisation_id
        and may(user.role, Permission.EDIT_WATCHLISTS)
        and not user.is_shut_out(now)
        for user in users
    )


def _page(  # noqa: PLR0913  what it shows
    console: Console,
    context: PageContext,
    fields: ListFields,
    *,
    head: ListHead | None = None,
    faults: dict[str, FieldFault] | None = None,
    changed: ChangedMeanwhileError | None = None,
    refused: str = "",
) -> Response:
    """The form; `changed`: somebody changed the settings meanwhile, `refused`: why nothing is; what was typed stays."""
    if changed and head:
        fields = fields.model_copy(update={"seen": version_of(settings_of(head.watchlist))})
    return console.templates.response(
        "watchlists/settings.html",
        context,
        status=409 if changed or refused else 400 if faults else 200,
        refused=refused,
        changed=changed,
        now_set=_fields_of(head, console) if changed and head else None,
        most_urgent_hours=MOST_URGENT_HOURS,
        head=head,
        fields=fields,
        faults=faults or {},
        kinds=list(ListKind),
        priorities=list(Priority),
        modes=list(MatchMode),
        most_hours=MOST_HOURS,
    )


def _delete_page(  # noqa: PLR0913  what it shows
    console: Console,
    context: PageContext,
    head: ListHead,
    faults: dict[str, FieldFault] | None = None,
    *,
    typed: str = "",
    why: str = "",
    refused: str = "",
) -> Response:
    values = {"head": head, "faults": faults or {}, "typed": typed, "why": why, "refused": refused}
    status = 409 if refused else 400 if faults else 200
    return console.templates.response("watchlists/delete.html", context, status=status, **values)
