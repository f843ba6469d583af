# SPDX-License-Identifier: AGPL-3.0-or-later
"""One's own account: a new password, and an end of all sessions. Who has somebody else's password must begin here."""

from datetime import timedelta
from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, lacks_second_factor
from anpr.console.cookies import SESSION_COOKIE, delete_cookie
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.pages.account import second_factor
from anpr.console.pages.account.new_password import change_password, password_fault
from anpr.console.pages.account.own_password import after_own_password
from anpr.console.rendering.templates import PageContext
from anpr.console.session_limits import idle_limit
from anpr.console.session_start import begin_session, set_session
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.users.passwords import MAX_LENGTH, MIN_LENGTH
from anpr.store.users.sessions import end_sessions_of, open_sessions_of

router = APIRouter(prefix="/account")

Password = Annotated[str, Form(max_length=1000)]


@router.get("")
def show(console: ConsoleDep, visitor: VisitorDep, context: ContextDep, changed: bool = False) -> Response:
    """Who one is here, and where one is logged in."""
    return _page(console, visitor, context, message="account.changed" if changed else None)


@router.post("/password")
async def change(  # noqa: PLR0913, PLR0917  one parameter for each field of the form
    request: Request,
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    current: Password = "",
    wanted: Password = "",
    again: Password = "",
) -> Response:
    """Set one's own password, proved by the present one. All sessions end, and this browser begins a new one."""
    page = partial(_page, console, visitor, context)
    fault = password_fault(visitor.user.name, current, wanted, again)
    if fault is not None:
        return await to_thread.run_sync(partial(page, status=400, fault=fault))

    async def act() -> Response:
        user = await console.password_checks.run(partial(change_password, console, visitor.user, wanted))
        session = await to_thread.run_sync(begin_session, console, user)
        answer = RedirectResponse("/account?changed=1", status_code=303)
        set_session(console, request, answer, session)
        return answer

    return await after_own_password(request, console, visitor.user.name, current, act, page)


@router.post("/sessions")
def end_sessions(request: Request, console: ConsoleDep, visitor: VisitorDep) -> Response:
    """End all sessions of the visitor, also this one."""
    user = visitor.user.name
    with console.database.transaction() as conn:
        ended = end_sessions_of(conn, user)
        append(
            conn,
            AuditEvent(actor=user, action=AuditAction.LOGOUT, at=console.clock.now(), detail={"sessions": ended}),
        )
    # The provider may still have a session in this browser: whoever comes next should know.
    answer = RedirectResponse("/login?still=1" if visitor.user.provider else "/login", status_code=303)
    delete_cookie(request, answer, SESSION_COOKIE)
    return answer


def _page(  # noqa: PLR0913  what it shows
    console: Console,
    visitor: Visitor,
    context: PageContext,
    *,
    status: int = 200,
    message: str | None = None,
    fault: str | None = None,
    count: int = 0,
) -> Response:
    now, longest = console.clock.now(), timedelta(hours=console.settings.console.session_max_hours)
    with console.database.transaction() as conn:
        sessions = open_sessions_of(
            conn,
            visitor.user.name,
            visitor.session.key,
            seen_after=now - idle_limit(console.settings, visitor.user.role),
            started_after=now - longest,
        )
    return console.templates.response(
        "account/account.html",
        context,
        status=status,
        sessions=sessions,
        message=message,
        fault=fault,
        count=count,
        least=MIN_LENGTH,
        most=MAX_LENGTH,
        must_change=visitor.user.must_change,
        has_second_factor=visitor.user.has_second_factor,
        lacks_second_factor=lacks_second_factor(console, visitor.user),
    )


router.include_router(second_factor.router)

PAGE = Page(name="account", router=router, permissions=(Permission.KEEP_OWN_ACCOUNT,), is_in_menu=False)
