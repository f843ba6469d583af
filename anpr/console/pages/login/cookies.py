# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cookies of the console: out of reach of scripts and of other sites' forms."""

from starlette.responses import Response

from anpr.console.access import SESSION_COOKIE
from anpr.console.auth.sessions import Session
from anpr.console.state import Console


def set_session(console: Console, answer: Response, session: Session) -> None:
    """The cookie of this session, in place of an earlier one."""
    set_cookie(console, answer, SESSION_COOKIE, console.sessions.to_cookie(session), console.sessions.cookie_s)


def set_cookie(console: Console, answer: Response, name: str, value: str, max_age: int | None) -> None:
    """A cookie that the browser keeps `max_age` seconds; None: until it is closed."""
    secure = console.settings.console.secure_cookies
    answer.set_cookie(name, value, max_age=max_age, httponly=True, samesite="lax", secure=secure, path="/")
