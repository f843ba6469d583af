"""Pages that refresh themselves are one consultation, not one every few seconds; but each is recorded."""

import threading
from collections import OrderedDict

from anpr.runtime.clock import Clock

AGAIN_AFTER_S = 900.0


class Consultations:
    """Who looks at what at the moment. Bounded: when full, the oldest is forgotten, and would be recorded again."""

    def __init__(self, clock: Clock, *, max_records: int = 10_000) -> None:
        self._clock = clock
        self._max_records = max_records
        self._since: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._lock = threading.Lock()

    def begins(self, session_key: str, what: str) -> bool:
        """Whether this session was not looking at it in the last AGAIN_AFTER_S: then it is to be recorded."""
        now = self._clock.monotonic()
        with self._lock:
            since = self._since.get((session_key, what))
            if since is not None and now - since < AGAIN_AFTER_S:
                return False
            self._since.pop((session_key, what), None)
            self._since[session_key, what] = now
            while len(self._since) > self._max_records:
                self._since.popitem(last=False)
            return True
