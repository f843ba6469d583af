# SPDX-License-Identifier: AGPL-3.0-or-later
"""Motion model of a plate: constant-velocity prediction, and the trajectory so far. Lengths in px, times in s."""

import math

from anpr.domain.gate import Direction
from anpr.domain.read import Box

_MEMORY_S = 0.15
"""Time constant of the velocity: vehicles brake and cameras shake."""
_STEADY_S = 0.4
"""Time constant of the steady growth: jitter of a few px makes that of two frames jump."""
_HORIZON_S = 0.6
"""Prediction goes no further than this: no vehicle keeps its speed and direction for longer."""
_SMOOTH_S = 0.2
"""Boxes jitter by a few px from frame to frame; the trajectory is made of positions smoothed over this time."""
_STILL_HEIGHTS = 0.5
_STILL_GROWTH = math.log(1.12)
_GROWTH = math.log(1.08)
"""Beyond jitter: smoothed widths of a standing plate were seen to change by 5 %."""
_CLIMB_HEIGHTS = 1.0
_CLEAR = 2.0


class Motion:
    """Constant-velocity prediction of the next box, in time and not in frames, so that it holds at any frame rate."""

    def __init__(self, box: Box, at: float) -> None:
        self.box = box
        self.at = at
        self.sightings = 1
        self._velocity = (0.0, 0.0)
        self._growth = self._steady_growth = 0.0

    def predict(self, at: float) -> Box:
        """The box expected at time `at`."""
        ahead = min(max(0.0, at - self.at), _HORIZON_S)
        x, y = self.box.centre
        x, y = x + self._velocity[0] * ahead, y + self._velocity[1] * ahead
        scale = math.exp(max(-0.7, min(0.7, self._growth * ahead)))
        w, h = self.box.w * scale, self.box.h * scale
        return Box(x=x - w / 2, y=y - h / 2, w=w, h=h)

    @property
    def growth(self) -> float:
        """Of the width's logarithm in a second, at most: the greater of what the last frames and the last half second
        show."""
        return max(self._growth, self._steady_growth)

    def reach(self, at: float) -> float:
        """How far from its predicted centre the plate may turn up at time `at`.

        A plate is half a metre wide: 20 m/s across the image are 40 widths a second, but a gate looks along the
        road, where the fastest seen here was 8. Once the speed is known, only its change is uncertain.
        """
        elapsed = max(0.0, at - self.at)
        speed = math.hypot(*self._velocity)
        free = 8.0 if self.sightings < 3 else 3.0
        return self.box.w * (0.6 + free * min(elapsed, 1.0)) + 0.5 * speed * min(elapsed, _HORIZON_S)

    def update(self, box: Box, at: float) -> None:
        """The plate was seen at `box`."""
        elapsed = at - self.at
        if elapsed > 0:
            gain = 1.0 if self.sightings == 1 else 1 - math.exp(-elapsed / _MEMORY_S)
            (x, y), (old_x, old_y) = box.centre, self.box.centre
            seen = ((x - old_x) / elapsed, (y - old_y) / elapsed)
            self._velocity = (_mix(self._velocity[0], seen[0], gain), _mix(self._velocity[1], seen[1], gain))
            grew = math.log(box.w / self.box.w) / elapsed
            self._growth = _mix(self._growth, grew, gain)
            steady = 1.0 if self.sightings == 1 else 1 - math.exp(-elapsed / _STEADY_S)
            self._steady_growth = _mix(self._steady_growth, grew, steady)
        self.box, self.at = box, max(self.at, at)
        self.sightings += 1


class Trajectory:
    """How a plate moved over its whole track, in constant memory: the extremes of its smoothed position."""

    def __init__(self, box: Box, at: float) -> None:
        self._at = at
        self._height = box.h
        x, y = box.centre
        self._x, self._y, self._size = _Extent(x, at), _Extent(y, at), _Extent(math.log(box.w), at)

    def add(self, box: Box, at: float) -> None:
        """The plate was seen at `box`."""
        gain = 1 - math.exp(-max(0.0, at - self._at) / _SMOOTH_S)
        self._at = at
        self._height = _mix(self._height, box.h, gain)
        x, y = box.centre
        for extent, value in ((self._x, x), (self._y, y), (self._size, math.log(box.w))):
            extent.add(_mix(extent.value, value, gain), at)

    @property
    def is_still(self) -> bool:
        """Whether it stayed where it was first seen, jitter aside."""
        moved = max(self._x.spread, self._y.spread)
        return moved < _STILL_HEIGHTS * self._height and self._size.spread < _STILL_GROWTH

    @property
    def direction(self) -> Direction | None:
        """By the plate's growth; else by its way down or up the image, as cameras look down on the road."""
        return self._shown(1.0)

    @property
    def is_direction_clear(self) -> bool:
        """Whether it shows twice what a direction needs: a shaken camera shows half of that, and the wrong way."""
        return self.direction is not None and self._shown(_CLEAR) == self.direction

    def _shown(self, share: float) -> Direction | None:
        if self._size.spread >= share * _GROWTH:
            return Direction.APPROACHING if self._size.rose else Direction.RECEDING
        if self._y.spread >= share * _CLIMB_HEIGHTS * self._height:
            return Direction.APPROACHING if self._y.rose else Direction.RECEDING
        return None


class _Extent:
    """The least and the greatest of a value, and which of the two came last."""

    def __init__(self, value: float, at: float) -> None:
        self.value = value
        self._least, self._least_at = value, at
        self._most, self._most_at = value, at

    def add(self, value: float, at: float) -> None:
        self.value = value
        if value < self._least:
            self._least, self._least_at = value, at
        if value > self._most:
            self._most, self._most_at = value, at

    @property
    def spread(self) -> float:
        return self._most - self._least

    @property
    def rose(self) -> bool:
        return self._most_at > self._least_at


def _mix(old: float, new: float, gain: float) -> float:
    return old + gain * (new - old)
