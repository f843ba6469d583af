# SPDX-License-Identifier: AGPL-3.0-or-later
"""Exponential backoff with jitter: how long to wait before the next try."""

import random
from collections.abc import Callable
from dataclasses import dataclass

_MOST_DOUBLINGS = 32
"""So that a million failures cost no more than ten, and no power overflows."""


def doubled_s(first_s: float, doublings: int, most_s: float) -> float:
    """`first_s` seconds doubled so many times, at most `most_s`. Without jitter: for waits that people are told."""
    return min(most_s, first_s * 2.0 ** min(doublings, _MOST_DOUBLINGS))


@dataclass(kw_only=True, slots=True)
class Backoff:
    """Doubles from `first_s` up to `most_s` seconds. Each wait is shortened at random by up to a half, though not below
    `least_s`, so that a hundred readers, or cameras behind one switch, do not come back in the same second.
    """

    first_s: float = 0.5
    most_s: float = 30.0
    least_s: float = 0.0
    random: Callable[[], float] = random.random
    """Gives numbers in [0, 1)."""
    _failures: int = 0

    def next_s(self) -> float:
        """Seconds to wait after one more failure."""
        longest_s = doubled_s(self.first_s, self._failures, self.most_s)
        self._failures = min(self._failures + 1, _MOST_DOUBLINGS)
        return max(self.least_s, longest_s * (0.5 + self.random() / 2))

    def reset(self) -> None:
        """After a success: start again from `first_s`."""
        self._failures = 0
