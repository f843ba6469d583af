# SPDX-License-Identifier: AGPL-3.0-or-later
"""The login page, for whoever has no session: a form of its own key, and the way to the provider where there is one."""

import secrets
from collections.abc import Mapping
from dataclasses import replace

from fastapi import Request
from starlette.responses import Response

from anpr.console.cookies import VISIT_COOKIE, read_cookie, set_cookie
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console


def login_form(
    console: Console,
    request: Request,
    context: PageContext,
    values: Mapping[str, object],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The page; `values`: name, back, and a message with its count and groups."""
    visit = read_cookie(request, VISIT_COOKIE) or secrets.token_urlsafe(16)
    context = replace(context, form_token=console.sessions.form_token(visit), path="/login", address="/login")
    oidc = console.settings.console.oidc
    filled = {"name": "", "count": 0, "message": None, "groups": "", "provider": oidc.name if oidc else "", **values}
    answer = console.templates.response("login/login.html", context, status=status, **filled)
    answer.headers.update(headers or {})
    set_cookie(request, answer, VISIT_COOKIE, visit, None)
    return answer
