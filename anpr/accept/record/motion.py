# SPDX-License-Identifier: AGPL-3.0-or-later
"""Motion events by background subtraction: what moved, found without the plate detector, with stills to count from.

A vehicle that the reader misses must still reach the person who counts. So nothing here depends on plates: a running
mean of the brightness is the background, and an event lasts while enough of the image differs from it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from anpr.capture.frame import Frame
from anpr.domain.area import Polygon
from anpr.reader.camera.motion_gate import outside_masks

_CHANGE = 20.0
"""Levels of 255; above the noise of a camera at night."""
_LEAST_SHARE = 0.006
"""Of the image. A motorcycle whose plate can be read covers more than one hundredth of it."""
_FORGET_S = 3.0
"""Time constant of the background: what stands this long belongs to it."""
_QUIET_S = 1.0
"""An event ends when nothing moved for this long."""
_LONGEST_S = 12.0
"""A longer one is divided, so that a queue of vehicles does not become one event of minutes."""
_STILL_EVERY_S = 0.6
"""Between two stills of an event; a vehicle at 50 km/h moves 8 m."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundMotion:
    """A motion event that ended. Times in UTC."""

    began: datetime
    ended: datetime
    peak: datetime
    """When most of the image moved."""


@dataclass(frozen=True, slots=True)
class _Moment:
    at: datetime
    at_s: float


@dataclass(kw_only=True, slots=True)
class _Open:
    began: _Moment
    last: _Moment
    peak: _Moment
    peak_share: float
    still_at_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class MotionResult:
    """What one frame came to."""

    ended: FoundMotion | None = None
    """The event before this frame, when it is over."""
    wants_still: bool = False
    """Whether this frame is a still of the event under way."""


class MotionDetector:
    """Finds the motion events of one camera. Not thread-safe."""

    def __init__(self, masks: Sequence[Polygon] = ()) -> None:
        """What moves under `masks` does not count."""
        self._masks = tuple(masks)
        self._background: npt.NDArray[np.float32] | None = None
        self._at_s = 0.0
        self._counts: npt.NDArray[np.bool_] | None = None
        self._event: _Open | None = None

    @property
    def is_quiet(self) -> bool:
        """Whether no event is under way."""
        return self._event is None

    def add(self, frame: Frame) -> MotionResult:
        """Take the camera's next frame."""
        share = self._moved_share(frame)
        ended = self._end_if_over(frame)
        if share < _LEAST_SHARE:
            return MotionResult(ended=ended)
        event, now = self._event, _Moment(frame.captured_at, frame.at_s)
        if event is None:
            self._event = _Open(began=now, last=now, peak=now, peak_share=share, still_at_s=frame.at_s)
            return MotionResult(ended=ended, wants_still=True)
        event.last = now
        if share > event.peak_share:
            event.peak, event.peak_share = now, share
        wants_still = frame.at_s - event.still_at_s >= _STILL_EVERY_S
        if wants_still:
            event.still_at_s = frame.at_s
        return MotionResult(ended=ended, wants_still=wants_still)

    def end(self) -> FoundMotion | None:
        """The event under way, because no frame will come any more."""
        event, self._event = self._event, None
        if event is None:
            return None
        return FoundMotion(began=event.began.at, ended=event.last.at, peak=event.peak.at)

    def _end_if_over(self, frame: Frame) -> FoundMotion | None:
        event = self._event
        if event is None:
            return None
        over = frame.at_s - event.last.at_s >= _QUIET_S or frame.at_s - event.began.at_s >= _LONGEST_S
        return self.end() if over else None

    def _moved_share(self, frame: Frame) -> float:
        """The share of the image that differs from the background; the frame then becomes part of it."""
        small = frame.luma().astype(np.float32)
        elapsed_s, self._at_s = max(0.0, frame.at_s - self._at_s), frame.at_s
        if self._background is None or self._background.shape != small.shape:
            self._background = small
            watched = outside_masks(self._masks, small.shape[1], small.shape[0]) > 0
            self._counts = np.asarray(watched, np.bool_)
            return 0.0
        moved = (np.abs(small - self._background) > _CHANGE) & self._counts
        self._background += (small - self._background) * min(1.0, elapsed_s / _FORGET_S)
        return float(np.count_nonzero(moved)) / small.size
