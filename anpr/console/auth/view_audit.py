# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deduplication of view-audit rows: one per session, page and 15 minutes, however often the page refreshes itself."""

import threading
from collections import OrderedDict

from anpr.runtime.clock import Clock

AGAIN_AFTER_S = 900.0


class ViewAudit:
    """What each session is looking at. Bounded: when full, the oldest is forgotten, and would be recorded again."""

    def __init__(self, clock: Clock, *, max_records: int = 10_000) -> None:
        self._clock = clock
        self._max_records = max_records
        self._since: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._lock = threading.Lock()

    def is_due(self, session_key: str, view: str, *, once: bool = False) -> bool:
        """Whether this view needs a row: the session was given none for it in the last AGAIN_AFTER_S.

        `once`: or ever, because what it shows does not change.
        """
        now = self._clock.monotonic()
        with self._lock:
            since = self._since.get((session_key, view))
            if since is not None and (once or now - since < AGAIN_AFTER_S):
                return False
            self._since.pop((session_key, view), None)
            self._since[session_key, view] = now
            while len(self._since) > self._max_records:
                self._since.popitem(last=False)
            return True
