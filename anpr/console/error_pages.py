# SPDX-License-Identifier: AGPL-3.0-or-later
"""Error handlers: each kind of failure is answered by a page that helps, never by a traceback."""

import logging
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response

from anpr.console.access import AccountUnfinishedError, FormTokenError, NotSignedInError, Visitor, record, visitor_of
from anpr.console.cookies import SESSION_COOKIE, read_cookie
from anpr.console.page_context import context_for
from anpr.console.state import Console, console_itself, console_of
from anpr.domain.errors import AccessError, StoreError, StoreFault
from anpr.store.audit import AuditAction

log = logging.getLogger(__name__)

_TITLES = {
    400: "invalid", 403: "refused", 404: "not_found", 409: "image_other", 410: "image_gone", 422: "invalid",
    503: "database",
}  # fmt: skip


def add_error_pages(app: FastAPI) -> None:
    """Answer every kind of failure."""
    app.add_exception_handler(NotSignedInError, _not_signed_in)
    app.add_exception_handler(AccountUnfinishedError, _account_first)
    app.add_exception_handler(FormTokenError, _stale)
    app.add_exception_handler(AccessError, _refused)
    app.add_exception_handler(StoreError, _database)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _broken)


def _not_signed_in(request: Request, exc: Exception) -> Response:
    login = _login_address(exc) if isinstance(exc, NotSignedInError) else "/login"
    if "hx-request" in request.headers:
        return Response(status_code=401, headers={"HX-Redirect": login})
    if "text/event-stream" in request.headers.get("accept", ""):
        return Response(status_code=401)
    return RedirectResponse(login, status_code=303)


def _login_address(exc: NotSignedInError) -> str:
    """Of the login page, which says that the session has ended where that is so, and leads back afterwards."""
    parts = ["again=1"] * exc.again + [f"back={quote(exc.back_to, safe='/')}"] * (exc.back_to not in ("", "/"))
    return f"/login?{'&'.join(parts)}" if parts else "/login"


def _account_first(request: Request, exc: Exception) -> Response:
    address = exc.address if isinstance(exc, AccountUnfinishedError) else "/account"
    if "hx-request" in request.headers:
        return Response(status_code=403, headers={"HX-Redirect": address})
    if "text/event-stream" in request.headers.get("accept", ""):
        return Response(status_code=403)
    return RedirectResponse(address, status_code=303)


def _stale(request: Request, exc: Exception) -> Response:
    log.info("console: %s on %s", exc, request.url.path)
    if "hx-request" in request.headers:
        return Response(status_code=403, headers={"HX-Refresh": "true"})
    return _page(request, 403, "stale")


def _refused(request: Request, exc: Exception) -> Response:
    log.info("console: %s: %s", request.url.path, exc)
    return _page(request, 403, "refused")


def _database(request: Request, exc: Exception) -> Response:
    if isinstance(exc, StoreError) and exc.fault is StoreFault.DATA:  # it is there, and will not take what was sent
        log.warning("console: %s: %s", request.url.path, exc)
        return _page(request, 400, "invalid")
    log.error("console: %s: %s", request.url.path, exc)
    return _page(request, 503, "database")


def _invalid(request: Request, exc: Exception) -> Response:
    _note_refused_search(request)
    places = {error["loc"][0] for error in exc.errors()} if isinstance(exc, RequestValidationError) else set()
    # A wrong identity in the address is an address that does not exist.
    return _page(request, 404, "not_found") if "path" in places else _page(request, 400, "invalid")


def _note_refused_search(request: Request) -> None:
    """A search that did not even come as a form is a refused one too."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    if visitor and request.method == "POST" and request.url.path == "/search":
        record(console_of(request), visitor.user.name, AuditAction.SEARCH_REFUSED, {"refused": ["form"]})


def _http(request: Request, exc: Exception) -> Response:
    status = exc.status_code if isinstance(exc, HTTPException) else 500
    answer = _page(request, status, _TITLES.get(status, "invalid" if status < 500 else "broken"))
    answer.headers.update((exc.headers if isinstance(exc, HTTPException) else None) or {})
    return answer


def _broken(request: Request, exc: Exception) -> Response:
    # The server logs the traceback; only the kind of error is named here, for its text may hold a plate.
    log.error("console: %s failed: %s", request.url.path, type(exc).__name__)
    return _page(request, 500, "broken")


def _page(request: Request, status: int, kind: str) -> Response:
    itself = console_itself(request)
    visitor = _visitor(itself, request, kind)
    console = itself if visitor is None else itself.acting_for(visitor.user)  # no page may have asked yet who it is
    context = context_for(console, request, visitor)
    return console.templates.response("error.html", context, status=status, kind=kind, number=status)


def _visitor(console: Console, request: Request, kind: str) -> Visitor | None:
    """Who is signed in, also where the request failed before its page asked; None while the database cannot say."""
    known: Visitor | None = getattr(request.state, "visitor", None)
    if known or kind == "database":  # it did not answer just now: another try would only make the visitor wait
        return known
    try:
        return visitor_of(console, read_cookie(request, SESSION_COOKIE))
    except StoreError as exc:
        log.error("console: %s: the menu is left out: %s", request.url.path, exc)
        return None
