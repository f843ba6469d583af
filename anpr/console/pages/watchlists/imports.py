# SPDX-License-Identifier: AGPL-3.0-or-later
"""Imports of a list: a file is uploaded, shown as it is understood, and then applied as it was shown, or thrown away.

What is applied is what was seen: the page holds the counts and the way the file was read, and another result is refused
(`ListChangedError`). Imports are undone from their history.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, allowed, author_of, record
from anpr.console.field_faults import FieldFault, check_reason_field, refuse_odd
from anpr.console.fields import without_controls
from anpr.console.page_context import ContextDep
from anpr.console.pages.watchlists.form import ListId, Number
from anpr.console.pages.watchlists.one import own_list
from anpr.console.pages.watchlists.preview import (
    HowFields,
    Shown,
    describe,
    fields_of,
    how_of,
    is_as_seen,
    order_of,
    read_rejects,
)
from anpr.console.pages.watchlists.proposals import to_proposal
from anpr.console.pages.watchlists.refusals import REFUSALS
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.errors import InputError
from anpr.domain.search_reason import MAX_REASON, plain_reason
from anpr.listfiles.importing import import_order, undo_order
from anpr.listfiles.proposing import propose_import
from anpr.listfiles.reading import ListFile
from anpr.store.audit import AuditAction
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.watchlists.entries import ImportMode, ImportResult
from anpr.store.watchlists.imports import (
    ListChangedError,
    UndoRefusedError,
    get_import,
    import_differences,
    list_imports,
)
from anpr.store.watchlists.locks import ReceivedListError, SecondPersonError
from anpr.store.watchlists.proposals import MAX_PROPOSED_FILE, TooManyProposalsError
from anpr.store.watchlists.proposing import propose_undo
from anpr.store.watchlists.sources import MAX_NAME, source_names
from anpr.store.watchlists.uploads import (
    MAX_UPLOAD,
    MOST_WAITING,
    TooManyUploadsError,
    Upload,
    add_upload,
    change_upload,
    get_upload,
    remove_upload,
    waiting_uploads,
)

router = APIRouter(dependencies=[Depends(allowed(Permission.EDIT_WATCHLISTS))])
_MOST_SHOWN = 500
"""Differences of an import on one page; `anpr watchlist history --import` prints the others."""
Said = Literal["applied", "undone", "gone", "discarded", "cannot-undo", "demanded", "too-many", "received"]


@router.get("/{watchlist_id}/import")
def show(
    console: ConsoleDep,
    context: ContextDep,
    watchlist_id: ListId,
    done: Said | None = None,
    number: Annotated[int, Query(ge=0, lt=2**63)] = 0,
) -> Response:
    """The form for a file, files that wait, and the imports that were made."""
    return _page(console, context, watchlist_id, done=done, number=number)


@router.post("/{watchlist_id}/import")
async def upload(
    request: Request, console: ConsoleDep, visitor: VisitorDep, context: ContextDep, watchlist_id: ListId
) -> Response:
    """Keep the file, then show what it holds."""
    form = await request.form()  # which the check of the form has read
    file = form.get("file")
    content = await file.read() if isinstance(file, UploadFile) else b""
    name = without_controls((file.filename or "") if isinstance(file, UploadFile) else "")[-200:]
    mode, source = str(form.get("mode", "add")), str(form.get("source", ""))
    return await run_in_threadpool(_keep, console, visitor, context, watchlist_id, name, content, mode, source)


def _keep(  # noqa: PLR0913, PLR0917  the parts of the form
    console: Console,
    visitor: Visitor,
    context: PageContext,
    watchlist_id: str,
    name: str,
    content: bytes,
    mode: str,
    source: str,
) -> Response:
    if own_list(console, watchlist_id).card.sender is not None:
        return _to_page(watchlist_id, "received")
    faults: dict[str, FieldFault] = {}
    refuse_odd(faults, "source", [source], MAX_NAME)
    if not content:
        faults["file"] = FieldFault(key="imports.no_file")
    elif len(content) > MAX_UPLOAD:
        faults["file"] = FieldFault(key="imports.too_large", values={"most": MAX_UPLOAD >> 20})
    if not faults:
        kept = Upload(
            watchlist_id=watchlist_id,
            file_name=name or "lista",
            content=content,
            mode=ImportMode.REPLACE if mode == ImportMode.REPLACE else ImportMode.ADD,
            source=source.strip(),
        )
        try:
            with console.database.transaction() as conn:
                number = add_upload(conn, kept, author_of(console, visitor))
            return RedirectResponse(f"/watchlists/{watchlist_id}/import/{number}", status_code=303)
        except TooManyUploadsError:
            faults["file"] = FieldFault(key="imports.too_many", values={"most": MOST_WAITING})
    return _page(console, context, watchlist_id, faults=faults, source=source)


@router.get("/{watchlist_id}/import/{number}")
def preview(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    watchlist_id: ListId,
    number: Number,
    again: Literal["changed", "unsure", "no-reason", "too-many", "too-large", "demanded", "received"] | None = None,
) -> Response:
    """The file as it is understood, and what it would do to the list. `again`: why it was not applied."""
    own_list(console, watchlist_id)
    kept = _kept(console, watchlist_id, number)
    if kept is None:
        return _to_page(watchlist_id, "gone")
    shown = describe(console, kept)
    if console.view_audit.is_due(visitor.session.key, f"upload {number}"):
        detail = {"watchlist": watchlist_id, "preview": kept.file_name, "sha256": shown.sha256}
        record(console, visitor.user.name, AuditAction.WATCHLIST_VIEWED, detail)
    return _preview_page(console, context, kept, shown, again)


@router.post("/{watchlist_id}/import/{number}/how")
def read_again(
    console: ConsoleDep, watchlist_id: ListId, number: Number, fields: Annotated[HowFields, Form()]
) -> Response:
    """Read it in another way."""
    own_list(console, watchlist_id)
    kept = _kept(console, watchlist_id, number)
    if kept is None:
        return _to_page(watchlist_id, "gone")
    with console.database.transaction() as conn:
        change_upload(conn, how_of(kept, fields, console.settings.watchlists.profiles))
    return RedirectResponse(f"/watchlists/{watchlist_id}/import/{number}", status_code=303)


@router.post("/{watchlist_id}/import/{number}/apply")
def apply(  # noqa: PLR0913, PLR0917  what the page has shown
    console: ConsoleDep,
    visitor: VisitorDep,
    watchlist_id: ListId,
    number: Number,
    seen: Annotated[str, Form(max_length=64)] = "",
    counts: Annotated[str, Form(max_length=100)] = "",
    sure: Annotated[bool, Form()] = False,
    why: Annotated[str, Form(max_length=MAX_REASON)] = "",
) -> Response:
    """Import exactly what the page has shown, all or nothing."""
    head = own_list(console, watchlist_id)
    kept = _kept(console, watchlist_id, number)
    if kept is None:
        return _to_page(watchlist_id, "gone")
    faults: dict[str, FieldFault] = {}
    if head.watchlist.second_person:
        check_reason_field(faults, "why", why)
        refuse_odd(faults, "why", [why], MAX_REASON)
        if faults:
            return _again(kept, "no-reason")
        if len(kept.content) > MAX_PROPOSED_FILE:
            return _again(kept, "too-large")
    asked = plain_reason(why) if head.watchlist.second_person else None
    try:
        return _apply(console, kept, seen, _result(counts), is_sure=sure, by=author_of(console, visitor), asked=asked)
    except ListChangedError:
        return _again(kept, "changed")
    except (SecondPersonError, ReceivedListError) as exc:  # since the page was opened; the file goes on waiting
        return _again(kept, "demanded" if isinstance(exc, SecondPersonError) else "received")


@router.get("/{watchlist_id}/import/{number}/rejects")
def rejects(console: ConsoleDep, visitor: VisitorDep, watchlist_id: ListId, number: Number) -> Response:
    """The rows that are no entries, each with what is wrong, as a file for a spreadsheet."""
    own_list(console, watchlist_id)
    kept = _kept(console, watchlist_id, number)
    if kept is None:
        raise HTTPException(404)
    detail = {"watchlist": watchlist_id, "rejects": kept.file_name}
    record(console, visitor.user.name, AuditAction.WATCHLIST_VIEWED, detail)
    headers = {"Content-Disposition": f'attachment; filename="{watchlist_id}-{number}-scartate.csv"'}
    return Response(read_rejects(console, kept), media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/{watchlist_id}/import/{number}/discard")
def discard(console: ConsoleDep, watchlist_id: ListId, number: Number) -> Response:
    """Throw the file away."""
    own_list(console, watchlist_id)
    with console.database.transaction() as conn:
        found = remove_upload(conn, watchlist_id, number)
    return _to_page(watchlist_id, "discarded" if found else "gone")


@router.get("/{watchlist_id}/imports/{number}")
def one_import(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, watchlist_id: ListId, number: Number
) -> Response:
    """What an import changed, entry by entry, for as long as that is kept."""
    head = own_list(console, watchlist_id)
    with console.database.transaction() as conn:
        try:
            made = get_import(conn, watchlist_id, number)
        except InputError:
            raise HTTPException(404) from None
        differences = import_differences(conn, number, _MOST_SHOWN + 1)
    if console.view_audit.is_due(visitor.session.key, f"import {watchlist_id} {number}"):
        detail = {"watchlist": watchlist_id, "history": True, "import": number}
        record(console, visitor.user.name, AuditAction.WATCHLIST_VIEWED, detail)
    values: dict[str, Any] = {"head": head, "made": made, "differences": differences[:_MOST_SHOWN]}
    return console.templates.response(
        "watchlists/import_changes.html", context, has_more=len(differences) > _MOST_SHOWN, most=_MOST_SHOWN, **values
    )


@router.post("/{watchlist_id}/imports/{number}/undo")
def undo(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, watchlist_id: ListId, number: Number
) -> Response:
    """Make the list what it was before this import."""
    head = own_list(console, watchlist_id)
    try:
        with console.database.transaction() as conn:
            if head.watchlist.second_person:
                get_import(conn, watchlist_id, number)
                by = author_of(console, visitor)
                why = console.templates.catalogue(context.language)("proposals.undo_reason", number=number)
                return to_proposal(watchlist_id, propose_undo(conn, watchlist_id, number, by, why))
            undo_order(conn, watchlist_id, author_of(console, visitor), number)
    except UndoRefusedError:
        return _to_page(watchlist_id, f"cannot-undo&number={number}")
    except REFUSALS as exc:
        return _to_page(watchlist_id, "demanded" if isinstance(exc, SecondPersonError) else "too-many")
    except InputError:
        raise HTTPException(404) from None
    return _to_page(watchlist_id, f"undone&number={number}")


def _apply(  # noqa: PLR0913  what was shown, and what was answered
    console: Console,
    kept: Upload,
    seen: str,
    expected: ImportResult | None,
    *,
    is_sure: bool,
    by: Author,
    asked: str | None,
) -> Response:
    """`asked`: why a second person is asked for it; None: nobody is. Raises ListChangedError when it would do anything
    else than was seen."""
    shown = describe(console, kept) if expected is not None and is_as_seen(kept, seen) else None
    if shown is None or shown.read is None or not shown.may_apply:
        return _again(kept, "changed")
    if shown.removes_too_much and not is_sure:
        return _again(kept, "unsure")
    with console.database.transaction() as conn:
        if not remove_upload(conn, kept.watchlist_id, kept.id):
            return _to_page(kept.watchlist_id, "gone")
        if asked is not None:
            return _propose(conn, kept, shown.read, by, asked)
        done = import_order(conn, order_of(kept), shown.read, by, expected)
    return _to_page(kept.watchlist_id, f"applied&number={done.id}")


def _propose(conn: Connection, kept: Upload, read: ListFile, by: Author, why: str) -> Response:
    try:
        return to_proposal(kept.watchlist_id, propose_import(conn, order_of(kept), read, by, why))
    except TooManyProposalsError:
        conn.rollback()  # the file goes on waiting
        return _again(kept, "too-many")


def _again(kept: Upload, why: str) -> Response:
    return RedirectResponse(f"/watchlists/{kept.watchlist_id}/import/{kept.id}?again={why}", status_code=303)


def _kept(console: Console, watchlist_id: str, number: int) -> Upload | None:
    with console.database.transaction() as conn:
        return get_upload(conn, watchlist_id, number)


def _result(counts: str) -> ImportResult | None:
    """Added, changed, unchanged and removed as the page wrote them; None for anything else."""
    parts = counts.split("-")
    if len(parts) != 4 or not all(part.isascii() and part.isdigit() for part in parts):
        return None
    added, changed, unchanged, removed = (int(part) for part in parts)
    return ImportResult(added=added, changed=changed, unchanged=unchanged, removed=removed)


def _to_page(watchlist_id: str, done: str) -> Response:
    return RedirectResponse(f"/watchlists/{watchlist_id}/import?done={done}", status_code=303)


def _page(  # noqa: PLR0913  what it shows
    console: Console,
    context: PageContext,
    watchlist_id: str,
    *,
    faults: dict[str, FieldFault] | None = None,
    done: str | None = None,
    number: int = 0,
    source: str = "",
) -> Response:
    head = own_list(console, watchlist_id)
    with console.database.transaction() as conn:
        uploads = waiting_uploads(conn, watchlist_id)
        made = list_imports(conn, watchlist_id)
        sources = source_names(conn, watchlist_id)
    return console.templates.response(
        "watchlists/import.html",
        context,
        status=400 if faults else 200,
        head=head,
        uploads=uploads,
        made=made,
        sources=sources,
        source=source,
        faults=faults or {},
        done=done,
        number=number,
        most=MAX_UPLOAD,
    )


def _preview_page(console: Console, context: PageContext, kept: Upload, shown: Shown, again: str | None) -> Response:
    head = own_list(console, kept.watchlist_id)
    values: dict[str, Any] = {"head": head, "upload": kept, "shown": shown, "fields": fields_of(kept), "again": again,
                              "profiles": console.settings.watchlists.profiles}  # fmt: skip
    return console.templates.response("watchlists/preview.html", context, **values)
