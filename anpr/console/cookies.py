# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cookies of the console: out of reach of scripts and of other sites' forms; over HTTPS bound to this very server.

With the prefix __Host- a browser takes a cookie only over HTTPS, from this host itself and for all of it, so that no
neighbouring server can plant one.
"""

from fastapi import Request
from starlette.responses import Response

SESSION_COOKIE = "anpr_session"
VISIT_COOKIE = "anpr_visit"
"""A random name for a browser that has not logged in, to which the login form is tied."""
PENDING_COOKIE = "anpr_pending"
"""A login whose password was right and whose code is still asked for."""
PROVIDER_COOKIE = "anpr_provider"
"""A login that is under way at the OpenID provider."""
LANGUAGE_COOKIE = "anpr_language"


def is_https(request: Request) -> bool:
    """Whether the request came over HTTPS: to us, to a trusted proxy, or as the settings say."""
    return bool(request.scope["scheme"] == "https")


def read_cookie(request: Request, name: str) -> str | None:
    """The value that the browser sent; None when it sent none."""
    return request.cookies.get(_full_name(request, name))


def set_cookie(request: Request, answer: Response, name: str, value: str, max_age: int | None) -> None:
    """A cookie that the browser keeps `max_age` seconds; None: until it is closed."""
    answer.set_cookie(
        _full_name(request, name),
        value,
        max_age=max_age,
        httponly=True,
        samesite="lax",
        secure=is_https(request),
        path="/",
    )


def delete_cookie(request: Request, answer: Response, name: str) -> None:
    """The browser forgets it."""
    answer.delete_cookie(_full_name(request, name), httponly=True, samesite="lax", secure=is_https(request), path="/")


def _full_name(request: Request, name: str) -> str:
    return f"__Host-{name}" if is_https(request) else name
