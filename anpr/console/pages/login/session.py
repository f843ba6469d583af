# SPDX-License-Identifier: AGPL-3.0-or-later
"""Session of an open page: when it ends, extending it, and proving the password again without leaving the page."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import JSONResponse, Response

from anpr.console.access import VisitorDep
from anpr.console.auth.authenticate import LoginRefusedError
from anpr.console.auth.sessions import Session
from anpr.console.page_context import session_state
from anpr.console.pages.login.cookies import set_session
from anpr.console.pages.login.credentials import LoginDelayedError, check_login
from anpr.console.state import Console, ConsoleDep

router = APIRouter(prefix="/session")


@router.get("")
def show(console: ConsoleDep, visitor: VisitorDep) -> Response:
    """When it ends, and a token for the forms of a page that was opened under an earlier session."""
    return _answer(console, visitor.session)


@router.post("/extend")
def extend(console: ConsoleDep, visitor: VisitorDep) -> Response:
    """Somebody uses the page or watches it: the session lasts longer, within its absolute limit."""
    session = console.sessions.extend(visitor.session)
    answer = _answer(console, session)
    set_session(console, answer, session)
    return answer


@router.post("/confirm")
def confirm(
    request: Request,
    console: ConsoleDep,
    visitor: VisitorDep,
    password: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """The visitor proves the password again: a new session with the same forms. 401 wrong, 429 after several failures.

    The same user only: whoever takes over the place logs out and in.
    """
    try:
        user = check_login(console, request, visitor.user.name, password)
    except LoginDelayedError as delayed:
        wait = {"Retry-After": str(delayed.seconds)}
        return JSONResponse({"wait_s": delayed.seconds}, status_code=429, headers=wait)
    except LoginRefusedError:
        return JSONResponse({}, status_code=403)
    session = console.sessions.start(user.name, user.password_hash, key=visitor.session.key)
    answer = _answer(console, session)
    set_session(console, answer, session)
    return answer


def _answer(console: Console, session: Session) -> Response:
    token = console.sessions.form_token(session.key)
    return JSONResponse({**session_state(console, session), "form_token": token})
