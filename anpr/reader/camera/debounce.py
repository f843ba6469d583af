# SPDX-License-Identifier: AGPL-3.0-or-later
"""Debounce: reports a condition only after it has held for `after_s`; a lorry or headlights do not count."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class _Run:
    condition: str | None
    from_s: float
    since: datetime


class Debounce:
    """Takes on a condition once every sample of `after_s` seconds showed it, and leaves it the same way."""

    def __init__(self, after_s: float, max_gap_s: float) -> None:
        """Samples further apart than `max_gap_s` (s) say nothing about the time between them."""
        self._after_s = after_s
        self._max_gap_s = max_gap_s
        self._run: _Run | None = None
        self._last_s = float("-inf")
        self.condition: str | None = None
        """None: nothing is wrong."""
        self.since: datetime | None = None
        """Time (UTC) of the first sample that showed the present condition; None before the first change."""

    def add(self, condition: str | None, at_s: float, when: datetime) -> bool:
        """Add one sample, taken at `at_s` (s, of the frames) and `when` (UTC). Returns whether it changed anything."""
        if at_s - self._last_s > self._max_gap_s:
            self._run = None
        self._last_s = at_s
        if condition == self.condition:
            self._run = None
            return False
        if self._run is None or self._run.condition != condition:
            self._run = _Run(condition=condition, from_s=at_s, since=when)
        if at_s - self._run.from_s < self._after_s:
            return False
        self._become(condition, self._run.since)
        return True

    def disprove(self, condition: str, when: datetime) -> bool:
        """Something showed that `condition` does not hold; returns whether that changed the condition."""
        if self._run is not None and self._run.condition == condition:
            self._run = None
        if self.condition != condition:
            return False
        self._become(None, when)
        return True

    def _become(self, condition: str | None, since: datetime) -> None:
        self.condition, self.since, self._run = condition, since, None
