# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stacked bars of a month: the place of each piece in per cent of the width and of the height, for an SVG."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from anpr.store.forwarding.counts import DayCounts

ORDER = ("accepted", "sent", "queued", "rejected", "expired", "withheld")
"""From the base up."""
_LEAST = 2.0
"""Per cent of the height: what is not 0 is seen."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """One state of a day: `top` and `height` in per cent of the whole height."""

    state: str
    top: float
    height: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Bar:
    """One day: `left` and `width` in per cent of the whole width; without pieces where nothing is known of it."""

    day: date
    left: float
    width: float
    counts: Mapping[str, int]
    pieces: tuple[Piece, ...]

    @property
    def total(self) -> int:
        """Transits of the day."""
        return sum(self.counts.values())


def month_bars(days: DayCounts, first: date, number: int) -> list[Bar]:
    """A bar for each of `number` days from the first one on; the tallest is as high as there is room."""
    shown = [first + timedelta(days=each) for each in range(number)]
    most = max((sum(days.get(day, {}).values()) for day in shown), default=0)
    step = 100 / number
    return [
        Bar(
            day=day,
            left=round(place * step + step * 0.1, 3),
            width=round(step * 0.8, 3),
            counts=days.get(day, {}),
            pieces=_pieces(days.get(day, {}), most),
        )
        for place, day in enumerate(shown)
    ]


def _pieces(counts: Mapping[str, int], most: int) -> tuple[Piece, ...]:
    heights = {state: max(_LEAST, 100 * counts[state] / most) for state in ORDER if counts.get(state, 0) > 0}
    scale = min(1.0, 100 / total) if (total := sum(heights.values())) else 1.0  # what was made visible takes room
    pieces, top = [], 100.0
    for state, height in heights.items():
        top -= height * scale
        pieces.append(Piece(state=state, top=round(max(0.0, top), 2), height=round(height * scale, 2)))
    return tuple(pieces)
