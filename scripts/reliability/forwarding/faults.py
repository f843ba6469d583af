# SPDX-License-Identifier: AGPL-3.0-or-later
"""Schedule of faults by progress: cuts, kills and a full disk, spread evenly over what the office has taken."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass
class Schedule:
    """Faults that are due when so many transits have been taken; each happens once."""

    moments: list[tuple[int, str]]
    done: list[str] = field(default_factory=list)

    @classmethod
    def spread(cls, total: int, numbers: Sequence[tuple[str, int]], chance: random.Random) -> "Schedule":
        """So many faults of each kind, each at a random moment of its own share of the way."""
        moments = [
            (int(total * (index + chance.random()) / (number + 1)), kind)
            for kind, number in numbers
            for index in range(number)
        ]
        return cls(sorted(moments))

    def strike(self, taken: int, faults: dict[str, Callable[[], None]]) -> None:
        """Let happen what is due."""
        while self.moments and self.moments[0][0] <= taken:
            _, kind = self.moments.pop(0)
            faults[kind]()
            self.done.append(kind)
