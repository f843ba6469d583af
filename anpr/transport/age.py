# SPDX-License-Identifier: AGPL-3.0-or-later
"""Age limit of the outbox: plates of people may not be kept longer than the law allows."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from anpr.runtime.clock import Clock
from anpr.runtime.steady_time import SteadyTime
from anpr.transport.records import RecordKind

log = logging.getLogger(__name__)

LOOK_EVERY_S = 60.0
MAX_JUMP_S = 3600.0
"""A clock that was set further than this says nothing about ages any more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MaxAge:
    """Longest wait per kind; None sets no limit. Health reports do not age: the next replaces the one before."""

    metadata: timedelta | None = None
    images: timedelta | None = None


class AgeLimit:
    """Decides when to look for old records, and which are too old then."""

    def __init__(self, max_age: MaxAge, clock: Clock) -> None:
        self._ages = {RecordKind.METADATA: max_age.metadata, RecordKind.IMAGES: max_age.images}
        self._clock = clock
        self._time = SteadyTime(clock)
        self._look_at = clock.monotonic()

    def due(self) -> Mapping[RecordKind, datetime]:
        """Per kind, the time (UTC) before which records are too old; empty when it is not time to look again."""
        if self._clock.monotonic() < self._look_at:
            return {}
        self._look_at = self._clock.monotonic() + LOOK_EVERY_S
        if self._time.step.total_seconds() > MAX_JUMP_S:  # of a month, it would make everything old at once
            log.error("outbox: the clock was set forward: nothing is given up for its age until the reader starts anew")
            self._look_at = float("inf")
            return {}
        now = self._clock.now()
        return {kind: now - age for kind, age in self._ages.items() if age is not None}
