# SPDX-License-Identifier: AGPL-3.0-or-later
"""Re-authentication: what only the visitor's own password allows, and the page that says why it was not done."""

from collections.abc import Awaitable, Callable
from functools import partial

from anyio import to_thread
from fastapi import Request
from starlette.responses import Response

from anpr.console.auth.authenticate import LoginRefusedError
from anpr.console.auth.password_checks import PasswordsBusyError
from anpr.console.credentials import LoginDelayedError, Records, check_login
from anpr.console.state import Console


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
