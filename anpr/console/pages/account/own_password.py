# SPDX-License-Identifier: AGPL-3.0-or-later
"""Re-authentication: what only the visitor's own password and code allow, and the page that says why it was refused."""

import logging
from collections.abc import Awaitable, Callable
from functools import partial

from anyio import to_thread
from fastapi import Request
from starlette.responses import Response

from anpr.console.auth.authenticate import LoginRefusedError
from anpr.console.auth.password_checks import PasswordsBusyError
from anpr.console.auth.second_factor import SealedSecretError
from anpr.console.credentials import LoginDelayedError, Records, check_login
from anpr.console.second_factor_check import check_code
from anpr.console.state import Console
from anpr.store.users.accounts import User

log = logging.getLogger(__name__)


async def after_own_password(
    request: Request,
    console: Console,
    user: str,
    password: str,
    act: Callable[[], Awaitable[Response]],
    page: Callable[..., Response],
) -> Response:
    """The answer of `act` once the password is proved; else `page` with its `status`, `fault` and `count`.

    429 while the throttle delays, 503 while too many passwords are being checked, 400 for a wrong one. Raises
    StoreError.
    """
    try:
        await check_login(console, request, user, password, records=Records.NOTHING)
        return await act()
    except LoginDelayedError as delayed:
        key, count = delayed.message
        answer = await to_thread.run_sync(partial(page, status=429, fault=key, count=count))
        answer.headers["Retry-After"] = str(delayed.seconds)
        return answer
    except PasswordsBusyError:
        return await to_thread.run_sync(partial(page, status=503, fault="login.busy"))
    except LoginRefusedError:
        return await to_thread.run_sync(partial(page, status=400, fault="account.wrong"))


def after_own_code(
    console: Console,
    user: User,
    code: str,
    address: str,
    act: Callable[[], Response],
    page: Callable[..., Response],
) -> Response:
    """The answer of `act` once the code of a user who has a second factor is proved; else `page`, with 400.

    So the password alone takes no second factor away. Raises LoginDelayedError and StoreError.
    """
    try:
        if user.has_second_factor:
            check_code(console, user.name, code, address, is_login=False)
    except LoginRefusedError:
        return page(status=400, fault="login.code_wrong")
    except SealedSecretError as exc:
        log.error("console: %s", exc)
        return page(status=400, fault="login.code_unreadable")
    return act()
