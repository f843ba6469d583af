# SPDX-License-Identifier: AGPL-3.0-or-later
"""Decisions of the simulated office: which behaviour each transfer meets. Thread-safe; a person may change it live."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass

from anpr.simulator.behaviour import Behaviour

PICTURE_ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
MAX_ORDER = 1_000_000


def is_picture_name(name: str) -> bool:
    """Whether a file of this name is a picture by itself, and no file of records."""
    return name.lower().endswith(PICTURE_ENDINGS)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ordered:
    """What holds now: the behaviour that stands, and another one for the next `left` files of records."""

    standing: Behaviour
    next: Behaviour | None
    left: int


class Decisions:
    """Gives each transfer its behaviour."""

    def __init__(self, standing: Behaviour, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._standing = standing
        self._next: Behaviour | None = None
        self._left = 0
        self._transfers = 0
        self._chance = random.Random(seed)
        self._told: list[Callable[[Behaviour], None]] = []

    def tell(self, told: Callable[[Behaviour], None]) -> None:
        """Call this with the behaviour that stands, now and whenever it changes; in the thread of who changes it."""
        self._told.append(told)
        told(self.now.standing)

    def order(self, behaviour: Behaviour, count: int | None) -> None:
        """From now on, or for the next `count` files of records; what was ordered before for the next ones ends."""
        with self._lock:
            self._next, self._left = (None, 0) if count is None else (behaviour, min(count, MAX_ORDER))
            if count is None:
                self._standing = behaviour
                self._transfers = 0
        if count is None:
            for told in self._told:
                told(behaviour)

    @property
    def now(self) -> Ordered:
        """What holds."""
        with self._lock:
            return Ordered(standing=self._standing, next=self._next, left=self._left)

    def take(self, name: str) -> Behaviour:
        """The behaviour for one transfer. Pictures do not use up what is ordered for the next files."""
        with self._lock:
            if self._next is not None and not is_picture_name(name):
                chosen = self._next
                self._left -= 1
                if self._left <= 0:
                    self._next = None
                return chosen
            self._transfers += 1
            standing = self._standing
            is_hit = self._transfers % standing.every == 0 and self._chance.random() < standing.share
            return standing if is_hit else standing.undisturbed()
