# SPDX-License-Identifier: AGPL-3.0-or-later
"""The way to the OpenID provider and back, and out again. Open to everybody; refusals are told on the login page."""

import logging
from dataclasses import replace
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, local_path
from anpr.console.cookies import PENDING_COOKIE, PROVIDER_COOKIE, VISIT_COOKIE, delete_cookie, read_cookie, set_cookie
from anpr.console.credentials import LoginDelayedError
from anpr.console.fields import Line, without_controls
from anpr.console.network.own_address import own_address
from anpr.console.oidc.faults import AnswerRefusedError, PersonRefusedError, ProviderError, TokenRefusedError
from anpr.console.oidc.pending import LASTS, ProviderLogin
from anpr.console.oidc.provider import OpenIdProvider
from anpr.console.page_context import ContextDep, context_for
from anpr.console.pages.login.form import login_form
from anpr.console.provider_login import begin_provider_session, record_token_refusal
from anpr.console.rendering.templates import PageContext
from anpr.console.session_start import set_session
from anpr.console.state import Console, ItselfDep
from anpr.domain.errors import SettingsError
from anpr.runtime.metrics import LOGINS_REFUSED

log = logging.getLogger(__name__)
router = APIRouter(prefix="/login/provider")
_CALLBACK = "/login/provider/callback"

Answer = Annotated[Line, Query(max_length=4096)]


@router.get("")
async def begin(request: Request, console: ItselfDep, context: ContextDep, back: Line = "/") -> Response:
    """Leads to the provider, which leads back to `callback`. 503 when it is away."""
    if console.provider is None:
        return RedirectResponse("/login", status_code=303)
    try:
        address, login = await console.provider.begin(own_address(request, _CALLBACK), local_path(back))
    except (ProviderError, SettingsError) as exc:
        return _away(console, request, context, exc, local_path(back))
    answer = RedirectResponse(address, status_code=303)
    cookie = console.provider_logins.to_cookie(login)
    set_cookie(request, answer, PROVIDER_COOKIE, cookie, int(LASTS.total_seconds()))
    return answer


@router.get("/callback")
async def callback(  # noqa: PLR0913, PLR0917  one parameter for each part of the answer
    request: Request,
    console: ItselfDep,
    context: ContextDep,
    state: Answer = "",
    code: Answer = "",
    error: Answer = "",
    iss: Annotated[Line | None, Query(max_length=4096)] = None,
) -> Response:
    """The provider's answer: a session begins, or the login page says why not. 400 when it answers nothing that this
    browser has asked, 403 for a person who may not come in, 503 when the provider is away."""
    if console.provider is None:
        return RedirectResponse("/login", status_code=303)
    login = console.provider_logins.answered(read_cookie(request, PROVIDER_COOKIE), state)
    if login is None:
        LOGINS_REFUSED.labels("callback").inc()
        return _page(console, request, context, "login.provider_again", 400)
    try:
        answer = await _let_in(console, console.provider, request, (code, error, iss), login)
    except (ProviderError, SettingsError) as exc:
        answer = _away(console, request, context, exc, login.back)
    except (AnswerRefusedError, TokenRefusedError) as exc:
        answer = await _not_ours(console, request, context, exc, login.back)
    except PersonRefusedError as refused:
        message, groups = f"login.refused_{refused.reason}", ", ".join(refused.groups)
        answer = _page(console, request, context, message, 403, back=login.back, groups=groups)
    except LoginDelayedError as delayed:
        message, count = delayed.message
        values = {"message": message, "count": count, "back": local_path(login.back)}
        answer = login_form(console, request, context, values, 429, {"Retry-After": str(delayed.seconds)})
    delete_cookie(request, answer, PROVIDER_COOKIE)
    return answer


async def leave(request: Request, console: Console, visitor: Visitor) -> Response:
    """Where a visitor goes whose session here has ended: to the provider's logout, where it has one.

    Not by a redirect: that of a form may lead to our own pages only (form-action in the policy of every page).
    """
    if console.provider is None or visitor.user.provider is None:
        return RedirectResponse("/login", status_code=303)
    try:
        address = await console.provider.logout_address(own_address(request, "/login"))
    except ProviderError as exc:
        log.warning("console: %s is logged out here, not at the provider: %s", visitor.user.name, exc)
        address = None
    if address is None:
        return RedirectResponse("/login?still=1", status_code=303)
    context = replace(context_for(console, request, None), form_token="")  # its session is over: no forms
    name = console.provider.settings.name
    answer = console.templates.response("login/leaving.html", context, address=address, provider=name)
    answer.headers["Refresh"] = f"0; url={address}"
    return answer


async def _let_in(
    console: Console,
    provider: OpenIdProvider,
    request: Request,
    answered: tuple[str, str, str | None],
    login: ProviderLogin,
) -> Response:
    code, error, issuer = answered
    if not code:
        raise AnswerRefusedError(f"the provider says {without_controls(error)[:60]!r}")
    claims = await provider.finish(code, issuer, login)
    session = await to_thread.run_sync(
        begin_provider_session, console, provider.settings, login, claims, _client(request)
    )
    answer = RedirectResponse(local_path(login.back), status_code=303)
    set_session(console, request, answer, session)
    for name in (PENDING_COOKIE, VISIT_COOKIE):
        delete_cookie(request, answer, name)
    return answer


async def _not_ours(
    console: Console, request: Request, context: PageContext, exc: AnswerRefusedError | TokenRefusedError, back: str
) -> Response:
    """Written down where the provider has given a token. A made-up code or an error costs whoever sends it nothing: it
    is counted, and fills no audit."""
    log.warning("console: login through the provider: %s", exc)
    if isinstance(exc, AnswerRefusedError):
        LOGINS_REFUSED.labels("callback").inc()
        return _page(console, request, context, "login.provider_denied", 400, back=back)
    LOGINS_REFUSED.labels("token").inc()
    await to_thread.run_sync(record_token_refusal, console, _client(request))
    return _page(console, request, context, "login.provider_token", 400, back=back)


def _away(
    console: Console, request: Request, context: PageContext, exc: ProviderError | SettingsError, back: str
) -> Response:
    log.error("console: %s", exc)
    LOGINS_REFUSED.labels("provider").inc()
    message = "login.provider_away" if isinstance(exc, ProviderError) else "login.provider_setup"
    return _page(console, request, context, message, 503, back=back)


def _page(  # noqa: PLR0913  what it says
    console: Console,
    request: Request,
    context: PageContext,
    message: str,
    status: int,
    *,
    back: str = "/",
    groups: str = "",
) -> Response:
    values = {"message": message, "back": local_path(back), "groups": groups}
    return login_form(console, request, context, values, status)


def _client(request: Request) -> str:
    return request.client.host if request.client else "unknown"
