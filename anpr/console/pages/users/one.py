# SPDX-License-Identifier: AGPL-3.0-or-later
"""One user: role, state, last day, logins, and the forms that change them."""

from datetime import datetime, timedelta
from typing import Any, Literal, TypedDict

from fastapi import APIRouter, HTTPException
from starlette.responses import Response

from anpr.console.access import VisitorDep
from anpr.console.page_context import ContextDep
from anpr.console.pages.users.fields import UserName, administered
from anpr.console.rendering.templates import PageContext
from anpr.console.session_limits import idle_limit
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Role
from anpr.store.database.connection import Connection
from anpr.store.gate_areas import list_areas
from anpr.store.gates import gate_names
from anpr.store.patrol.devices import devices_of
from anpr.store.patrol.people import patrol_person
from anpr.store.users.accounts import User
from anpr.store.users.administration import Account, get_account

router = APIRouter()

Done = Literal[
    "role",
    "organisation",
    "disabled",
    "enabled",
    "ends-on",
    "must-change",
    "sessions",
    "second-factor",
    "area",
    "device",
]
"""What was just changed, as the page tells it."""


class SessionLimits(TypedDict):
    """Since when a session must have been used, and begun, to be open (UTC)."""

    seen_after: datetime
    started_after: datetime


def session_limits(console: Console) -> SessionLimits:
    """Those of now."""
    now, longest = console.clock.now(), timedelta(hours=console.settings.console.session_max_hours)
    return {"seen_after": now - idle_limit(console.settings), "started_after": now - longest}


def account_of(console: Console, name: str) -> Account:
    """The user of this name. Raises HTTPException (404) when there is none."""
    with console.database.transaction() as conn:
        account = get_account(conn, name, **session_limits(console))
    if account is None:
        raise HTTPException(404)
    return account


@router.get("/{name}")
def show(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, name: UserName, done: Done | None = None
) -> Response:
    """The user, and what was just changed."""
    return page(console, context, name, is_self=visitor.user.name == name, done=done)


@router.get("/{name}/password")
def ask(console: ConsoleDep, context: ContextDep, name: UserName) -> Response:
    """Asks before a new password shuts the user out of the one they have."""
    account = account_of(console, name)
    return console.templates.response("users/ask_password.html", context, account=account)


def patrol_values(conn: Connection, user: User) -> dict[str, Any]:
    """A patrol's area and phones, without what reaches them; of others only phones that are left."""
    is_patrol = user.role is Role.PATROL
    return {
        "is_patrol": is_patrol,
        "gates": gate_names(conn) if is_patrol else {},
        "patrol": patrol_person(conn, user.name),
        "areas": list_areas(conn) if is_patrol else {},
        "devices": devices_of(conn, user.name),
    }


def page(  # noqa: PLR0913  what it shows
    console: Console,
    context: PageContext,
    name: str,
    *,
    is_self: bool,
    done: Done | None = None,
    fault: str | None = None,
    status: int = 200,
) -> Response:
    """The page of one user. Raises HTTPException (404) when there is none."""
    account = account_of(console, name)
    with console.database.transaction() as conn:
        organisations = administered(console, conn)
        patrol = patrol_values(conn, account.user)
    return console.templates.response(
        "users/user.html",
        context,
        status=status,
        account=account,
        provider_name=console.provider_name(account.user.provider),
        organisations=organisations,
        now=console.clock.now(),
        roles=list(Role),
        is_self=is_self,
        done=done,
        fault=fault,
        **patrol,
    )


def password_page(console: Console, context: PageContext, name: str, password: str) -> Response:
    """The one-time password of a user, shown this once."""
    return console.templates.response("users/password.html", context, name=name, password=password)
