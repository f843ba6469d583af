# SPDX-License-Identifier: AGPL-3.0-or-later
"""Login and logout, and the choice of language. Open to everybody."""

import secrets
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from anpr.console.access import SESSION_COOKIE, VISIT_COOKIE, VisitorDep, local_path, record, visitor_of
from anpr.console.auth.authenticate import LoginRefusedError
from anpr.console.page import Page, menu_of
from anpr.console.page_context import LANGUAGE_COOKIE, ContextDep
from anpr.console.pages.login import session
from anpr.console.pages.login.cookies import set_cookie, set_session
from anpr.console.pages.login.credentials import LoginDelayedError, check_login
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
        return RedirectResponse(local_path(back), status_code=303)
    return _form(console, request, context, {"back": local_path(back), "message": "login.again" if again else None})


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
    values: dict[str, object] = {"back": local_path(back), "name": user.strip().lower()[:64]}
    try:
        found = check_login(console, request, user, password)
    except LoginDelayedError as delayed:
        values |= {"message": "login.wait", "seconds": delayed.seconds}
        answer = _form(console, request, context, values, 429)
        answer.headers["Retry-After"] = str(delayed.seconds)
        return answer
    except LoginRefusedError:
        return _form(console, request, context, {**values, "message": "login.wrong"}, 401)
    return _start_session(console, found, local_path(back))


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
    answer = RedirectResponse(local_path(back), status_code=303)
    set_cookie(console, answer, LANGUAGE_COOKIE, language, _YEAR_S)
    return answer


def _start_session(console: Console, user: User, back: str) -> Response:
    answer = RedirectResponse(back, status_code=303)
    set_session(console, answer, console.sessions.start(user.name, user.password_hash))
    answer.delete_cookie(VISIT_COOKIE)
    return answer


def _form(
    console: Console, request: Request, context: PageContext, values: dict[str, object], status: int = 200
) -> Response:
    visit = request.cookies.get(VISIT_COOKIE) or secrets.token_urlsafe(16)
    context = replace(context, form_token=console.sessions.form_token(visit), path="/login", address="/login")
    values = {"name": "", "seconds": 0, "message": None, **values}
    answer = console.templates.response("login/login.html", context, status=status, **values)
    set_cookie(console, answer, VISIT_COOKIE, visit, None)
    return answer


router.include_router(session.router)

PAGE = Page(name="login", router=router, permissions=())
