# SPDX-License-Identifier: AGPL-3.0-or-later
"""One's own second factor: enrolled with a first code, with recovery codes that are shown once, and removed."""

import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Form, Request
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep
from anpr.console.auth.second_factor import SealedSecretError, qr_svg
from anpr.console.credentials import address_of_client
from anpr.console.page_context import ContextDep
from anpr.console.pages.account.enrolment import (
    begin_enrolment,
    confirm_enrolment,
    remove_own_factor,
    renew_recovery_codes,
)
from anpr.console.pages.account.own_password import after_own_code, after_own_password
from anpr.console.rendering.templates import PageContext
from anpr.console.session_start import begin_session, set_session
from anpr.console.state import Console, ConsoleDep
from anpr.store.users.second_factors import get_factor

log = logging.getLogger(__name__)
router = APIRouter(prefix="/second-factor")

Password = Annotated[str, Form(max_length=1000)]
Code = Annotated[str, Form(max_length=100)]


@router.get("")
def show(console: ConsoleDep, visitor: VisitorDep, context: ContextDep) -> Response:
    """Whether there is one; a begun one with its secret, as a QR code and as text."""
    return _page(console, visitor, context)


@router.post("/begin")
async def begin(
    request: Request, console: ConsoleDep, visitor: VisitorDep, context: ContextDep, password: Password = ""
) -> Response:
    """A new secret, after the password; it counts when its first code was typed."""
    return await _after_password(
        request, console, visitor, context, password, lambda: _begin(console, visitor.user.name)
    )


@router.post("/confirm")
def confirm(
    request: Request,
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    code: Code = "",
) -> Response:
    """The first code: from now on a login asks for one. Other sessions end; the recovery codes are shown this once."""
    try:
        new = confirm_enrolment(console, visitor.user.name, code)
    except SealedSecretError as exc:
        log.error("console: %s", exc)
        return _page(console, visitor, context)
    if new is None:
        return _page(console, visitor, context, fault="account.code_wrong", status=400)
    session = begin_session(console, visitor.user)
    # The forms of this page belong to the session that begins with it.
    fresh = replace(context, form_token=console.sessions.form_token(session.key))
    answer = _codes_page(console, fresh, new)
    set_session(console, request, answer, session)
    return answer


@router.post("/codes")
async def renew_codes(
    request: Request,
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    password: Password = "",
    code: Code = "",
) -> Response:
    """New recovery codes in place of all earlier ones, after password and code."""
    act = partial(_renew, console, visitor, context)
    return await _after_password(request, console, visitor, context, password, act, code)


@router.post("/remove")
async def remove(
    request: Request,
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    password: Password = "",
    code: Code = "",
) -> Response:
    """No second factor any more, after password and code; whose role must have one enrols another."""
    act = partial(_remove, console, visitor.user.name)
    return await _after_password(request, console, visitor, context, password, act, code)


async def _after_password(  # noqa: PLR0913, PLR0917  who proves what, and what for
    request: Request,
    console: Console,
    visitor: Visitor,
    context: PageContext,
    password: str,
    act: Callable[[], Response],
    code: str = "",
) -> Response:
    page = partial(_page, console, visitor, context)
    proved = partial(after_own_code, console, visitor.user, code, address_of_client(request), act, page)
    return await after_own_password(
        request, console, visitor.user.name, password, partial(to_thread.run_sync, proved), page
    )


def _begin(console: Console, user: str) -> Response:
    begin_enrolment(console, user)
    return RedirectResponse("/account/second-factor", status_code=303)


def _renew(console: Console, visitor: Visitor, context: PageContext) -> Response:
    new = renew_recovery_codes(console, visitor.user.name)
    if new is None:
        return RedirectResponse("/account/second-factor", status_code=303)
    return _codes_page(console, context, new)


def _remove(console: Console, user: str) -> Response:
    remove_own_factor(console, user)
    return RedirectResponse("/account/second-factor", status_code=303)


def _codes_page(console: Console, context: PageContext, new: list[str]) -> Response:
    return console.templates.response("account/recovery_codes.html", context, codes=new)


def _page(
    console: Console,
    visitor: Visitor,
    context: PageContext,
    *,
    fault: str | None = None,
    count: int = 0,
    status: int = 200,
) -> Response:
    user = visitor.user.name
    with console.database.transaction() as conn:
        factor = get_factor(conn, user)
    secret = ""
    if factor and factor.confirmed_at is None:
        try:
            secret = console.second_factor.unseal(user, factor.sealed_secret)
        except SealedSecretError as exc:  # it was never in use: another one takes its place
            log.error("console: %s", exc)
            factor, fault = None, "account.factor_unreadable"
    return console.templates.response(
        "account/second_factor.html",
        context,
        status=status,
        factor=factor,
        secret=secret,
        qr=Markup(qr_svg(console.second_factor.address(user, secret))) if secret else "",
        is_required=visitor.user.role in console.settings.console.second_factor,
        fault=fault,
        count=count,
    )
