# SPDX-License-Identifier: AGPL-3.0-or-later
"""The second factor's code, asked for on a page of its own after the password."""

import logging
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from anpr.console.access import local_path
from anpr.console.auth.authenticate import LoginRefusedError
from anpr.console.auth.second_factor import SealedSecretError
from anpr.console.cookies import PENDING_COOKIE, VISIT_COOKIE, delete_cookie, read_cookie, set_cookie
from anpr.console.credentials import LoginDelayedError, address_of_client
from anpr.console.page_context import ContextDep
from anpr.console.rendering.templates import PageContext
from anpr.console.second_factor_check import check_code
from anpr.console.session_start import begin_session, set_session
from anpr.console.state import Console, ConsoleDep
from anpr.store.users.accounts import User, get_user

log = logging.getLogger(__name__)
router = APIRouter(prefix="/login/code")


def ask_for_code(console: Console, request: Request, user: User, back: str) -> Response:
    """The password was right: lead to the page of the code."""
    answer = RedirectResponse("/login/code", status_code=303)
    set_cookie(request, answer, PENDING_COOKIE, console.pending_logins.to_cookie(user, back), None)
    return answer


@router.get("")
def show(request: Request, console: ConsoleDep, context: ContextDep) -> Response:
    """The form; whoever has not given the password is led to it."""
    if console.pending_logins.from_cookie(read_cookie(request, PENDING_COOKIE)) is None:
        return RedirectResponse("/login", status_code=303)
    return _form(console, context)


@router.post("")
async def enter(
    request: Request, console: ConsoleDep, context: ContextDep, code: Annotated[str, Form(max_length=100)] = ""
) -> Response:
    """Check the code and begin the session. 401 wrong, 429 after several failures, with Retry-After in s."""
    return await to_thread.run_sync(_enter, console, request, context, code, address_of_client(request))


def _enter(console: Console, request: Request, context: PageContext, code: str, address: str) -> Response:
    pending = console.pending_logins.from_cookie(read_cookie(request, PENDING_COOKIE))
    user = _user_of(console, pending.user) if pending else None
    if pending is None or user is None or not console.pending_logins.is_of(pending, user):
        return RedirectResponse("/login", status_code=303)
    try:
        check_code(console, user.name, code, address)
    except LoginDelayedError as delayed:
        key, count = delayed.message
        answer = _form(console, context, key, count, 429)
        answer.headers["Retry-After"] = str(delayed.seconds)
        return answer
    except LoginRefusedError:
        return _form(console, context, "login.code_wrong", 0, 401)
    except SealedSecretError as exc:
        log.error("console: %s", exc)
        return _form(console, context, "login.code_unreadable", 0, 503)
    answer = RedirectResponse(local_path(pending.back), status_code=303)
    set_session(console, request, answer, begin_session(console, user))
    delete_cookie(request, answer, PENDING_COOKIE)
    delete_cookie(request, answer, VISIT_COOKIE)
    return answer


def _user_of(console: Console, name: str) -> User | None:
    """The user, unless they were shut out meanwhile."""
    with console.database.transaction() as conn:
        user = get_user(conn, name)
    return None if user is None or user.is_shut_out(console.clock.now()) else user


def _form(
    console: Console, context: PageContext, message: str | None = None, count: int = 0, status: int = 200
) -> Response:
    return console.templates.response("login/code.html", context, status=status, message=message, count=count)
