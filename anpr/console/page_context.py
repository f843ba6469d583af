# SPDX-License-Identifier: AGPL-3.0-or-later
"""Page context: language, menu, permissions and form token of the page that answers a request."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Request

from anpr.console.access import Visitor, author_of, form_key, is_unfinished
from anpr.console.cookies import LANGUAGE_COOKIE, read_cookie
from anpr.console.page import menu_of
from anpr.console.rendering.filters import local_minute
from anpr.console.rendering.templates import PageContext
from anpr.console.rendering.translations import language_of
from anpr.console.session_limits import fixed_lifetime, idle_limit
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission, Role, may
from anpr.domain.organisation import MANAGER
from anpr.store.organisations.registry import organisation_names
from anpr.store.watchlists.proposals import proposals_to_decide


def context_for(console: Console, request: Request, visitor: Visitor | None) -> PageContext:
    """The context for a visitor, or for somebody not logged in."""
    language = language_of(read_cookie(request, LANGUAGE_COOKIE), console.settings.console.language)
    key = visitor.session.key if visitor else form_key(console, request)
    token = console.sessions.form_token(key) if key else ""  # nobody's: a page of theirs has no forms
    # What a form leads to has no address of its own: its page has.
    is_get = request.method == "GET"
    path = request.url.path if is_get else "/" + request.url.path.split("/")[1]
    address = f"{path}?{request.url.query}" if is_get and request.url.query else path
    if visitor is None:
        return PageContext(language=language, form_token=token, path=path, address=address)
    role, is_held = visitor.user.role, is_unfinished(console, visitor.user)
    is_told = may(role, Permission.HANDLE_ALARMS) and not is_held  # who may take none is not called to them
    return PageContext(
        language=language,
        form_token=token,
        user=visitor.user.name,
        role=role,
        provider=console.provider_name(visitor.user.provider),
        may=frozenset(permission for permission in Permission if may(role, permission)),
        menu=() if is_held else menu_of(console.pages, role),
        path=path,
        address=address,
        session=session_state(console, visitor),
        organisation=_organisation(console),
        to_take=_to_take(console) if is_told else None,
        ending=_ending(console, role) if may(role, Permission.VIEW_DOCUMENTS) and not is_held else None,
        to_decide=_to_decide(console, visitor) if may(role, Permission.EDIT_WATCHLISTS) and not is_held else None,
    )


def _to_take(console: Console) -> int:
    tally = console.live.latest_tally(console.scope.organisation_id)
    return tally.to_take if tally else 0


def _ending(console: Console, role: Role) -> int:
    return console.ending_tally.count(console.database, console.scope, role)


def _to_decide(console: Console, visitor: Visitor) -> int:
    with console.database.transaction() as conn:
        return proposals_to_decide(conn, author_of(console, visitor))


def _organisation(console: Console) -> str | None:
    own = console.scope.organisation_id
    if own == MANAGER:
        return None
    with console.database.transaction() as conn:
        return organisation_names(conn).get(own, own)


def session_state(console: Console, visitor: Visitor) -> dict[str, object]:
    """What a page's script knows of its session: who, when it ends (local time, and in s), whether it can be extended
    without the password, how often to ask for that, how long before the end to warn, and whether a code is asked for
    with the password."""
    sessions, session, idle = console.sessions, visitor.session, idle_limit(console.settings, visitor.user.role)
    fixed = fixed_lifetime(console.settings, visitor.user.role)
    ends_at = min(datetime.fromtimestamp(session.ends_at, UTC), visitor.seen_at + idle)
    is_by_idling = ends_at.timestamp() < session.ends_at
    lifetime_s = min(int(fixed.total_seconds()) if fixed else sessions.lifetime_s, int(idle.total_seconds()))
    return {
        "user": session.user,
        "ends_at": local_minute(ends_at, console.settings.zone),
        "remaining_s": int((ends_at - console.clock.now()).total_seconds()),
        "extensible": fixed is None and (is_by_idling or sessions.can_be_extended(session)),
        "lifetime_s": lifetime_s,
        "warn_s": min(600, lifetime_s // 4),
        "extend_every_s": max(5, min(300, lifetime_s // 4)),
        "second_factor": visitor.user.has_second_factor,
    }


def page_context(request: Request, console: ConsoleDep) -> PageContext:
    """The context of this request, with the visitor whom an earlier dependency let in: its page's, or VisitorDep."""
    return context_for(console, request, getattr(request.state, "visitor", None))


ContextDep = Annotated[PageContext, Depends(page_context)]
