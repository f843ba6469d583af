# SPDX-License-Identifier: AGPL-3.0-or-later
"""Access control: who sends a request, and whether their role allows it. Refusals leave a row in the audit."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from anpr.console.auth.sessions import Session, fingerprint
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission, may
from anpr.domain.errors import AccessError
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.users.accounts import User, get_user

SESSION_COOKIE = "anpr_session"
VISIT_COOKIE = "anpr_visit"
"""A random name for a browser that has not logged in, to which the login form is tied."""

FORM_FIELD = "form_token"


class NotSignedInError(AccessError):
    """The request has no valid session; `back_to` is the address to open after the login. `again`: it had one."""

    def __init__(self, back_to: str, *, again: bool) -> None:
        super().__init__("login required")
        self.back_to = back_to
        self.again = again


class FormTokenError(AccessError):
    """A form came without the token of this session: from another site, or from a page older than the login."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Visitor:
    """A user who is logged in, and their session."""

    user: User
    session: Session

    def may(self, permission: Permission) -> bool:
        """Whether the user's role allows it."""
        return may(self.user.role, permission)


def visitor_of(console: Console, cookie: str | None) -> Visitor | None:
    """The user whose session cookie this is; None when it is not valid (any more), the user is disabled, or their
    password was changed."""
    session = console.sessions.from_cookie(cookie)
    if session is None:
        return None
    with console.database.transaction() as conn:
        user = get_user(conn, session.user)
    if user is None or user.disabled or fingerprint(user.password_hash) != session.password:
        return None
    return Visitor(user=user, session=session)


def signed_in(request: Request, console: ConsoleDep) -> Visitor:
    """The visitor. Raises NotSignedInError."""
    cookie = request.cookies.get(SESSION_COOKIE)
    visitor = visitor_of(console, cookie)
    if visitor is None:
        again = _is_of_script(request) or console.sessions.has_ended(cookie)
        raise NotSignedInError(_back_to(request), again=again)
    request.state.visitor = visitor
    return visitor


VisitorDep = Annotated[Visitor, Depends(signed_in)]


def allowed(*any_of: Permission) -> Callable[[Request, Console, Visitor], Visitor]:
    """Make a dependency: the visitor, when their role has one of these permissions.

    It raises NotSignedInError, and AccessError after it has recorded the refusal.
    """

    def check(request: Request, console: ConsoleDep, visitor: VisitorDep) -> Visitor:
        if not any(visitor.may(permission) for permission in any_of):
            detail = {"path": request.url.path[:200], "permission": any_of[0].value}
            record(console, visitor.user.name, AuditAction.ACCESS_REFUSED, detail)
            raise AccessError(f"the role {visitor.user.role} may not {any_of[0].value.replace('-', ' ')}")
        return visitor

    return check


async def check_form(request: Request, console: ConsoleDep) -> None:
    """Protection against cross-site request forgery: every POST carries the token of its session (or visit).

    Raises FormTokenError.
    """
    if request.method in ("GET", "HEAD"):
        return
    form = await request.form(max_files=0, max_fields=1000)
    token = form.get(FORM_FIELD)
    if not isinstance(token, str) or not console.sessions.is_form_token(form_key(console, request), token):
        raise FormTokenError("form token missing or wrong")


def form_key(console: Console, request: Request) -> str:
    """The key that forms of this browser are tied to: its session's, or its visit's before the login; or empty."""
    session = console.sessions.from_cookie(request.cookies.get(SESSION_COOKIE))
    return session.key if session else request.cookies.get(VISIT_COOKIE, "")


def record_view(console: Console, visitor: Visitor, page: str, **detail: object) -> None:
    """Record in the audit that the visitor looks at transits on this page, once while they go on looking.

    Pages that refresh themselves ask every few seconds; ViewAudit says when that is worth another row.
    """
    if console.view_audit.is_due(visitor.session.key, f"{page} {detail}"):
        record(console, visitor.user.name, AuditAction.TRANSIT_VIEWED, {"page": page, **detail})


def record(console: Console, actor: str, action: AuditAction, detail: Mapping[str, object] | None = None) -> None:
    """Append to the audit, in a transaction of its own. Raises StoreError."""
    with console.database.transaction() as conn:
        append(conn, AuditEvent(actor=actor, action=action, at=console.clock.now(), detail=detail or {}))


def local_path(path: str) -> str:
    """The path when it is one of ours, else `/`: against open redirects."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\", "/login")) and path.isprintable()
    return path if is_ours else "/"


def _back_to(request: Request) -> str:
    """The address to open after the login: this one, or that of the page whose script has sent the request."""
    address = urlsplit(request.headers.get("hx-current-url", "")) if _is_of_script(request) else request.url
    if request.method != "GET" and not _is_of_script(request):
        return "/"
    return local_path(f"{address.path}?{address.query}" if address.query else address.path)


def _is_of_script(request: Request) -> bool:
    return "hx-request" in request.headers
