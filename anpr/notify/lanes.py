# SPDX-License-Identifier: AGPL-3.0-or-later
"""Circuit breaker per lane: after a failure that concerns all messages of a server nothing is tried there for a while.

The pauses double and begin anew after a success. At most MOST lanes are remembered, the latest ones.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime

from anpr.domain.notification import SendFault
from anpr.runtime.backoff import Backoff
from anpr.runtime.clock import Clock

PAUSE_MIN_S, PAUSE_MAX_S = 5.0, 120.0
"""So soon after an outage everything is sent at the latest."""
MOST = 1000


@dataclass(kw_only=True, slots=True)
class _Lane:
    since: datetime
    reason: str
    fault: SendFault
    until: float
    backoff: Backoff = field(default_factory=lambda: Backoff(first_s=PAUSE_MIN_S, most_s=PAUSE_MAX_S))


class Lanes:
    """Lanes that fail. One thread uses it; another may read `failing`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lanes: OrderedDict[str, _Lane] = OrderedDict()

    def failed(self, name: str, reason: str, fault: SendFault = SendFault.UNREACHABLE) -> None:
        """Nothing could be sent there."""
        lane = self._lanes.pop(name, None) or _Lane(since=self._clock.now(), reason=reason, fault=fault, until=0.0)
        lane.reason, lane.fault = reason, fault
        lane.until = self._clock.monotonic() + lane.backoff.next_s()
        self._lanes[name] = lane
        while len(self._lanes) > MOST:
            self._lanes.popitem(last=False)

    def works(self, name: str) -> None:
        """Something was sent there, or at least the server answered."""
        self._lanes.pop(name, None)

    def waiting(self) -> set[str]:
        """Lanes in which nothing is tried now."""
        now = self._clock.monotonic()
        return {name for name, lane in self._lanes.items() if now < lane.until}

    def failing(self) -> tuple[datetime, str, SendFault] | None:
        """Since when (UTC) and why the one that fails the longest does; None where all work."""
        lanes = list(self._lanes.values())
        return min(((lane.since, lane.reason, lane.fault) for lane in lanes), default=None)
