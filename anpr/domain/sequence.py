# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sequence numbers with gap detection: which numbers of one outbox have come, kept as a range and the gaps in it."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
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
    """The state of one call of `take_numbers`, which changes as it goes: a frozen copy for each number costs more than
    all else here."""

    first: int | None
    last: int
    first_at: datetime | None
    last_at: datetime | None
    gaps: list[Gap]
    now: datetime

    def take(self, number: int, at: datetime) -> bool:
        """Whether the number is new."""
        if self.first is None:
            self.first, self.last, self.first_at, self.last_at = number, number, at, at
            return True
        if number > self.last:
            self._gap(self.last + 1, number - 1, self.last_at or at, at)
            self.last, self.last_at, self.first_at = number, at, self.first_at or at
            return True
        if number < self.first:
            self._gap(number + 1, self.first - 1, at, self.first_at or at)
            self.first, self.first_at = number, at
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
    walk = _Walk(seen.first, seen.last, seen.first_at, seen.last_at, list(seen.gaps), now)
    new = {number for number, at in sorted(dict(reversed(list(numbers))).items()) if walk.take(number, at)}
    surplus = max(0, len(walk.gaps) - max_gaps)
    after = NumbersSeen(
        first=walk.first,
        last=walk.last,
        first_at=walk.first_at,
        last_at=walk.last_at,
        gaps=tuple(walk.gaps[surplus:]),
        forgotten=seen.forgotten + sum(gap.size for gap in walk.gaps[:surplus]),
    )
    return after, new
