# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sequence numbers with gap detection: which numbers of one outbox have come, kept as a range and the gaps in it."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

MAX_GAPS = 1000
"""Of one outbox. A reader that leaves out every second number must not make a row for each of them: the oldest gaps
are then forgotten, and their numbers counted."""
MAX_NUMBER = 10**15
"""More transits than a reader makes in a thousand years."""


@dataclass(frozen=True, slots=True)
class SequenceNumber:
    """The place of a transit in its reader's outbox: `number` grows by one from 1, `epoch` (32 hex digits) is another
    one when the outbox is made anew."""

    epoch: str
    number: int


@dataclass(frozen=True, slots=True)
class Gap:
    """Numbers that have not come, both ends inclusive; `after_at` and `before_at` are the capture times (UTC) of the
    transits around it, `found_at` is when it was first seen."""

    first: int
    last: int
    after_at: datetime
    before_at: datetime
    found_at: datetime

    @property
    def size(self) -> int:
        """How many numbers."""
        return self.last - self.first + 1


@dataclass(frozen=True, kw_only=True, slots=True)
class NumbersSeen:
    """What is known of the numbers of one outbox. `first` is None before the first one has come."""

    first: int | None = None
    last: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    gaps: tuple[Gap, ...] = ()
    """By number, without overlaps."""
    forgotten: int = 0
    """Numbers of gaps that were too many to keep."""


@dataclass(slots=True)
class _Walk:
    """The state of one call of `take_numbers`, which changes as it goes."""

    seen: NumbersSeen
    now: datetime
    gaps: list[Gap] = field(default_factory=list)

    def take(self, number: int, at: datetime) -> bool:
        """Whether the number is new."""
        seen = self.seen
        if seen.first is None:
            self.seen = replace(seen, first=number, last=number, first_at=at, last_at=at)
            return True
        if number > seen.last:
            self._gap(seen.last + 1, number - 1, seen.last_at or at, at)
            self.seen = replace(seen, last=number, last_at=at, first_at=seen.first_at or at)
            return True
        if number < seen.first:
            self._gap(number + 1, seen.first - 1, at, seen.first_at or at)
            self.seen = replace(seen, first=number, first_at=at)
            return True
        return self._close(number, at)

    def _gap(self, first: int, last: int, after_at: datetime, before_at: datetime) -> None:
        if first > last:
            return
        place = bisect_right(self.gaps, first, key=lambda gap: gap.first)
        self.gaps.insert(place, Gap(first, last, after_at, before_at, self.now))

    def _close(self, number: int, at: datetime) -> bool:
        place = bisect_right(self.gaps, number, key=lambda gap: gap.first) - 1
        if place < 0 or number > self.gaps[place].last:
            return False
        gap = self.gaps[place]
        left = replace(gap, last=number - 1, before_at=at)
        right = replace(gap, first=number + 1, after_at=at)
        self.gaps[place : place + 1] = [part for part in (left, right) if part.size > 0]
        return True


def take_numbers(
    seen: NumbersSeen, numbers: Iterable[tuple[int, datetime]], now: datetime, max_gaps: int = MAX_GAPS
) -> tuple[NumbersSeen, set[int]]:
    """Note numbers with the capture times (UTC) of their transits; returns what is known now, and the numbers that are
    new. Their order does not matter."""
    walk = _Walk(seen, now, list(seen.gaps))
    new = {number for number, at in sorted(dict(reversed(list(numbers))).items()) if walk.take(number, at)}
    gone, kept = walk.gaps[: len(walk.gaps) - max_gaps], walk.gaps[-max_gaps:]
    if len(walk.gaps) <= max_gaps:
        gone, kept = [], walk.gaps
    forgotten = walk.seen.forgotten + sum(gap.size for gap in gone)
    return replace(walk.seen, gaps=tuple(kept), forgotten=forgotten), new
