# SPDX-License-Identifier: AGPL-3.0-or-later
"""Check of a name and a password: throttled, in threads of its own, and written down either way."""

from enum import Enum, auto
from functools import partial
from math import ceil

from fastapi import Request

from anpr.console.access import record
from anpr.console.auth.authenticate import LoginRefusedError, authenticate
from anpr.console.auth.password_checks import PasswordsBusyError
from anpr.console.state import Console
from anpr.domain.errors import AccessError
from anpr.runtime.metrics import LOGINS_REFUSED
from anpr.store.audit import AuditAction
from anpr.store.users.accounts import User


class LoginDelayedError(AccessError):
    """After several failures the throttle asks for a wait of so many seconds; `by_account`: of tries elsewhere."""

    def __init__(self, seconds: int, *, by_account: bool) -> None:
        super().__init__("too many attempts")
        self.seconds = seconds
        self.by_account = by_account

    @property
    def message(self) -> tuple[str, int]:
        """The key of what the page says, and the number in it."""
        if self.by_account:
            return "login.wait_account", ceil(self.seconds / 60)
        return "login.wait", self.seconds


class Records(Enum):
    """When a right password is written down as a login."""

    LOGIN = auto()
    LOGIN_WITHOUT_CODE = auto()
    """For users without a second factor; for others their code is."""
    NOTHING = auto()


_WHY: dict[type[AccessError], str] = {
    LoginDelayedError: "delayed",
    LoginRefusedError: "wrong",
    PasswordsBusyError: "busy",
}


async def check_login(
    console: Console, request: Request, user: str, password: str, *, records: Records = Records.LOGIN
) -> User:
    """The user. A right password is recorded as `records` says.

    Raises LoginDelayedError, LoginRefusedError, PasswordsBusyError and StoreError.
    """
    address = address_of_client(request)
    name = user.strip().lower()[:64]
    try:
        return await console.password_checks.run(partial(_check, console, name, password, address, records))
    except (LoginDelayedError, LoginRefusedError, PasswordsBusyError) as refused:
        LOGINS_REFUSED.labels(_WHY[type(refused)]).inc()
        raise


def address_of_client(request: Request) -> str:
    """Whence the request came, as the throttle and the audit name it."""
    return request.client.host if request.client else "unknown"


def _check(console: Console, name: str, password: str, address: str, records: Records) -> User:
    wait = console.throttle.admit(name, address)
    if wait.seconds > 0:
        raise LoginDelayedError(ceil(wait.seconds), by_account=wait.by_account)
    try:
        found = authenticate(console.database, name, password, console.clock.now())
    except LoginRefusedError as refused:
        record(console, refused.actor, AuditAction.LOGIN_REFUSED, {"address": address})
        raise
    console.throttle.succeeded(name, address)
    if records is Records.LOGIN or (records is Records.LOGIN_WITHOUT_CODE and not found.has_second_factor):
        record(console, name, AuditAction.LOGIN, {"address": address})
    return found
