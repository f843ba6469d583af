# SPDX-License-Identifier: AGPL-3.0-or-later
"""Start of a session: its row in the database and its cookie in the browser."""

from fastapi import Request
from starlette.responses import Response

from anpr.console.auth.sessions import Session
from anpr.console.cookies import SESSION_COOKIE, set_cookie
from anpr.console.session_limits import fixed_lifetime
from anpr.console.state import Console
from anpr.store.users.accounts import User
from anpr.store.users.sessions import start_session


def begin_session(console: Console, user: User, *, key: str | None = None) -> Session:
    """A session of a user who has just proved the password; `key`: of the one that it continues. Raises StoreError."""
    lifetime = fixed_lifetime(console.settings, user.role)
    session = console.sessions.start(user.name, user.password_hash, key=key, lifetime=lifetime)
    with console.database.transaction() as conn:
        start_session(conn, session.key, user.name, console.clock.now())
    return session


def set_session(console: Console, request: Request, answer: Response, session: Session) -> None:
    """The cookie of this session, in place of an earlier one."""
    set_cookie(request, answer, SESSION_COOKIE, console.sessions.to_cookie(session), console.sessions.cookie_s)
