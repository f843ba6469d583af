"""How long to wait before the next try."""

import random
from dataclasses import dataclass, field


@dataclass(kw_only=True, slots=True)
class Backoff:
    """Doubles from `first_s` up to `most_s` seconds, each wait shortened at random by up to a half, so that a hundred
    readers do not come back to a broker in the same second."""

    first_s: float = 0.5
    most_s: float = 30.0
    chance: random.Random = field(default_factory=random.Random)
    _tries: int = 0

    def next_s(self) -> float:
        """Seconds to wait after one more failure."""
        longest = min(self.most_s, self.first_s * 2.0 ** min(self._tries, 32))
        self._tries += 1
        return longest * self.chance.uniform(0.5, 1.0)

    def reset(self) -> None:
        """It went well: start again from `first_s`."""
        self._tries = 0
