"""How long to wait before the next try."""

from collections.abc import Callable


class Backoff:
    """Twice as long after each failure, up to a limit, and spread, so that cameras behind one switch do not all
    come back in the same moment.
    """

    def __init__(self, min_s: float, max_s: float, random: Callable[[], float]) -> None:
        """`random` gives numbers in [0, 1)."""
        self._min_s = min_s
        self._max_s = max_s
        self._random = random
        self._failures = 0

    def next_s(self) -> float:
        """Seconds to wait after one more failure: between half and all of the step that is due, never below min_s."""
        self._failures = min(self._failures + 1, 32)
        step = min(self._max_s, self._min_s * 2.0**self._failures)
        return max(self._min_s, step * (0.5 + self._random() / 2))

    def reset(self) -> None:
        """After a success."""
        self._failures = 0
