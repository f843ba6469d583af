# SPDX-License-Identifier: AGPL-3.0-or-later
"""Export of a list as CSV: with a reason that stays in the audit, in the columns that an import reads."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Form
from starlette.responses import Response, StreamingResponse

from anpr.console.access import VisitorDep, allowed
from anpr.console.field_faults import FieldFault, check_reason_field, refuse_odd
from anpr.console.page_context import ContextDep
from anpr.console.pages.watchlists.form import ListId
from anpr.console.pages.watchlists.one import own_list
from anpr.console.rendering.filters import field_end, field_start
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.search_reason import MAX_REASON, plain_reason
from anpr.domain.spreadsheet import as_text, csv_bytes
from anpr.domain.watchlist import Entry
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.watchlists.entries import list_entries

router = APIRouter(dependencies=[Depends(allowed(Permission.EDIT_WATCHLISTS))])
_HEADER = ("targa", "motivo", "dal", "al", "che cosa fare")
_CHUNK = 5_000


@router.get("/{watchlist_id}/export")
def ask(console: ConsoleDep, context: ContextDep, watchlist_id: ListId) -> Response:
    """Asks for the reason."""
    return _page(console, context, watchlist_id, {}, "")


@router.post("/{watchlist_id}/export")
def export(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    watchlist_id: ListId,
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """All entries, as they are while the file is written; the row of the audit comes first."""
    head = own_list(console, watchlist_id)
    faults: dict[str, FieldFault] = {}
    check_reason_field(faults, "reason", reason)
    refuse_odd(faults, "reason", [reason], MAX_REASON)
    if faults:
        return _page(console, context, watchlist_id, faults, reason)
    at = console.clock.now()
    detail = {"watchlist": watchlist_id, "entries": head.card.entries, "form": "csv"}
    with console.database.transaction() as conn:
        event = AuditEvent(
            actor=visitor.user.name,
            action=AuditAction.EXPORTED,
            at=at,
            reason=plain_reason(reason),
            detail=detail,
        )
        append(conn, event)
    name = f"{watchlist_id}-{at.astimezone(console.settings.zone):%Y%m%d-%H%M%S}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_lines(console, watchlist_id), media_type="text/csv; charset=utf-8", headers=headers)


def _lines(console: Console, watchlist_id: str) -> Iterator[bytes]:
    """Each piece in a transaction of its own, so that a slow reader holds none open."""
    yield csv_bytes([_HEADER])
    after = 0
    while True:
        with console.database.transaction() as conn:
            entries = list_entries(conn, watchlist_id, after, _CHUNK)
        if not entries:
            return
        yield csv_bytes((_row(console, entry) for entry in entries), is_start=False)
        after = entries[-1].id


def _row(console: Console, entry: Entry) -> tuple[str, ...]:
    zone = console.settings.zone
    since = field_start(entry.valid_from, zone) if entry.valid_from else ""
    until = field_end(entry.valid_to, zone) if entry.valid_to else ""
    return entry.plate, as_text(entry.reason), since, until, as_text(entry.instructions or "")


def _page(
    console: Console, context: PageContext, watchlist_id: str, faults: dict[str, FieldFault], reason: str
) -> Response:
    head = own_list(console, watchlist_id)
    return console.templates.response(
        "watchlists/export.html", context, status=400 if faults else 200, head=head, faults=faults, reason=reason
    )
