# SPDX-License-Identifier: AGPL-3.0-or-later
"""Second signature of a handover: in the incoming operator's own session, or at the workstation of who leaves.

A room has one workstation, and its board must not go dark for a change of shift: so the operator who comes may prove
who they are in the colleague's session, by name, password and second factor as in a login. That begins no session, is
throttled as a login is, and the audit's row names the operator who signed.
"""

import logging
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from anpr.console.access import Visitor, VisitorDep, is_unfinished
from anpr.console.auth.authenticate import LoginRefusedError
from anpr.console.auth.password_checks import PasswordsBusyError
from anpr.console.auth.second_factor import SealedSecretError
from anpr.console.credentials import LoginDelayedError, Records, address_of_client, check_login
from anpr.console.field_faults import FieldFault
from anpr.console.fields import Line, Lines
from anpr.console.page_context import ContextDep
from anpr.console.pages.handover import one
from anpr.console.second_factor_check import check_code
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission, may
from anpr.domain.errors import InputError
from anpr.domain.handover import MAX_TEXT
from anpr.store.handovers.signing import sign_in
from anpr.store.users.accounts import User

router = APIRouter()
log = logging.getLogger(__name__)
Words = Annotated[Lines, Form(max_length=20_000)]


class _RefusedError(Exception):
    """The colleague cannot sign here; `fault` says why, `status` what to answer with."""

    def __init__(self, key: str, status: int = 403, **values: object) -> None:
        super().__init__(key)
        self.fault = FieldFault(key=key, values=values)
        self.status = status


@router.post("/{number}/sign")
def sign_own(
    console: ConsoleDep, visitor: VisitorDep, context: ContextDep, number: one.Number, remark: Words = ""
) -> Response:
    """The visitor signs as who comes."""
    try:
        _sign(console, number, visitor.user, remark, at_workstation=False)
    except _RefusedError as refused:
        return one.page(
            console, visitor, context, number, fault=refused.fault, status=refused.status, remark=remark.strip()
        )
    return RedirectResponse(f"/handover/{number}", status_code=303)


@router.post("/{number}/sign-here")
async def sign_here(  # noqa: PLR0913, PLR0917  one parameter for each field
    request: Request,
    console: ConsoleDep,
    visitor: VisitorDep,
    context: ContextDep,
    number: one.Number,
    colleague: Annotated[Line, Form(max_length=64)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    code: Annotated[str, Form(max_length=100)] = "",
    remark: Words = "",
) -> Response:
    """The colleague who comes signs at this workstation. 403 with what is wrong, 429 after several failures, 503 while
    too many passwords are being checked."""
    try:
        user = await _proved(console, request, visitor, colleague, password, code)
        await to_thread.run_sync(lambda: _sign(console, number, user, remark, at_workstation=True))
    except _RefusedError as refused:
        fault, status = refused.fault, refused.status
        said = {"colleague": colleague.strip(), "remark": remark.strip()}
        return await to_thread.run_sync(
            lambda: one.page(console, visitor, context, number, fault=fault, status=status, **said)
        )
    return RedirectResponse(f"/handover/{number}", status_code=303)


async def _proved(console: Console, request: Request, visitor: Visitor, name: str, password: str, code: str) -> User:
    """The colleague, who has proved who they are. Raises _RefusedError and StoreError."""
    try:
        user = await check_login(console, request, name, password, records=Records.NOTHING)
        _check_colleague(console, visitor, user)
        if user.has_second_factor:
            await to_thread.run_sync(
                lambda: check_code(console, user.name, code, address_of_client(request), is_login=False)
            )
    except LoginDelayedError as delayed:
        key, count = delayed.message
        raise _RefusedError(key, 429, count=count) from None
    except PasswordsBusyError:
        raise _RefusedError("login.busy", 503) from None
    except LoginRefusedError:
        raise _RefusedError("handover.not_proved") from None
    except SealedSecretError as exc:
        log.error("console: %s", exc)
        raise _RefusedError("login.code_unreadable", 503) from None
    return user


def _check_colleague(console: Console, visitor: Visitor, user: User) -> None:
    """Raises _RefusedError for who may not have alarms here."""
    if user.organisation_id != visitor.user.organisation_id or not may(user.role, Permission.HANDLE_ALARMS):
        raise _RefusedError("handover.not_operator")
    if is_unfinished(console, user):
        raise _RefusedError("handover.unfinished")


def _sign(console: Console, number: int, by: User, remark: str, *, at_workstation: bool) -> None:
    said = remark.replace("\r\n", "\n").strip()
    if len(said) > MAX_TEXT:
        raise _RefusedError("search.too_long", 400, most=MAX_TEXT)
    one.handover_of(console, number)
    try:
        with console.database.transaction() as conn:
            sign_in(conn, number, by.name, console.clock.now(), said, at_workstation=at_workstation)
    except InputError as exc:
        log.info("console: %s", exc)
        raise _RefusedError("handover.not_to_sign", 409) from None
