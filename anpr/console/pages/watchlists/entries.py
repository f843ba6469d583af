# SPDX-License-Identifier: AGPL-3.0-or-later
"""Entries of a list one by one: added, changed, ended, removed and restored, each with a reason in the audit."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, allowed, author_of, record
from anpr.console.field_faults import FieldFault, check_reason_field, refuse_odd
from anpr.console.fields import Whole
from anpr.console.page_context import ContextDep
from anpr.console.pages.watchlists.form import (
    EntryFields,
    ListId,
    Number,
    check_entry_change,
    check_new_entry,
)
from anpr.console.pages.watchlists.one import list_of, own_list
from anpr.console.pages.watchlists.proposals import to_proposal
from anpr.console.pages.watchlists.refusals import REFUSALS, words_of_refusal
from anpr.console.rendering.filters import field_end, field_start
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.errors import InputError
from anpr.domain.search_reason import MAX_REASON, plain_reason
from anpr.store.audit import AuditAction
from anpr.store.watchlists.entry_edits import (
    DuplicateEntryError,
    EntryGoneError,
    NotRunningError,
    change_entry,
    end_entry,
    put_entry,
    remove_entry,
    restore_entry,
)
from anpr.store.watchlists.entry_pages import ListedEntry, get_entry
from anpr.store.watchlists.locks import ReceivedListError, SecondPersonError
from anpr.store.watchlists.proposals import ProposalKind
from anpr.store.watchlists.proposing import propose_change, propose_entry, propose_off
from anpr.store.watchlists.versions import ChangedMeanwhileError, entry_values, version_of

router = APIRouter(dependencies=[Depends(allowed(Permission.EDIT_WATCHLISTS))])


@router.get("/{watchlist_id}/add")
def ask_new(console: ConsoleDep, context: ContextDep, watchlist_id: ListId) -> Response:
    """The form of a new entry."""
    return _new_page(console, context, watchlist_id, EntryFields())


@router.post("/{watchlist_id}/add")
def add(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    watchlist_id: ListId,
    fields: Annotated[EntryFields, Form()],
) -> Response:
    """Put the plate on the list; or the form again with what is wrong with it."""
    head = own_list(console, watchlist_id)
    checked = check_new_entry(fields, console.settings.zone)
    if checked.entry is not None and fields.urgent and checked.entry.valid_from is not None:
        checked.faults["since"] = FieldFault(key="proposals.urgent_since")
    if checked.entry is None or checked.faults:
        return _new_page(console, context, watchlist_id, fields, checked.faults)
    by = author_of(console, visitor)
    is_urgent = fields.urgent and bool(head.watchlist.urgent_hours)
    try:
        with console.database.transaction() as conn:
            if head.watchlist.second_person:
                made = propose_entry(conn, watchlist_id, checked.entry, by, is_urgent=is_urgent)
                return to_proposal(watchlist_id, made.id, "urgent" if is_urgent else "made")
            number = put_entry(conn, watchlist_id, checked.entry, by)
    except DuplicateEntryError:
        faults = {"plate": FieldFault(key="watchlists.twin")}
        return _new_page(console, context, watchlist_id, fields, faults)
    except REFUSALS as exc:
        return _new_page(console, context, watchlist_id, fields, refused=words_of_refusal(exc))
    respelled = "&respelled=1" if checked.is_respelled else ""
    return _to_list(watchlist_id, f"added&entry={number}{respelled}")


@router.get("/{watchlist_id}/entries/{number}")
def show(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, watchlist_id: ListId, number: Number
) -> Response:
    """The entry, and what can be done with it."""
    return _page(console, visitor, context, watchlist_id, number)


@router.post("/{watchlist_id}/entries/{number}")
def change(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    watchlist_id: ListId,
    number: Number,
    fields: Annotated[EntryFields, Form()],
) -> Response:
    """Another reason or validity."""
    head = own_list(console, watchlist_id)
    checked = check_entry_change(fields, console.settings.zone)
    if checked.entry is None:
        return _page(console, visitor, context, watchlist_id, number, fields=fields, faults=checked.faults)
    by, why = author_of(console, visitor), plain_reason(fields.reason)
    try:
        with console.database.transaction() as conn:
            if head.watchlist.second_person:
                made = propose_change(conn, watchlist_id, number, checked.entry, by, why, fields.seen)
                return to_proposal(watchlist_id, made)
            change_entry(conn, watchlist_id, number, checked.entry, by, why, fields.seen)
    except (ChangedMeanwhileError, *REFUSALS) as exc:
        return _page(console, visitor, context, watchlist_id, number, fields=fields, **_told(exc))
    except DuplicateEntryError:
        faults = {"since": FieldFault(key="watchlists.twin")}
        return _page(console, visitor, context, watchlist_id, number, fields=fields, faults=faults)
    except EntryGoneError:
        return _to_list(watchlist_id, "gone")
    return _to_list(watchlist_id, f"changed&entry={number}")


@router.post("/{watchlist_id}/entries/{number}/off")
def off(  # noqa: PLR0913, PLR0917  what FastAPI hands over, and the fields of the form
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    watchlist_id: ListId,
    number: Number,
    what: Annotated[Literal["end", "remove"], Form()],
    why: Annotated[str, Form(max_length=2000)] = "",
    seen: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """End it now, so that it stays as what it was, or remove it altogether, which can be undone for an hour."""
    head = own_list(console, watchlist_id)
    faults: dict[str, FieldFault] = {}
    check_reason_field(faults, "why", why)
    refuse_odd(faults, "why", [why], MAX_REASON)
    if not faults:
        try:
            deed = _propose_off if head.watchlist.second_person else _off
            return deed(console, visitor, watchlist_id, number, what, plain_reason(why), seen)
        except (ChangedMeanwhileError, *REFUSALS) as exc:
            return _page(console, visitor, context, watchlist_id, number, why=why, **_told(exc))
        except NotRunningError:
            faults["why"] = FieldFault(key="watchlists.not_running")
        except EntryGoneError:
            return _to_list(watchlist_id, "gone")
    return _page(console, visitor, context, watchlist_id, number, faults=faults, why=why)


def _off(  # noqa: PLR0913, PLR0917  which entry, by whom, what, why, and what was shown
    console: Console, visitor: Visitor, watchlist_id: str, number: int, what: str, why: str, seen: str
) -> Response:
    by = author_of(console, visitor)
    with console.database.transaction() as conn:
        if what == "end":
            end_entry(conn, watchlist_id, number, by, why, seen)
            return _to_list(watchlist_id, f"ended&entry={number}")
        return _to_list(watchlist_id, f"removed&row={remove_entry(conn, watchlist_id, number, by, why, seen)}")


def _propose_off(  # noqa: PLR0913, PLR0917  as `_off`
    console: Console, visitor: Visitor, watchlist_id: str, number: int, what: str, why: str, seen: str
) -> Response:
    by = author_of(console, visitor)
    with console.database.transaction() as conn:
        made = propose_off(conn, watchlist_id, number, ProposalKind(what), by, why, seen)
    return to_proposal(watchlist_id, made)


@router.post("/{watchlist_id}/restore")
def restore(
    console: ConsoleDep, visitor: VisitorDep, watchlist_id: ListId, row: Annotated[Whole, Form()] = 0
) -> Response:
    """Undo a removal of one's own."""
    own_list(console, watchlist_id)
    try:
        with console.database.transaction() as conn:
            number = restore_entry(conn, watchlist_id, row, author_of(console, visitor))
    except DuplicateEntryError:
        return _to_list(watchlist_id, "duplicate")
    except SecondPersonError:
        return _to_list(watchlist_id, "demanded")
    except ReceivedListError:
        return _to_list(watchlist_id, "gone")
    except EntryGoneError:
        raise HTTPException(404) from None
    return _to_list(watchlist_id, f"restored&entry={number}")


def _told(error: InputError) -> dict[str, Any]:
    """What the page of the entry says of it."""
    return {"changed": error} if isinstance(error, ChangedMeanwhileError) else {"refused": words_of_refusal(error)}


def _to_list(watchlist_id: str, done: str) -> Response:
    return RedirectResponse(f"/watchlists/{watchlist_id}?done={done}", status_code=303)


def _new_page(
    console: Console,
    context: PageContext,
    watchlist_id: str,
    fields: EntryFields,
    faults: dict[str, FieldFault] | None = None,
    refused: str = "",
) -> Response:
    return console.templates.response(
        "watchlists/add.html",
        context,
        status=409 if refused else 400 if faults else 200,
        refused=refused,
        head=own_list(console, watchlist_id),
        fields=fields,
        faults=faults or {},
    )


def _page(  # noqa: PLR0913  what it shows
    console: Console,
    visitor: Visitor,
    context: PageContext,
    watchlist_id: str,
    number: int,
    *,
    fields: EntryFields | None = None,
    faults: dict[str, FieldFault] | None = None,
    changed: ChangedMeanwhileError | None = None,
    refused: str = "",
    why: str = "",
) -> Response:
    """The page of an entry; `changed`: somebody changed it meanwhile, `refused`: why nothing is changed; what was typed
    is kept.

    Raises HTTPException (404) when the list has none of this number.
    """
    head, now = list_of(console, watchlist_id), console.clock.now()
    with console.database.transaction() as conn:
        listed = get_entry(conn, watchlist_id, number)
    if listed is None:
        raise HTTPException(404)
    if console.view_audit.is_due(visitor.session.key, f"entry {number}"):
        detail = {"watchlist": watchlist_id, "entry": number}
        record(console, visitor.user.name, AuditAction.WATCHLIST_VIEWED, detail)
    return console.templates.response(
        "watchlists/entry.html",
        context,
        status=409 if changed or refused else 400 if faults else 200,
        refused=refused,
        head=head,
        listed=listed,
        changed=changed,
        seen=version_of(entry_values(listed.entry)) if changed or not fields else fields.seen,
        validity=listed.validity_at(now),
        fields=fields or _fields_of(listed, console),
        faults=faults or {},
        why=why,
    )


def _fields_of(listed: ListedEntry, console: Console) -> EntryFields:
    entry, zone = listed.entry, console.settings.zone
    return EntryFields(
        text=entry.reason,
        instructions=entry.instructions or "",
        since=field_start(entry.valid_from, zone) if entry.valid_from else "",
        until=field_end(entry.valid_to, zone) if entry.valid_to else "",
    )
