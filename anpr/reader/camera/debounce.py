"""A condition that lasts. A lorry that fills the picture or headlights in the lens are over before it counts."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class _Run:
    condition: str | None
    from_s: float
    since: datetime


class Steady:
    """Takes on a condition once every look of `after_s` seconds found it, and leaves it the same way."""

    def __init__(self, after_s: float, max_gap_s: float) -> None:
        """Looks further apart than `max_gap_s` say nothing about the time between them."""
        self._after_s = after_s
        self._max_gap_s = max_gap_s
        self._run: _Run | None = None
        self._last_s = float("-inf")
        self.condition: str | None = None
        """None: nothing is wrong."""
        self.since: datetime | None = None
        """When the first of the looks was that found the present condition; None before the first change."""

    def add(self, condition: str | None, at_s: float, when: datetime) -> bool:
        """One look, at `at_s` seconds; whether it brought a change."""
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
        """Something showed that it is not so; whether that brought a change."""
        if self._run is not None and self._run.condition == condition:
            self._run = None
        if self.condition != condition:
            return False
        self._become(None, when)
        return True

    def _become(self, condition: str | None, since: datetime) -> None:
        self.condition, self.since, self._run = condition, since, None
