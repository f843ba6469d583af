# SPDX-License-Identifier: AGPL-3.0-or-later
"""Event loop in a thread of its own, for servers that are written for asyncio."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

_Result = TypeVar("_Result")
STOP_WITHIN_S = 10.0


class LoopThread:
    """Runs coroutines in the loop from other threads."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop

    def run(self, work: Coroutine[Any, Any, _Result]) -> _Result:
        """What the coroutine returns or raises."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(STOP_WITHIN_S)


@contextmanager
def loop_thread(name: str) -> Iterator[LoopThread]:
    """The loop runs until the context ends; what still runs in it then is cancelled."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name=name, daemon=True)
    thread.start()
    runner = LoopThread(loop)
    try:
        yield runner
    finally:
        runner.run(_cancel_all())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(STOP_WITHIN_S)
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


async def _cancel_all() -> None:
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
