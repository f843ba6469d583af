# SPDX-License-Identifier: AGPL-3.0-or-later
"""Optimal stopping of one track: whether waiting for a better image of a settled plate is worth it. Pure; px and s.

A settled plate is read again when it has grown by NEARER, so that a better image takes that long to come. Where it is
not to be expected in time, or the plate will have left the image by then, an alarm gains nothing by waiting.
"""

import math
from dataclasses import dataclass

from anpr.domain.read import Box
from anpr.domain.reasons import Cause
from anpr.reader.assemble.motion import Motion

NEARER = 1.15
"""Read a settled plate again when it grew by this factor."""
_NO_BETTER_FOR_S = 0.4
_NO_BETTER_SMALL_S = 1.0
_SMALL_PX = 80
"""A settled plate without a better read for this long is decided. A small one may be far away and come nearer."""
_SETTLED_FOR_S = 2.0
"""An alarm does not wait longer than this for a better image."""
_GONE_S = 0.2
"""Not seen for this long while frames are examined: the detector seldom misses a plate in so many of them."""
_OUTSIDE = 0.25
"""Share of the plate's width beyond the border from which it is read no more."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Best:
    """The best read so far, and when the vote settled (s)."""

    width: float
    at: float
    read_width: float
    """Of the last read, which need not be the best one."""
    settled_at: float


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """What the camera shows of it."""

    size: tuple[int, int]
    """Width and height of the image."""
    step_s: float
    """From one examined frame to the next."""
    knows_direction: bool
    """Whether the way so far says clearly where the vehicle drives."""


def why_not_wait(motion: Motion, best: Best, view: View, at: float) -> Cause | None:
    """Why nothing better is to be expected at time `at`; None where the wait is worth it."""
    patience = _NO_BETTER_FOR_S if best.width >= _SMALL_PX else _NO_BETTER_SMALL_S
    left = min(best.at + patience, best.settled_at + _SETTLED_FOR_S) - at
    if left <= 0:
        return Cause.SETTLED
    if not view.knows_direction:
        return None  # a transit without its direction is worth less than the time
    if at - motion.at >= _GONE_S or _is_outside(motion.predict(at + view.step_s), view.size):
        return Cause.LEAVING
    if best.width < _SMALL_PX and at - best.at < _NO_BETTER_FOR_S:
        return None  # and so is one with an image from far away
    return None if _better_in_s(motion, best.read_width) <= left else Cause.SETTLED


def _better_in_s(motion: Motion, read_width: float) -> float:
    """Until it will have grown by NEARER."""
    needed = math.log(NEARER * read_width / motion.box.w)
    if needed <= 0:
        return 0.0
    return needed / motion.growth if motion.growth > 0 else math.inf


def _is_outside(box: Box, size: tuple[int, int]) -> bool:
    width, height = size
    slack = _OUTSIDE * box.w
    return box.x < -slack or box.x + box.w > width + slack or box.centre[1] < 0 or box.centre[1] > height
