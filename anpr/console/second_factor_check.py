# SPDX-License-Identifier: AGPL-3.0-or-later
"""Check of the second factor's code: throttled apart from the password, used up once, and written down either way."""

from math import ceil

from anpr.console.access import record
from anpr.console.auth.authenticate import LoginRefusedError
from anpr.console.auth.second_factor import step_of
from anpr.console.credentials import LoginDelayedError
from anpr.console.state import Console
from anpr.runtime.metrics import LOGINS_REFUSED
from anpr.store.audit import AuditAction
from anpr.store.users.second_factors import get_factor, use_recovery_code, use_step


def check_code(console: Console, user: str, code: str, address: str, *, is_login: bool = True) -> None:
    """The code is the telephone's or one of the recovery codes, and is used up now; as a login it is written down.

    Raises LoginDelayedError, LoginRefusedError, SealedSecretError and StoreError.
    """
    place = f"{user} code"  # no user's name has a space: a right password takes back no wrong codes
    wait = console.throttle.admit(place, address)
    if wait.seconds > 0:
        LOGINS_REFUSED.labels("delayed").inc()
        raise LoginDelayedError(ceil(wait.seconds), by_account=wait.by_account)
    way = _use_up(console, user, code)
    if way is None:
        LOGINS_REFUSED.labels("code").inc()
        record(console, user, AuditAction.LOGIN_REFUSED, {"address": address, "second_factor": "wrong"})
        raise LoginRefusedError(user)
    console.throttle.succeeded(place, address)
    if is_login:
        record(console, user, AuditAction.LOGIN, {"address": address, "second_factor": way})


def _use_up(console: Console, user: str, code: str) -> str | None:
    with console.database.transaction() as conn:
        factor = get_factor(conn, user)
        if factor is None or factor.confirmed_at is None:
            return None
        if use_recovery_code(conn, user, console.second_factor.code_digest(user, code)):
            return "recovery-code"
        step = step_of(console.second_factor.unseal(user, factor.sealed_secret), code, console.clock.now())
        return "code" if step is not None and use_step(conn, user, step) else None
