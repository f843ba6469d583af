# SPDX-License-Identifier: AGPL-3.0-or-later
"""Changes of one user: each a form, a transaction with its row in the audit, and the way back to the user's page."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Form
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, author_of
from anpr.console.auth.password_checks import PasswordsBusyError
from anpr.console.fields import Line, Whole
from anpr.console.page_context import ContextDep
from anpr.console.pages.users import one
from anpr.console.pages.users.fields import Day, UserFaultError, UserName, administered, last_day
from anpr.console.pages.users.first_password import make_first_password
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Role
from anpr.store.author import Author
from anpr.store.database.connection import Connection
from anpr.store.gate_areas import list_areas
from anpr.store.gates import gate_names
from anpr.store.patrol.devices import devices_of, remove_device
from anpr.store.patrol.people import patrol_person, set_area
from anpr.store.users import administration
from anpr.store.users.accounts import lock_user
from anpr.store.users.administration import LastAdministratorError, OfProviderError, keep_an_administrator

router = APIRouter()

Change = Callable[[Connection, Author], object]


@router.post("/{name}/role")
def role(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, name: UserName, role: Annotated[Role, Form()]
) -> Response:
    """Another role, from the user's next request on. 400 where it would leave no administrator."""

    def change(conn: Connection, by: Author) -> None:
        if role is not Role.ADMINISTRATOR:
            keep_an_administrator(conn, name, by.at)
        administration.change_role(conn, name, role, by)

    return _changed(console, visitor, context, name, "role", change)


@router.post("/{name}/organisation")
def organisation(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    name: UserName,
    organisation: Annotated[Line, Form(max_length=64)] = "",
) -> Response:
    """Another organisation, for which they see from the next request on. 400 for one that the visitor does not
    administer, or where it would leave no administrator."""

    def change(conn: Connection, by: Author) -> None:
        if organisation not in administered(console, conn):
            raise UserFaultError("users.no_organisation")
        keep_an_administrator(conn, name, by.at)
        administration.change_organisation(conn, name, organisation, by)

    return _changed(console, visitor, context, name, "organisation", change)


@router.post("/{name}/disable")
def disable(console: ConsoleDep, visitor: VisitorDep, context: ContextDep, name: UserName) -> Response:
    """Shut the user out and end their sessions. 400 where it would leave no administrator."""

    def change(conn: Connection, by: Author) -> None:
        keep_an_administrator(conn, name, by.at)
        administration.change_disabled(conn, name, True, by)

    return _changed(console, visitor, context, name, "disabled", change)


@router.post("/{name}/enable")
def enable(console: ConsoleDep, visitor: VisitorDep, context: ContextDep, name: UserName) -> Response:
    """Let the user in again, with their role and password of before."""
    change = partial(administration.change_disabled, name=name, disabled=False)
    return _changed(console, visitor, context, name, "enabled", lambda conn, by: change(conn, by=by))


@router.post("/{name}/area")
def area(
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    name: UserName,
    gates: Annotated[list[Line] | None, Form(max_length=500)] = None,
    areas: Annotated[list[Whole] | None, Form(max_length=500)] = None,
) -> Response:
    """The gates and areas of a patrol; none: all that its organisation sees. 400 for one that there is not."""

    def change(conn: Connection, by: Author) -> None:
        lock_user(conn, name)
        known = set(gate_names(conn)) | set(patrol_person(conn, name).gates)
        if not set(gates or ()) <= known or not set(areas or ()) <= set(list_areas(conn)):
            raise UserFaultError("users.no_gate")
        set_area(conn, name, gates or (), by, areas or ())

    return _changed(console, visitor, context, name, "area", change)


@router.post("/{name}/devices/{number}/remove")
def device(console: ConsoleDep, visitor: VisitorDep, context: ContextDep, name: UserName, number: Whole) -> Response:
    """A phone of the user is told nothing any more: it is lost, or somebody else's."""

    def change(conn: Connection, by: Author) -> None:
        if all(each.id != number for each in devices_of(conn, name)):
            raise UserFaultError("users.no_device")
        remove_device(conn, name, number, by)

    return _changed(console, visitor, context, name, "device", change)


@router.post("/{name}/ends-on")
def ends_on(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, name: UserName, ends_on: Day = ""
) -> Response:
    """Another last day, or none. 400 where it is over, or would leave no administrator."""

    def change(conn: Connection, by: Author) -> None:
        day = last_day(ends_on, by.at)
        if day is not None:
            keep_an_administrator(conn, name, by.at)
        administration.change_ends_on(conn, name, day, by)

    return _changed(console, visitor, context, name, "ends-on", change)


@router.post("/{name}/must-change")
def must_change(console: ConsoleDep, visitor: VisitorDep, context: ContextDep, name: UserName) -> Response:
    """The user goes on when they have chosen another password."""
    return _changed(
        console,
        visitor,
        context,
        name,
        "must-change",
        lambda conn, by: administration.demand_password_change(conn, name, by),
    )


@router.post("/{name}/sessions")
def sessions(console: ConsoleDep, visitor: VisitorDep, context: ContextDep, name: UserName) -> Response:
    """End all sessions of the user, in every console."""
    return _changed(
        console, visitor, context, name, "sessions", lambda conn, by: administration.end_sessions(conn, name, by)
    )


@router.post("/{name}/second-factor")
def second_factor(console: ConsoleDep, visitor: VisitorDep, context: ContextDep, name: UserName) -> Response:
    """Remove the second factor of a user who has lost it, and end their sessions. One's own asks for the password."""

    def change(conn: Connection, by: Author) -> None:
        if name == by.name:
            raise UserFaultError("users.own_factor")
        if not administration.reset_second_factor(conn, name, by):
            raise UserFaultError("users.no_factor")

    return _changed(console, visitor, context, name, "second-factor", change)


@router.post("/{name}/password")
async def password(console: ConsoleDep, visitor: VisitorDep, context: ContextDep, name: UserName) -> Response:
    """A new one-time password, shown once; the user's sessions end."""
    by = author_of(console, visitor)
    await to_thread.run_sync(one.account_of, console, name)
    try:
        password = await console.password_checks.run(lambda: _new_password(console, name, by))
    except PasswordsBusyError:
        show = partial(one.page, console, context, name, is_self=by.name == name, fault="users.busy", status=503)
        return await to_thread.run_sync(show)
    except OfProviderError:
        show = partial(one.page, console, context, name, is_self=by.name == name, fault="users.not_here", status=400)
        return await to_thread.run_sync(show)
    return one.password_page(console, context, name, password)


def _new_password(console: Console, name: str, by: Author) -> str:
    first = make_first_password()
    with console.database.transaction() as conn:
        administration.change_password(conn, name, first.password_hash, by, must_change=True)
    return first.password


def _changed(
    console: Console, visitor: Visitor, context: PageContext, name: str, done: one.Done, change: Change
) -> Response:
    """Do it, and lead back to the user. Raises HTTPException (404) when there is none."""
    one.account_of(console, name)
    by, is_self = author_of(console, visitor), visitor.user.name == name
    try:
        with console.database.transaction() as conn:
            change(conn, by)
    except OfProviderError:
        return one.page(console, context, name, is_self=is_self, fault="users.not_here", status=400)
    except LastAdministratorError:
        return one.page(console, context, name, is_self=is_self, fault="users.last_administrator", status=400)
    except UserFaultError as fault:
        return one.page(console, context, name, is_self=is_self, fault=fault.key, status=400)
    # Who gave up their own rights here is led to what they may still open.
    is_still_allowed = not is_self or done in ("ends-on", "enabled")
    return RedirectResponse(f"/users/{name}?done={done}" if is_still_allowed else "/", status_code=303)
