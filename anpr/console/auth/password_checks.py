# SPDX-License-Identifier: AGPL-3.0-or-later
"""Password checks in threads of their own: a flood of logins waits for nobody, and nobody's page waits for it.

argon2 takes 64 MiB and all of a core for each check, on purpose. AT_ONCE run at a time. Whoever finds no place within
WAIT_S is answered so, instead of lining up.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from anpr.domain.errors import AccessError

AT_ONCE = 2
WAIT_S = 1.0
_Result = TypeVar("_Result")


class PasswordsBusyError(AccessError):
    """More passwords are being checked than this machine can; trying again in a few seconds helps."""

    def __init__(self) -> None:
        super().__init__("too many logins at once")


class PasswordChecks:
    """The threads; one object for each console process."""

    def __init__(self, *, at_once: int = AT_ONCE, wait_s: float = WAIT_S) -> None:
        self._wait_s = wait_s
        self._places = asyncio.Semaphore(at_once)
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="password")

    async def run(self, check: Callable[[], _Result]) -> _Result:
        """What `check` returns, from one of the threads; it raises what `check` does. Raises PasswordsBusyError."""
        try:
            await asyncio.wait_for(self._places.acquire(), self._wait_s)
        except TimeoutError:
            raise PasswordsBusyError from None
        try:
            done = asyncio.get_running_loop().run_in_executor(self._threads, check)
            # A client that goes away does not end the check: the place is free when the thread is.
            return await asyncio.shield(done)
        finally:
            if done.done():
                self._places.release()
            else:
                done.add_done_callback(lambda _: self._places.release())

    def close(self) -> None:
        """Let the threads end."""
        self._threads.shutdown(wait=False, cancel_futures=True)
