# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deduplication of view-audit rows: one per session, page and 15 minutes, however often the page refreshes itself."""

import threading
from collections import OrderedDict
from collections.abc import Iterable

from anpr.runtime.clock import Clock

AGAIN_AFTER_S = 900.0


class ViewAudit:
    """What each session is looking at. Bounded: when full, the oldest is forgotten, and would be recorded again."""

    def __init__(self, clock: Clock, *, max_records: int = 100_000) -> None:
        self._clock = clock
        self._max_records = max_records
        self._since: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._lock = threading.Lock()

    def is_due(self, session_key: str, view: str, *, once: bool = False) -> bool:
        """Whether this view needs a row: the session was given none for it in the last AGAIN_AFTER_S.

        `once`: or ever, because what it shows does not change.
        """
        return bool(self.due_of(session_key, [view], once=once))

    def due_of(self, session_key: str, views: Iterable[str], *, once: bool = False) -> list[str]:
        """Those of these views that need a row, as `is_due`."""
        now = self._clock.monotonic()
        with self._lock:
            due = [view for view in views if self._is_due((session_key, view), now, once)]
            while len(self._since) > self._max_records:
                self._since.popitem(last=False)
            return due

    def forget(self, session_key: str, views: Iterable[str]) -> None:
        """These could not be recorded after all: they are due."""
        with self._lock:
            for view in views:
                self._since.pop((session_key, view), None)

    def _is_due(self, key: tuple[str, str], now: float, once: bool) -> bool:
        since = self._since.get(key)
        if since is not None and (once or now - since < AGAIN_AFTER_S):
            return False
        self._since.pop(key, None)
        self._since[key] = now
        return True
