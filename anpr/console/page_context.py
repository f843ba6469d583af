# SPDX-License-Identifier: AGPL-3.0-or-later
"""Page context: language, menu, permissions and form token of the page that answers a request."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request

from anpr.console.access import Visitor, form_key
from anpr.console.auth.sessions import Session
from anpr.console.page import menu_of
from anpr.console.rendering.filters import local_minute
from anpr.console.rendering.templates import PageContext
from anpr.console.rendering.translations import language_of
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission, may

LANGUAGE_COOKIE = "anpr_language"


def context_for(console: Console, request: Request, visitor: Visitor | None) -> PageContext:
    """The context for a visitor, or for somebody not logged in."""
    language = language_of(request.cookies.get(LANGUAGE_COOKIE), console.settings.console.language)
    key = visitor.session.key if visitor else form_key(console, request)
    token = console.sessions.form_token(key)
    # What a form leads to has no address of its own: its page has.
    is_get = request.method == "GET"
    path = request.url.path if is_get else "/" + request.url.path.split("/")[1]
    address = f"{path}?{request.url.query}" if is_get and request.url.query else path
    if visitor is None:
        return PageContext(language=language, form_token=token, path=path, address=address)
    role = visitor.user.role
    return PageContext(
        language=language,
        form_token=token,
        user=visitor.user.name,
        role=role,
        may=frozenset(permission for permission in Permission if may(role, permission)),
        menu=menu_of(console.pages, role),
        path=path,
        address=address,
        session=session_state(console, visitor.session),
        to_take=_to_take(console) if may(role, Permission.VIEW_ALARMS) else None,
    )


def _to_take(console: Console) -> int:
    tally = console.live.latest_tally
    return tally.to_take if tally else 0


def session_state(console: Console, session: Session) -> dict[str, object]:
    """What a page's script knows of its session: who, when it ends (local time, and in s), whether it can be extended
    without the password, how often to ask for that, and how long before the end to warn."""
    sessions = console.sessions
    ends_at = datetime.fromtimestamp(session.ends_at, UTC)
    return {
        "user": session.user,
        "ends_at": local_minute(ends_at, console.settings.zone),
        "remaining_s": sessions.remaining_s(session),
        "extensible": sessions.can_be_extended(session),
        "lifetime_s": sessions.lifetime_s,
        "warn_s": min(600, sessions.lifetime_s // 4),
        "extend_every_s": max(5, min(300, sessions.lifetime_s // 4)),
    }


def page_context(request: Request, console: ConsoleDep) -> PageContext:
    """The context of this request, with the visitor whom an earlier dependency let in: its page's, or VisitorDep."""
    return context_for(console, request, getattr(request.state, "visitor", None))


ContextDep = Annotated[PageContext, Depends(page_context)]
