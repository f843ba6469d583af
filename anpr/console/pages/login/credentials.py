# SPDX-License-Identifier: AGPL-3.0-or-later
"""Check of a name and a password: throttled, and written down either way."""

from math import ceil

from fastapi import Request

from anpr.console.access import record
from anpr.console.auth.authenticate import LoginRefusedError, authenticate
from anpr.console.state import Console
from anpr.domain.errors import AccessError
from anpr.store.audit import AuditAction
from anpr.store.users.accounts import User


class LoginDelayedError(AccessError):
    """After several failures the throttle asks for a wait of so many seconds."""

    def __init__(self, seconds: int) -> None:
        super().__init__("too many attempts")
        self.seconds = seconds


def check_login(console: Console, request: Request, user: str, password: str) -> User:
    """The user. Raises LoginDelayedError, LoginRefusedError and StoreError."""
    name = user.strip().lower()[:64]
    address = request.client.host if request.client else "unknown"
    wait_s = console.throttle.admit(name, address)
    if wait_s > 0:
        raise LoginDelayedError(ceil(wait_s))
    try:
        found = authenticate(console.database, name, password)
    except LoginRefusedError as refused:
        record(console, refused.actor, AuditAction.LOGIN_REFUSED, {"address": address})
        raise
    console.throttle.succeeded(name, address)
    record(console, name, AuditAction.LOGIN, {"address": address})
    return found
