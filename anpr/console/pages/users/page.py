# SPDX-License-Identifier: AGPL-3.0-or-later
"""Users: everybody in one list, and a new one, whose one-time password is shown once."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Form
from starlette.responses import Response

from anpr.console.access import VisitorDep, author_of
from anpr.console.auth.password_checks import PasswordsBusyError
from anpr.console.fields import Line
from anpr.console.page import Page
from anpr.console.page_context import ContextDep
from anpr.console.pages.users import change, one
from anpr.console.pages.users.fields import Day, UserFaultError, administered, last_day
from anpr.console.pages.users.first_password import make_first_password
from anpr.console.rendering.templates import PageContext
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission, Role
from anpr.store.author import Author
from anpr.store.users.accounts import RESERVED_NAMES, NameTakenError, User, is_user_name
from anpr.store.users.administration import add_user, list_accounts

router = APIRouter(prefix="/users")


@router.get("")
def show(console: ConsoleDep, context: ContextDep) -> Response:
    """Everybody, and the form for a new user."""
    return _page(console, context)


@router.post("")
async def create(  # noqa: PLR0913, PLR0917  one parameter for each field of the form
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    name: Annotated[Line, Form(max_length=200)] = "",
    role: Annotated[Role, Form()] = Role.OPERATOR,
    ends_on: Day = "",
    organisation: Annotated[Line, Form(max_length=64)] = "",
) -> Response:
    """Create a user; the answer shows the first password, which is good for choosing one's own only."""
    typed = name.strip().lower()
    of = organisation or visitor.user.organisation_id
    fields = {"name": typed, "role": role, "ends_on": ends_on, "organisation": of}
    by = author_of(console, visitor)
    try:
        day = last_day(ends_on, by.at)
        wanted = User(name=typed, role=role, password_hash="", must_change=True, ends_on=day, organisation_id=of)
        password = await console.password_checks.run(lambda: _create(console, wanted, by))
    except UserFaultError as fault:
        key = fault.key
        return await to_thread.run_sync(lambda: _page(console, context, fields, key, 400))
    except PasswordsBusyError:
        return await to_thread.run_sync(lambda: _page(console, context, fields, "users.busy", 503))
    return one.password_page(console, context, typed, password)


def _create(console: Console, wanted: User, by: Author) -> str:
    """The user is there; their first password. Raises UserFaultError."""
    if wanted.name in RESERVED_NAMES:
        raise UserFaultError("users.reserved")
    if not is_user_name(wanted.name):
        raise UserFaultError("users.no_name")
    first = make_first_password()
    with console.database.transaction() as conn:
        if wanted.organisation_id not in administered(console, conn):
            raise UserFaultError("users.no_organisation")
        try:
            add_user(conn, replace(wanted, password_hash=first.password_hash), by)
        except NameTakenError:  # also by a user of another organisation, whom the visitor does not see
            raise UserFaultError("users.taken") from None
    return first.password


def _page(
    console: Console,
    context: PageContext,
    fields: Mapping[str, object] | None = None,
    fault: str | None = None,
    status: int = 200,
) -> Response:
    with console.database.transaction() as conn:
        accounts = list_accounts(conn, **one.session_limits(console))
        organisations = administered(console, conn)
    return console.templates.response(
        "users/users.html",
        context,
        status=status,
        accounts=accounts,
        provider_name=console.provider_name,
        now=console.clock.now(),
        roles=list(Role),
        organisations=organisations,
        fields=fields
        or {"name": "", "role": Role.OPERATOR, "ends_on": "", "organisation": console.scope.organisation_id},
        fault=fault,
    )


router.include_router(one.router)
router.include_router(change.router)

PAGE = Page(name="users", router=router, permissions=(Permission.MANAGE_USERS,))
