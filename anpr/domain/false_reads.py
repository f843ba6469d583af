# SPDX-License-Identifier: AGPL-3.0-or-later
"""Share with its Wilson interval, and the rule by which a list or camera cries wolf: too many false reads for sure.

The interval holds for few alarms too, where the share alone says nothing: 2 of 2 are no reason to distrust a camera.
"""

from dataclasses import dataclass

from anpr.domain.interval import wilson


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """How many of `all` were so; `low` and `high` are the bounds of its Wilson interval of 95 %, 0 to 1."""

    part: int
    all: int
    low: float
    high: float

    @property
    def value(self) -> float:
        """0 to 1; 0 of none."""
        return self.part / self.all if self.all else 0.0


def share_of(part: int, every: int) -> Share:
    """The share with its interval; of none nothing is known: 0 to 1. Raises ValueError for a part above the whole."""
    if not 0 <= part <= every:
        raise ValueError(f"{part} of {every}")
    low, high = wilson(part, every)
    return Share(part=part, all=every, low=low, high=high)


def cries_wolf(false_reads: Share, least: int, above: float) -> bool:
    """Whether, of at least `least` closed alarms, more than `above` (0 to 1) are false reads, for all that chance may
    have added: the lower bound counts."""
    return false_reads.all >= least and false_reads.low > above
