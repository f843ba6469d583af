# SPDX-License-Identifier: AGPL-3.0-or-later
"""The ledger of notifications, by pages and filters; what was given up is sent again."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import VisitorDep, author_of
from anpr.console.page_context import ContextDep
from anpr.console.state import ConsoleDep
from anpr.domain.errors import InputError
from anpr.domain.notification import ChannelKind, NotificationState
from anpr.store.notifications.ledger import MAX_ID, PAGE_LIMIT, LedgerFilter, list_notifications, retry, tally
from anpr.store.notifications.recipients import list_recipients

router = APIRouter(prefix="/ledger")
_Id = Annotated[int, Query(ge=1, lt=2**63)]


@router.get("")
def show(  # noqa: PLR0913, PLR0917  one parameter for each field of the form
    console: ConsoleDep,
    context: ContextDep,
    state: Annotated[str, Query(max_length=20)] = "",
    channel: Annotated[str, Query(max_length=20)] = "",
    recipient: Annotated[str, Query(max_length=20)] = "",
    below: _Id = MAX_ID,
    done: Annotated[str, Query(pattern=r"^[a-z-]{0,30}$")] = "",
) -> Response:
    """The newest rows that the filter takes; an unknown value limits nothing."""
    which = LedgerFilter(
        state=NotificationState(state) if state in list(NotificationState) else None,
        channel=ChannelKind(channel) if channel in list(ChannelKind) else None,
        recipient=int(recipient) if recipient.isascii() and recipient.isdigit() and int(recipient) < MAX_ID else None,
    )
    with console.database.transaction() as conn:
        rows = list_notifications(conn, which, below, PAGE_LIMIT + 1)
        people, counts = list_recipients(conn), tally(conn)
    asked = {"state": which.state or "", "channel": which.channel or "", "recipient": which.recipient or ""}
    return console.templates.response(
        "notifications/ledger.html",
        context,
        rows=rows[:PAGE_LIMIT],
        has_older=len(rows) > PAGE_LIMIT,
        is_first=below == MAX_ID,
        asked=urlencode({name: value for name, value in asked.items() if value}),
        which=which,
        recipients=people,
        states=list(NotificationState),
        channels=list(ChannelKind),
        dead=sum(each.count for each in counts if each.state is NotificationState.DEAD),
        done=done,
    )


@router.post("/retry")
def retry_all(console: ConsoleDep, visitor: VisitorDep) -> Response:
    """Everything of the organisation that was given up is sent again."""
    with console.database.transaction() as conn:
        retry(conn, author_of(console, visitor))
    return RedirectResponse("/notifications/ledger?done=retried", status_code=303)


@router.post("/{number}/retry")
def retry_one(console: ConsoleDep, visitor: VisitorDep, number: Annotated[int, Path(ge=1, lt=2**63)]) -> Response:
    """One row that was given up is sent again."""
    try:
        with console.database.transaction() as conn:
            retry(conn, author_of(console, visitor), number=number)
    except InputError as exc:
        raise HTTPException(404) from exc
    return RedirectResponse("/notifications/ledger?done=retried", status_code=303)
