# SPDX-License-Identifier: AGPL-3.0-or-later
"""Prefetch of one item: the next one is made in a thread while the caller works on the one before."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_Item = TypeVar("_Item")


def one_ahead(items: Iterator[_Item], may_run_ahead: Callable[[], bool]) -> Iterator[_Item]:
    """The items in their order. `may_run_ahead` says, when one is handed over, whether the next may be made already.

    Whatever making one raises is raised here, in its turn.
    """
    coming: Future[_Item | None] | None = None
    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as thread:
        while (item := coming.result() if coming else next(items, None)) is not None:
            coming = thread.submit(next, items, None) if may_run_ahead() else None
            yield item
            del item  # or it would stay in memory while the next one is waited for
