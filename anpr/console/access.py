# SPDX-License-Identifier: AGPL-3.0-or-later
"""Access control: who sends a request, and whether their role allows it. Refusals leave a row in the audit."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import SplitResult, urlsplit
from uuid import UUID

from anyio import to_thread
from fastapi import Depends, Request
from starlette.datastructures import URL
from starlette.routing import Match

from anpr.console.auth.sessions import Session, fingerprint
from anpr.console.auth.shown_writer import Shown
from anpr.console.cookies import SESSION_COOKIE, VISIT_COOKIE, read_cookie
from anpr.console.network.origin import is_of_another_site
from anpr.console.session_limits import idle_limit
from anpr.console.state import Console, ItselfDep
from anpr.console.uploads import takes_file
from anpr.domain.access import Permission, may
from anpr.domain.errors import AccessError
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author
from anpr.store.users.accounts import User
from anpr.store.users.sessions import open_session, see_session

_BEFORE_OWN_PASSWORD = ("/account", "/session", "/logout")
SEEN_EVERY = timedelta(minutes=1)
"""Use of a session is noted this often: a write at each click would be one too many."""
FORM_FIELD = "form_token"


class NotSignedInError(AccessError):
    """The request has no valid session; `back_to` is the address to open after the login. `again`: it had one."""

    def __init__(self, back_to: str, *, again: bool) -> None:
        super().__init__("login required")
        self.back_to = back_to
        self.again = again


class AccountUnfinishedError(AccessError):
    """The visitor may do nothing before they have done something for their account, at `address`."""

    address = "/account"


class PasswordChangeNeededError(AccountUnfinishedError):
    """The visitor's password is one that others know: they may do nothing but choose their own."""


class SecondFactorNeededError(AccountUnfinishedError):
    """The visitor's role must have a second factor (console.second_factor), and they have none yet."""

    address = "/account/second-factor"


class FormTokenError(AccessError):
    """A form came without the token of this session: from another site, or from a page older than the login."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Visitor:
    """A user who is logged in, and their session."""

    user: User
    session: Session
    seen_at: datetime
    """When they last did something, to SEEN_EVERY (UTC)."""

    def may(self, permission: Permission) -> bool:
        """Whether the user's role allows it."""
        return may(self.user.role, permission)


def author_of(console: Console, visitor: Visitor) -> Author:
    """The visitor as the author of what they change now."""
    return Author(name=visitor.user.name, at=console.clock.now())


def visitor_of(console: Console, cookie: str | None) -> Visitor | None:
    """The user whose session cookie this is; None when it is not valid (any more), was ended or not used for long, the
    user is disabled or their last day is over, their password was changed, or their provider is gone."""
    session = console.sessions.from_cookie(cookie)
    if session is None:
        return None
    with console.database.transaction() as conn:
        stored = open_session(conn, session.key)
    if stored is None or stored.user.name != session.user or stored.user.is_shut_out(console.clock.now()):
        return None
    if fingerprint(stored.user.password_hash) != session.password or _is_of_gone_provider(console, stored.user):
        return None
    if console.clock.now() >= stored.seen_at + idle_limit(console.settings, stored.user.role):
        return None
    return Visitor(user=stored.user, session=session, seen_at=stored.seen_at)


def _is_of_gone_provider(console: Console, user: User) -> bool:
    """Whether the provider that let them in is none of the console's any more."""
    oidc = console.settings.console.oidc
    return user.provider is not None and (oidc is None or user.provider != oidc.issuer)


def signed_in(request: Request, console: ItselfDep) -> Visitor:
    """The visitor. Raises NotSignedInError."""
    cookie = read_cookie(request, SESSION_COOKIE)
    visitor = visitor_of(console, cookie)
    if visitor is None:
        again = _is_of_script(request) or console.sessions.is_ours(cookie)
        raise NotSignedInError(_back_to(request), again=again)
    if _is_use(request):
        visitor = seen_now(console, visitor)
    request.state.visitor = visitor
    if not request.scope["path"].startswith(_BEFORE_OWN_PASSWORD):
        _refuse_unfinished(console, visitor.user)
    return visitor


def is_unfinished(console: Console, user: User) -> bool:
    """Whether they may open nothing but their account: their password, or a second factor, comes first."""
    return user.must_change or lacks_second_factor(console, user)


def lacks_second_factor(console: Console, user: User) -> bool:
    """Whether their role must have a second factor, and they have none."""
    if user.provider is not None:
        return False  # theirs is the provider's; the login has asked for its proof
    return user.role in console.settings.console.second_factor and not user.has_second_factor


def _refuse_unfinished(console: Console, user: User) -> None:
    if user.must_change:
        raise PasswordChangeNeededError("a password of one's own comes first")
    if lacks_second_factor(console, user):
        raise SecondFactorNeededError("a second factor comes first")


def seen_now(console: Console, visitor: Visitor) -> Visitor:
    """The visitor, of whom it is noted that they do something."""
    now = console.clock.now()
    if now - visitor.seen_at < SEEN_EVERY:
        return visitor
    with console.database.transaction() as conn:
        see_session(conn, visitor.session.key, now)
    return replace(visitor, seen_at=now)


def _is_use(request: Request) -> bool:
    """Whether a person has caused the request: opened a page or sent a form. What a page asks for by itself (what is
    new, the stream of alarms, pictures) keeps no session alive; that of a watched board its script does."""
    if request.method == "GET":
        return "text/html" in request.headers.get("accept", "") and not _is_of_script(request)
    return request.url.path != "/session/confirm"


VisitorDep = Annotated[Visitor, Depends(signed_in)]


def allowed(*any_of: Permission) -> Callable[[Request, Console, Visitor], Visitor]:
    """Make a dependency: the visitor, when their role has one of these permissions.

    It raises NotSignedInError, and AccessError after it has recorded the refusal.
    """

    def check(request: Request, console: ItselfDep, visitor: VisitorDep) -> Visitor:
        if not any(visitor.may(permission) for permission in any_of):
            detail = {"path": request.url.path[:200], "permission": any_of[0].value}
            record(console.acting_for(visitor.user), visitor.user.name, AuditAction.ACCESS_REFUSED, detail)
            raise AccessError(f"the role {visitor.user.role} may not {any_of[0].value.replace('-', ' ')}")
        return visitor

    return check


async def check_form(request: Request, console: ItselfDep) -> AsyncIterator[None]:
    """Protection against cross-site request forgery: every POST carries the token of its session (or visit), and
    comes from one of our own pages.

    Raises FormTokenError.
    """
    if request.method in ("GET", "HEAD"):
        yield
        return
    with_file = takes_file(request.scope["path"])
    if with_file and console.sessions.from_cookie(read_cookie(request, SESSION_COOKIE)) is None:
        raise FormTokenError("a file of somebody not logged in")  # before any of it is taken
    async with request.form(max_files=int(with_file), max_fields=1000) as form:
        token = form.get(FORM_FIELD)
        if is_of_another_site(request.headers):
            raise FormTokenError("another site has sent this form")
        if not isinstance(token, str) or not await _is_own_form(console, request, token):
            raise FormTokenError("form token missing or wrong")
        yield  # a file is closed after the answer


async def _is_own_form(console: Console, request: Request, token: str) -> bool:
    """Whether the token is of this browser's session; or of its visit, where the cookie's session is over."""
    if console.sessions.is_form_token(form_key(console, request), token):
        return True
    if not console.sessions.is_form_token(read_cookie(request, VISIT_COOKIE) or "", token):
        return False
    # The cookie outlives a session that was ended before its time, which only the database knows.
    return await to_thread.run_sync(visitor_of, console, read_cookie(request, SESSION_COOKIE)) is None


def form_key(console: Console, request: Request) -> str:
    """The key that forms of this browser are tied to: its session's, or its visit's before the login; or empty."""
    session = console.sessions.from_cookie(read_cookie(request, SESSION_COOKIE))
    return session.key if session else read_cookie(request, VISIT_COOKIE) or ""


def record_view(console: Console, visitor: Visitor, page: str, **detail: object) -> None:
    """Record in the audit that the visitor looks at this page, once while they go on looking.

    Pages that refresh themselves ask every few seconds; ViewAudit says when that is worth another row.
    """
    event = _view(console, visitor, page, detail)
    _record_due(console, visitor, [f"{page} {detail}"], lambda _: event)


def record_shown(
    console: Console,
    visitor: Visitor,
    page: str,
    transits: Iterable[UUID],
    *,
    reason: str | None = None,
    case: str | None = None,
    **detail: object,
) -> None:
    """Record that the visitor is shown these transits on this page: in one row those that the session was not shown
    there in the last minutes. Without any, that they look at the page."""
    shown = [str(transit) for transit in transits]
    if not shown:
        record_view(console, visitor, page, **detail)
        return
    event = replace(_view(console, visitor, page, detail), reason=reason, case_reference=case)
    begins = f"{page} {detail} "
    _record_due(
        console,
        visitor,
        [begins + transit for transit in shown],
        lambda due: replace(event, detail={**event.detail, "transits": [view.removeprefix(begins) for view in due]}),
    )


def begin_record_shown(console: Console, visitor: Visitor, page: str, transits: Iterable[UUID]) -> "list[Future[None]]":
    """The same for a stream, which shows nothing before these are done: rows of many streams are written together."""
    shown = Shown(
        session=visitor.session.key,
        scope=console.scope,
        view=f"{page} {{}} ",
        event=_view(console, visitor, page, {}),
        transits=list(transits),
    )
    return console.shown_writer.write(shown)


def _view(console: Console, visitor: Visitor, page: str, detail: Mapping[str, object]) -> AuditEvent:
    return AuditEvent(
        actor=visitor.user.name,
        action=AuditAction.TRANSIT_VIEWED,
        at=console.clock.now(),
        detail={"page": page, **detail},
    )


def record_once(console: Console, visitor: Visitor, view: str, event: AuditEvent) -> None:
    """Append the event unless the visitor's session has done so for this view already. Raises StoreError."""
    _record_due(console, visitor, [view], lambda _: event, once=True)


def _record_due(
    console: Console,
    visitor: Visitor,
    views: Iterable[str],
    event_of: Callable[[list[str]], AuditEvent],
    *,
    once: bool = False,
) -> None:
    key = visitor.session.key
    due = console.view_audit.due_of(key, views, once=once)
    if not due:
        return
    try:
        with console.database.transaction() as conn:
            append(conn, event_of(due))
    except BaseException:
        console.view_audit.forget(key, due)
        raise


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
    if _is_of_script(request):
        return _path_of(urlsplit(request.headers.get("hx-current-url", "")))
    return _path_of(request.url) if request.method == "GET" else _page_of_form(request)


def _page_of_form(request: Request) -> str:
    """The page that the form was on, else the part of the console that it belongs to; `/` where neither is a page."""
    sent_from = urlsplit(request.headers.get("referer", ""))
    if sent_from.netloc == request.url.netloc and _is_page(request, sent_from.path):
        return _path_of(sent_from)
    part = "/" + request.url.path.split("/")[1]
    return local_path(part) if _is_page(request, part) else "/"


def _is_page(request: Request, path: str) -> bool:
    """Whether a GET leads somewhere: a form that was shown again with its faults has an address for POST alone."""
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes)


def _path_of(address: SplitResult | URL) -> str:
    return local_path(f"{address.path}?{address.query}" if address.query else address.path)


def _is_of_script(request: Request) -> bool:
    return "hx-request" in request.headers
