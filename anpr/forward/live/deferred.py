# SPDX-License-Identifier: AGPL-3.0-or-later
"""Back-off of transits that wait for their image: looked at again after 1, 2, 4 … 60 s, and not at every turn."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from anpr.runtime.backoff import doubled_s
from anpr.runtime.clock import Clock

MOST = 10_000
"""So many are remembered; of more, the oldest are looked at again at once."""
_FIRST_S = 1.0
_MOST_S = 60.0
_FORGET_S = 120.0


@dataclass(slots=True)
class _Wait:
    due: float
    times: int


class Deferred:
    """Ids of transits that are left alone for a while; in memory, as nothing is lost with them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waits: dict[UUID, _Wait] = {}

    def add(self, ids: Iterable[UUID]) -> None:
        """These were looked at just now, and still wait."""
        now = self._clock.monotonic()
        for id in ids:
            times = before.times if (before := self._waits.pop(id, None)) else 0
            self._waits[id] = _Wait(now + doubled_s(_FIRST_S, times, _MOST_S), times + 1)
        self._waits = {id: wait for id, wait in self._waits.items() if wait.due + _FORGET_S > now}
        for id in list(self._waits)[: max(0, len(self._waits) - MOST)]:
            del self._waits[id]

    def ids(self) -> list[UUID]:
        """Those that are left alone now."""
        now = self._clock.monotonic()
        return [id for id, wait in self._waits.items() if wait.due > now]
