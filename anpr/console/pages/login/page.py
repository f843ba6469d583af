# SPDX-License-Identifier: AGPL-3.0-or-later
"""Login and logout, and the choice of language. Open to everybody."""

import secrets
from dataclasses import replace
from math import ceil
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from anpr.console.access import SESSION_COOKIE, VISIT_COOKIE, VisitorDep, record, visitor_of
from anpr.console.auth.authenticate import LoginRefusedError, authenticate
from anpr.console.page import Page, menu_of
from anpr.console.page_context import LANGUAGE_COOKIE, ContextDep
from anpr.console.rendering.templates import PageContext
from anpr.console.rendering.translations import Language
from anpr.console.state import Console, ConsoleDep
from anpr.store.audit import AuditAction
from anpr.store.users.accounts import User

router = APIRouter()

_YEAR_S = 365 * 24 * 3600


@router.get("/")
def home(console: ConsoleDep, visitor: VisitorDep) -> Response:
    """Leads to the first page in the menu of the visitor's role."""
    return RedirectResponse(menu_of(console.pages, visitor.user.role)[0].path, status_code=303)


@router.get("/login")
def show(request: Request, console: ConsoleDep, context: ContextDep, back: str = "/", again: bool = False) -> Response:
    """The form; a visitor who is logged in already is led on to `back`."""
    if visitor_of(console, request.cookies.get(SESSION_COOKIE)):
        return RedirectResponse(_local(back), status_code=303)
    return _form(console, request, context, {"back": _local(back), "message": "login.again" if again else None})


@router.post("/login")
def enter(
    request: Request,
    console: ConsoleDep,
    context: ContextDep,
    user: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    back: Annotated[str, Form(max_length=500)] = "/",
) -> Response:
    """Check name and password. After several failures the throttle answers 429, with Retry-After in s."""
    name = user.strip().lower()[:64]
    address = request.client.host if request.client else "unknown"
    wait_s = console.throttle.admit(name, address)
    values = {"back": _local(back), "name": name}
    if wait_s > 0:
        answer = _form(console, request, context, {**values, "message": "login.wait", "seconds": ceil(wait_s)}, 429)
        answer.headers["Retry-After"] = str(ceil(wait_s))
        return answer
    try:
        found = authenticate(console.database, name, password)
    except LoginRefusedError as refused:
        record(console, refused.actor, AuditAction.LOGIN_REFUSED, {"address": address})
        return _form(console, request, context, {**values, "message": "login.wrong"}, 401)
    console.throttle.succeeded(name, address)
    record(console, name, AuditAction.LOGIN, {"address": address})
    return _start_session(console, found, _local(back))


@router.post("/logout")
def leave(console: ConsoleDep, visitor: VisitorDep) -> Response:
    """End the session, here and in the browser."""
    console.sessions.end(visitor.session)
    record(console, visitor.user.name, AuditAction.LOGOUT)
    answer = RedirectResponse("/login", status_code=303)
    answer.delete_cookie(SESSION_COOKIE)
    return answer


@router.post("/language")
def choose_language(
    console: ConsoleDep,
    language: Annotated[Language, Form()],
    back: Annotated[str, Form(max_length=500)] = "/",
) -> Response:
    """Remember the language in this browser."""
    answer = RedirectResponse(_local(back), status_code=303)
    _set_cookie(console, answer, LANGUAGE_COOKIE, language, _YEAR_S)
    return answer


def _start_session(console: Console, user: User, back: str) -> Response:
    session = console.sessions.start(user.name, user.password_hash)
    answer = RedirectResponse(back, status_code=303)
    _set_cookie(console, answer, SESSION_COOKIE, console.sessions.to_cookie(session), console.sessions.lifetime_s)
    answer.delete_cookie(VISIT_COOKIE)
    return answer


def _form(
    console: Console, request: Request, context: PageContext, values: dict[str, object], status: int = 200
) -> Response:
    visit = request.cookies.get(VISIT_COOKIE) or secrets.token_urlsafe(16)
    context = replace(context, form_token=console.sessions.form_token(visit), path="/login", address="/login")
    values = {"name": "", "seconds": 0, "message": None, **values}
    answer = console.templates.response("login/login.html", context, status=status, **values)
    _set_cookie(console, answer, VISIT_COOKIE, visit, None)
    return answer


def _set_cookie(console: Console, answer: Response, name: str, value: str, max_age: int | None) -> None:
    secure = console.settings.console.secure_cookies
    answer.set_cookie(name, value, max_age=max_age, httponly=True, samesite="lax", secure=secure, path="/")


def _local(path: str) -> str:
    """The path when it is one of ours, else `/`: against open redirects."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\", "/login")) and path.isprintable()
    return path if is_ours else "/"


PAGE = Page(name="login", router=router, permissions=())
