# SPDX-License-Identifier: AGPL-3.0-or-later
"""One list: its settings and age for whoever may see lists, and its entries for those who may edit lists.

No plate is in an address: a search of entries is a row of the audit, whose number is in the address of its result.
"""

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Query
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, allowed, author_of, record
from anpr.console.field_faults import FieldFault, refuse_odd
from anpr.console.fields import Whole
from anpr.console.page_context import ContextDep
from anpr.console.pages.watchlists.form import MOST_TEXT, EntryFields, ListId
from anpr.console.pages.watchlists.heads import ListHead, head_of
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.errors import InputError
from anpr.domain.plate import MAX_LENGTH, PlateError
from anpr.domain.plate_spelling import respell
from anpr.store.audit import AuditAction, AuditEvent, append, get_audit
from anpr.store.organisations.registry import organisation_names
from anpr.store.watchlists.cards import get_card
from anpr.store.watchlists.entry_edits import restorable
from anpr.store.watchlists.entry_pages import (
    WARNED_DAYS,
    EntryQuery,
    ListedEntry,
    Validity,
    count_ending,
    find_entries,
    get_entry,
    words_of,
)
from anpr.store.watchlists.not_arriving import not_arriving
from anpr.store.watchlists.proposals import waiting_proposals

router = APIRouter()

ROWS = 50
Done = Literal["added", "changed", "ended", "removed", "restored", "saved", "made", "gone", "duplicate", "demanded"]
"""What was just done, as the page tells it; `gone`: somebody else had removed the entry; `duplicate`: what was to be
restored is on the list again; `demanded`: what was to be restored must be proposed."""
Asked = tuple[EntryQuery, dict[str, str]]
_WILD = frozenset("*?")
_KNOWN = re.compile(r"[^*?]{3}")
"""What the index of a pattern with open ends goes by."""


def list_of(console: Console, watchlist_id: str) -> ListHead:
    """The list. Raises HTTPException (404) when the visitor's organisation sees none of this id."""
    with console.database.transaction() as conn:
        try:
            return head_of(get_card(conn, watchlist_id), organisation_names(conn), console)
        except InputError:
            raise HTTPException(404) from None


def own_list(console: Console, watchlist_id: str) -> ListHead:
    """The list, which is the visitor's organisation's. Raises HTTPException: 404 when they see none, 403 when it is
    another's."""
    head = list_of(console, watchlist_id)
    if not head.is_own:
        raise HTTPException(403)
    return head


@router.get("/{watchlist_id}")
def show(  # noqa: PLR0913, PLR0917  what the page can show
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    watchlist_id: ListId,
    search: Annotated[Whole, Query()] = 0,
    when: Validity | None = None,
    before: Annotated[Whole, Query()] = 0,
    done: Done | None = None,
    entry: Annotated[Whole, Query()] = 0,
    respelled: bool = False,
    row: Annotated[Whole, Query()] = 0,
) -> Response:
    """The page; `search` is the row of the audit that holds what is searched, `row` the one that removed an entry."""
    asked = _asked(console, visitor, watchlist_id, search, when)
    told: dict[str, Any] = {"done": done, "done_entry": entry, "respelled": respelled, "row": row, "search": search}
    return page(console, visitor, context, watchlist_id, asked=asked, before=before, **told)


@router.post("/{watchlist_id}/search", dependencies=[Depends(allowed(Permission.EDIT_WATCHLISTS))])
def search(  # noqa: PLR0913, PLR0917  one parameter for each field of the form
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    watchlist_id: ListId,
    plate: Annotated[str, Form(max_length=2000)] = "",
    text: Annotated[str, Form(max_length=2000)] = "",
    when: Annotated[Literal["", "now", "coming", "ended", "ending"], Form()] = "",
) -> Response:
    """Record what is searched, then lead to the result."""
    list_of(console, watchlist_id)
    faults: dict[str, FieldFault] = {}
    refuse_odd(faults, "plate", [plate], 40)
    refuse_odd(faults, "text", [text], MOST_TEXT)
    if text.strip() and not words_of(text):
        faults["text"] = FieldFault(key="watchlists.no_words")
    wanted = {} if faults else _wanted(faults, plate)
    if faults:
        fields = {"plate": plate, "text": text, "when": when}
        return page(console, visitor, context, watchlist_id, asked=(EntryQuery(), fields), faults=faults)
    if text.strip():
        wanted["text"] = text.strip()
    if not wanted:
        return RedirectResponse(f"/watchlists/{watchlist_id}" + (f"?when={when}" if when else ""), status_code=303)
    detail = {"watchlist": watchlist_id, **wanted, **({"when": when} if when else {})}
    event = AuditEvent(
        actor=visitor.user.name, action=AuditAction.WATCHLIST_SEARCHED, at=console.clock.now(), detail=detail
    )
    with console.database.transaction() as conn:
        number = append(conn, event).seq
    return RedirectResponse(f"/watchlists/{watchlist_id}?search={number}", status_code=303)


def _wanted(faults: dict[str, FieldFault], plate: str) -> dict[str, str]:
    """The plate, or the pattern, as the audit holds it."""
    if not plate.strip():
        return {}
    wild = any(sign in _WILD for sign in plate)
    letters = "".join(sign for sign in plate if sign not in _WILD)
    try:
        normal = respell(letters).plate
        if not wild:
            return {"plate": normal}
        # Each sign by itself, so that wildcards stay where they are.
        pattern = "".join(sign if sign in _WILD else _one(sign) for sign in plate)
    except PlateError:
        faults["plate"] = FieldFault(key="watchlists.wrong_pattern", values={"most": MAX_LENGTH})
        return {}
    if pattern[0] in _WILD and pattern[-1] in _WILD and not _KNOWN.search(pattern):
        faults["plate"] = FieldFault(key="watchlists.open_pattern")
        return {}
    return {"pattern": pattern}


def _one(sign: str) -> str:
    """The normal form of a sign; nothing for a space or a dash. Raises PlateError."""
    try:
        return respell(sign).plate
    except PlateError as exc:
        if exc.fault == "empty":
            return ""
        raise


def _asked(console: Console, visitor: Visitor, watchlist_id: str, search: int, when: Validity | None) -> Asked:
    """What is searched, and the fields of the form. Raises HTTPException (404) for everybody else's search."""
    if not search:
        return EntryQuery(validity=when), {"plate": "", "text": "", "when": when or ""}
    with console.database.transaction() as conn:
        found = get_audit(conn, search)
    is_ours = found and found.event.action is AuditAction.WATCHLIST_SEARCHED and found.event.actor == visitor.user.name
    if found is None or not is_ours or found.event.detail.get("watchlist") != watchlist_id:
        raise HTTPException(404)
    detail = found.event.detail
    validity = detail.get("when")
    query = EntryQuery(
        plate=detail.get("plate"),
        pattern=detail.get("pattern"),
        text=detail.get("text"),
        validity=Validity(validity) if validity else None,
    )
    fields = {"plate": query.plate or query.pattern or "", "text": query.text or "", "when": validity or ""}
    return query, fields


def page(  # noqa: PLR0913  what it shows
    console: Console,
    visitor: Visitor,
    context: PageContext,
    watchlist_id: str,
    *,
    asked: Asked,
    before: int = 0,
    faults: dict[str, FieldFault] | None = None,
    **told: Any,
) -> Response:
    """The page of a list; with the faults of its search form, answered with 400. Raises HTTPException (404)."""
    head, now = list_of(console, watchlist_id), console.clock.now()
    query, fields = asked
    entries: list[ListedEntry] = []
    ending = waiting = 0
    may_see = visitor.may(Permission.EDIT_WATCHLISTS)
    if may_see and not faults:
        with console.database.transaction() as conn:
            entries = find_entries(conn, watchlist_id, query, now, before or None, ROWS + 1)
            ending = count_ending(conn, watchlist_id, now)
            waiting = waiting_proposals(conn, now).get(watchlist_id, 0)
    if console.view_audit.is_due(visitor.session.key, f"watchlist {watchlist_id}"):
        record(console, visitor.user.name, AuditAction.WATCHLIST_VIEWED, {"watchlist": watchlist_id})
    with console.database.transaction() as conn:
        trouble = not_arriving(conn, now, console.settings.watchlists.pickup_every_s)
    shown = {"done": None, "done_entry": 0, "respelled": False, "row": 0, "search": 0, **told}
    return console.templates.response(
        "watchlists/list.html",
        context,
        status=400 if faults else 200,
        head=head,
        entries=entries[:ROWS],
        has_older=len(entries) > ROWS,
        ending=ending,
        waiting=waiting,
        trouble=trouble,
        warned_days=WARNED_DAYS,
        before=before,
        query=query,
        fields=fields,
        faults=faults or {},
        now=now,
        validities=list(Validity),
        new=EntryFields(),
        done_plate=_plate_of(console, watchlist_id, shown["done_entry"]) if may_see else None,
        can_restore=not head.watchlist.second_person and _can_restore(console, visitor, watchlist_id, shown["row"]),
        **shown,
    )


def _plate_of(console: Console, watchlist_id: str, number: int) -> str | None:
    if not number:
        return None
    with console.database.transaction() as conn:
        listed = get_entry(conn, watchlist_id, number)
    return listed.entry.plate if listed else None


def _can_restore(console: Console, visitor: Visitor, watchlist_id: str, row: int) -> bool:
    if not row or not visitor.may(Permission.EDIT_WATCHLISTS):
        return False
    by = author_of(console, visitor)
    with console.database.transaction() as conn:
        return restorable(conn, watchlist_id, row, by) is not None
