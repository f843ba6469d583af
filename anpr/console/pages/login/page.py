# SPDX-License-Identifier: AGPL-3.0-or-later
"""Login and logout, and the choice of language. Open to everybody."""

from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, local_path, visitor_of
from anpr.console.auth.authenticate import LoginRefusedError
from anpr.console.auth.password_checks import PasswordsBusyError
from anpr.console.cookies import (
    LANGUAGE_COOKIE,
    SESSION_COOKIE,
    VISIT_COOKIE,
    delete_cookie,
    read_cookie,
    set_cookie,
)
from anpr.console.credentials import LoginDelayedError, Records, check_login
from anpr.console.fields import Line
from anpr.console.page import Page, menu_of
from anpr.console.page_context import ContextDep
from anpr.console.pages.login import code, provider, session
from anpr.console.pages.login.form import login_form
from anpr.console.rendering.translations import Language
from anpr.console.session_start import begin_session, set_session
from anpr.console.state import Console, ConsoleDep
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.patrol.devices import remove_of_session
from anpr.store.patrol.people import forget_position
from anpr.store.users.sessions import end_session

router = APIRouter()

_YEAR_S = 365 * 24 * 3600


@router.get("/")
def home(console: ConsoleDep, visitor: VisitorDep) -> Response:
    """Leads to the first page in the menu of the visitor's role."""
    return RedirectResponse(menu_of(console.pages, visitor.user.role)[0].path, status_code=303)


@router.get("/login")
def show(
    request: Request,
    console: ConsoleDep,
    context: ContextDep,
    back: Line = "/",
    again: bool = False,
    still: bool = False,
) -> Response:
    """The form; a visitor who is logged in already is led on to `back`. `again`: their session has ended; `still`:
    that of the provider has not."""
    if visitor_of(console, read_cookie(request, SESSION_COOKIE)):
        return RedirectResponse(local_path(back), status_code=303)
    message = "login.again" if again else "login.still_in" if still and console.provider else None
    return login_form(console, request, context, {"back": local_path(back), "message": message})


@router.post("/login")
async def enter(
    request: Request,
    console: ConsoleDep,
    context: ContextDep,
    user: Annotated[Line, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    back: Annotated[Line, Form(max_length=500)] = "/",
) -> Response:
    """Check name and password. After several failures the throttle answers 429, while too many passwords are being
    checked the answer is 503; both with Retry-After in s."""
    back = local_path(back)
    values: dict[str, object] = {"back": back, "name": user.strip().lower()[:64]}
    try:
        found = await check_login(console, request, user, password, records=Records.LOGIN_WITHOUT_CODE)
        if found.has_second_factor:
            return code.ask_for_code(console, request, found, back)
    except LoginDelayedError as delayed:
        values["message"], values["count"] = delayed.message
        return login_form(console, request, context, values, 429, {"Retry-After": str(delayed.seconds)})
    except PasswordsBusyError:
        values["message"] = "login.busy"
        return login_form(console, request, context, values, 503, {"Retry-After": "5"})
    except LoginRefusedError:
        return login_form(console, request, context, {**values, "message": "login.wrong"}, 401)
    session = await to_thread.run_sync(begin_session, console, found)
    answer = RedirectResponse(back, status_code=303)
    set_session(console, request, answer, session)
    delete_cookie(request, answer, VISIT_COOKIE)
    return answer


@router.post("/logout")
async def leave(request: Request, console: ConsoleDep, visitor: VisitorDep) -> Response:
    """End the session, for every console and in the browser, and then at the provider that has let the visitor in."""
    await to_thread.run_sync(_end, console, visitor)
    answer = await provider.leave(request, console, visitor)
    delete_cookie(request, answer, SESSION_COOKIE)
    return answer


def _end(console: Console, visitor: Visitor) -> None:
    now = console.clock.now()
    with console.database.transaction() as conn:
        end_session(conn, visitor.session.key, now)
        remove_of_session(conn, visitor.session.key)
        forget_position(conn, visitor.user.name)
        append(conn, AuditEvent(actor=visitor.user.name, action=AuditAction.LOGOUT, at=now))


@router.post("/language")
def choose_language(
    request: Request,
    language: Annotated[Language, Form()],
    back: Annotated[Line, Form(max_length=500)] = "/",
) -> Response:
    """Remember the language in this browser."""
    answer = RedirectResponse(local_path(back), status_code=303)
    set_cookie(request, answer, LANGUAGE_COOKIE, language, _YEAR_S)
    return answer


router.include_router(code.router)
router.include_router(provider.router)
router.include_router(session.router)

PAGE = Page(name="login", router=router, permissions=())
