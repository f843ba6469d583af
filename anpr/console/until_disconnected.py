# SPDX-License-Identifier: AGPL-3.0-or-later
"""Work that ends when the browser has gone: closed, stopped, or told so by the page's button."""

from collections.abc import Callable
from dataclasses import replace

import anyio
from anyio import to_thread
from fastapi import Request
from starlette.responses import Response

from anpr.console.state import Console
from anpr.domain.errors import QueryAbandonedError
from anpr.store.database.cancellation import Cancellation

_LOOK_EVERY_S = 0.25
_NOBODY_WAITS = 499
"""Nobody reads the answer; the number is what proxies write for it."""


async def until_disconnected(request: Request, console: Console, work: Callable[[Console], Response]) -> Response:
    """The answer that `work` makes in a thread; its searches are cancelled when the browser goes away meanwhile."""
    cancellation = Cancellation()
    limited = replace(console, search_database=console.search_database.cancelled_by(cancellation))
    failure: Exception | None = None
    answer = Response(status_code=_NOBODY_WAITS)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_watch, request, cancellation)
        try:
            answer = await to_thread.run_sync(work, limited)
        except QueryAbandonedError:
            pass
        except Exception as exc:  # noqa: BLE001  raised below, outside the group, which would wrap it
            failure = exc
        tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure
    return answer


async def _watch(request: Request, cancellation: Cancellation) -> None:
    while True:
        await anyio.sleep(_LOOK_EVERY_S)
        if await request.is_disconnected():
            await to_thread.run_sync(cancellation.cancel)
