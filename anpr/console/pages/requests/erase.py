# SPDX-License-Identifier: AGPL-3.0-or-later
"""Erasure for a request: asked for twice, by the database's own function, which spares what a case or an alarm needs.

The rows go first, and the files of their images after the commit: one that is left, because the shelf did not answer,
is an orphan that `anpr images check --remove-orphans` removes.
"""

import logging
from collections.abc import Iterable

from fastapi import APIRouter
from starlette.responses import RedirectResponse, Response

from anpr.console.access import VisitorDep
from anpr.console.page_context import ContextDep
from anpr.console.pages.requests import one
from anpr.console.state import Console, ConsoleDep
from anpr.domain.errors import InputError, StoreError
from anpr.domain.subject_request import RequestKind
from anpr.store.requests.register import erase_for_request
from anpr.store.requests.subject_data import subject_data

router = APIRouter()
log = logging.getLogger(__name__)


@router.get("/{number}/erase")
def ask(console: ConsoleDep, context: ContextDep, number: one.Number) -> Response:
    """Asks before it erases: how many transits go, and how many stay because a case or an open alarm needs them."""
    found = one.open_plate_of(console, number)
    if found is None or found[0].kind is not RequestKind.ERASURE:
        return one.closed(number)
    request, plate = found
    with console.search_database.transaction() as conn:
        data = subject_data(conn, number, plate)
    return console.templates.response(
        "requests/erase.html",
        context,
        request=request,
        data=data,
        gone_by=one.gone_by(console, console.clock.now()),
    )


@router.post("/{number}/erase")
def erase(console: ConsoleDep, visitor: VisitorDep, number: one.Number) -> Response:
    """Erase it, and close the request."""
    found = one.open_plate_of(console, number)
    if found is None:
        return one.closed(number)
    try:
        with console.database.transaction() as conn:
            kept = len(subject_data(conn, number, found[1]).retained)
            handling = one.handling(console, visitor)
            erased = erase_for_request(conn, number, handling, kept, one.gone_by(console, handling.at))
    except InputError:
        return one.closed(number)
    left = _remove_files(console, number, erased.paths)
    return RedirectResponse(f"/requests/{number}?done={'files' if left else 'erased'}", status_code=303)


def _remove_files(console: Console, number: int, paths: Iterable[str]) -> int:
    """How many files the shelf did not let go of."""
    left = 0
    for path in paths:
        try:
            console.images.shelf.remove(path)
        except StoreError as exc:
            left += 1
            log.error("console: request %d: an image file is left for anpr images check: %s", number, exc)
    return left
