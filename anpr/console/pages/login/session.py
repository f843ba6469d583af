# SPDX-License-Identifier: AGPL-3.0-or-later
"""Session of an open page: when it ends, extending it, and proving the password again without leaving the page."""

import logging
from dataclasses import replace
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Form, Request
from starlette.responses import JSONResponse, Response

from anpr.console.access import Visitor, VisitorDep
from anpr.console.auth.authenticate import LoginRefusedError
from anpr.console.auth.password_checks import PasswordsBusyError
from anpr.console.auth.second_factor import SealedSecretError
from anpr.console.credentials import LoginDelayedError, Records, address_of_client, check_login
from anpr.console.page_context import session_state
from anpr.console.second_factor_check import check_code
from anpr.console.session_limits import fixed_lifetime
from anpr.console.session_start import begin_session, set_session
from anpr.console.state import Console, ConsoleDep

log = logging.getLogger(__name__)
router = APIRouter(prefix="/session")


@router.get("")
def show(console: ConsoleDep, visitor: VisitorDep) -> Response:
    """When it ends, and a token for the forms of a page that was opened under an earlier session."""
    return _answer(console, visitor)


@router.post("/extend")
def extend(request: Request, console: ConsoleDep, visitor: VisitorDep) -> Response:
    """Somebody uses the page or watches it: it lasts longer, within its absolute limit; a patrol's does not."""
    if fixed_lifetime(console.settings, visitor.user.role) is not None:
        return _answer(console, visitor)
    session = console.sessions.extend(visitor.session)
    answer = _answer(console, replace(visitor, session=session))
    set_session(console, request, answer, session)
    return answer


@router.post("/confirm")
async def confirm(
    request: Request,
    console: ConsoleDep,
    visitor: VisitorDep,
    password: Annotated[str, Form(max_length=1000)] = "",
    code: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """The visitor proves who they are again, by password and second factor as in a login: a new session with the same
    forms. 403 with what is `wrong`, 429 after several failures, 503 while too many passwords are being checked.

    The same user only: whoever takes over the place logs out and in.
    """
    wrong = "password"
    try:
        user = await check_login(console, request, visitor.user.name, password, records=Records.LOGIN_WITHOUT_CODE)
        if user.has_second_factor:
            wrong = "code"
            await to_thread.run_sync(check_code, console, user.name, code, address_of_client(request))
    except LoginDelayedError as delayed:
        wait = {"Retry-After": str(delayed.seconds)}
        return JSONResponse({"wait_s": delayed.seconds}, status_code=429, headers=wait)
    except PasswordsBusyError:
        return JSONResponse({}, status_code=503, headers={"Retry-After": "5"})
    except LoginRefusedError:
        return JSONResponse({"wrong": wrong}, status_code=403)
    except SealedSecretError as exc:
        log.error("console: %s", exc)
        return JSONResponse({"wrong": "unreadable"}, status_code=403)
    session = await to_thread.run_sync(lambda: begin_session(console, user, key=visitor.session.key))
    answer = _answer(console, Visitor(user=user, session=session, seen_at=console.clock.now()))
    set_session(console, request, answer, session)
    return answer


def _answer(console: Console, visitor: Visitor) -> Response:
    token = console.sessions.form_token(visitor.session.key)
    return JSONResponse({**session_state(console, visitor), "form_token": token})
