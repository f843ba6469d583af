# SPDX-License-Identifier: AGPL-3.0-or-later
"""Vehicle motion before a camera: plate positions in the image, and occlusions."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from anpr.demo.scene.view import View
from anpr.domain.gate import Direction
from anpr.domain.read import Box

PLATE_M = (0.52, 0.11)
_PLATE_HEIGHT_M = 0.6
"""Above the road."""
_BODY_M = (1.8, 1.45, 4.2)
"""Width, height, length."""
_NEAREST_M, _FARTHEST_M = 3.0, 60.0
LEAST_PX = 28.0
"""Wide: narrower plates are not found."""

Knot = tuple[float, float, float]
"""Time (s), metres to the right of the lane's middle, metres from the camera."""


@dataclass(frozen=True, kw_only=True)
class Vehicle:
    """Moves in straight lines from knot to knot."""

    plate: str
    way: tuple[Knot, ...]
    hidden: tuple[tuple[float, float], ...] = ()
    """Times between which something stands before it."""
    worn: str | None = None
    """What its plate is misread as, time and again: one character is dirty."""
    country: str = "IT"
    transits: int = 1
    """That are right for it: one that comes back much later makes two."""

    def at(self, at_s: float) -> tuple[float, float] | None:
        """Its x and z; None before its first knot and after its last."""
        times = [knot[0] for knot in self.way]
        if not times[0] <= at_s <= times[-1]:
            return None
        return float(np.interp(at_s, times, [k[1] for k in self.way])), float(
            np.interp(at_s, times, [k[2] for k in self.way])
        )

    @property
    def direction(self) -> Direction | None:
        """Where it goes on the whole; None when it stands."""
        travelled = self.way[-1][2] - self.way[0][2]
        if abs(travelled) < 1.0:
            return None
        return Direction.RECEDING if travelled > 0 else Direction.APPROACHING


@dataclass(frozen=True, kw_only=True)
class Road:
    """What one camera looks at."""

    vehicles: tuple[Vehicle, ...]
    view: View = field(default_factory=View)

    def seen(self, at_s: float) -> list[tuple[Vehicle, Box]]:
        """The plates that can be seen, with their boxes in px."""
        standing = [(one, place) for one in self.vehicles if (place := one.at(at_s)) is not None]
        found = []
        for vehicle, place in standing:
            if any(begin <= at_s < end for begin, end in vehicle.hidden):
                continue
            box = self._plate(place)
            if box is not None and not self._is_covered(box, place, [other for _, other in standing]):
                found.append((vehicle, box))
        return found

    def _plate(self, place: tuple[float, float]) -> Box | None:
        x, z = place
        if not _NEAREST_M <= z <= _FARTHEST_M:
            return None
        w, h = PLATE_M
        pixels = self.view.project(_corners(x, _PLATE_HEIGHT_M, z, w, h))
        (left, top), (right, bottom) = pixels.min(axis=0), pixels.max(axis=0)
        inside = left >= 0 and top >= 0 and right <= self.view.width and bottom <= self.view.height
        if not inside or right - left < LEAST_PX:
            return None
        return Box(x=float(left), y=float(top), w=float(right - left), h=float(bottom - top))

    def _is_covered(self, box: Box, place: tuple[float, float], others: Sequence[tuple[float, float]]) -> bool:
        """Whether the body of a vehicle that is nearer to the camera lies over a third of the plate."""
        for x, z in others:
            if z < place[1] - 0.1:
                width, height, length = _BODY_M
                near = self.view.project(_corners(x, height / 2, z, width, height))
                far = self.view.project(_corners(x, height / 2, z + length, width, height))
                low, high = np.minimum(near.min(axis=0), far.min(axis=0)), np.maximum(near.max(axis=0), far.max(axis=0))
                body = Box(x=low[0], y=low[1], w=max(1.0, high[0] - low[0]), h=max(1.0, high[1] - low[1]))
                if body.shared_area(box) > box.area / 3:
                    return True
        return False


def _corners(x: float, y: float, z: float, width: float, height: float) -> npt.NDArray[np.float64]:
    """Of an upright rectangle that faces the camera."""
    return np.array([(x + dx * width / 2, y + dy * height / 2, z) for dx in (-1, 1) for dy in (-1, 1)])
