# SPDX-License-Identifier: AGPL-3.0-or-later
"""Motion events by frame differencing: what moved, found without the plate detector, with stills to count from.

A vehicle that the reader misses must still reach the person who counts. So nothing here depends on plates: an event
lasts while enough of the image differs from what it was a moment before. A vehicle that comes near moves more of the
image; where that falls to a fraction of its peak, the next vehicle is another event.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import numpy.typing as npt

from anpr.capture.frame import Frame
from anpr.domain.area import Polygon
from anpr.reader.camera.motion_gate import outside_masks

_CHANGE = 20
"""Levels of 255; above the noise of a camera at night."""
_LEAST_SHARE = 0.006
"""Of the image. A motorcycle whose plate can be read covers more than one hundredth of it."""
_BEFORE_S = 0.3
"""Frames this far apart are compared: a vehicle at 20 km/h has moved 1.7 m, and leaves no trace where it was before."""
_GAP_S = 2.0
"""After a longer time without a frame there is nothing to compare with."""
_VALLEY = 0.25
"""Of the event's peak: where less moves for a moment, the vehicle has passed."""
_OVER_S = 0.3
"""An event ends when it is in its valley for this long."""
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
        self._past: deque[tuple[float, npt.NDArray[np.int16]]] = deque()
        """Time (s) and brightness of the last frames, the oldest first: the one to compare with, and later ones."""
        self._watched: npt.NDArray[np.bool_] | None = None
        self._event: _Open | None = None

    @property
    def is_quiet(self) -> bool:
        """Whether no event is under way."""
        return self._event is None

    def add(self, frame: Frame) -> MotionResult:
        """Take the camera's next frame."""
        share = self._moved_share(frame)
        now = _Moment(frame.captured_at, frame.at_s)
        ended = self.end() if self._is_over(share, now) else None
        if share < _LEAST_SHARE:
            return MotionResult(ended=ended)
        event = self._event
        if event is None:
            self._event = _Open(began=now, last=now, peak=now, peak_share=share, still_at_s=now.at_s)
            return MotionResult(ended=ended, wants_still=True)
        if share >= event.peak_share:
            event.peak, event.peak_share = now, share
        if share >= _VALLEY * event.peak_share:
            event.last = now
        wants_still = now.at_s - event.still_at_s >= _STILL_EVERY_S
        if wants_still:
            event.still_at_s = now.at_s
        return MotionResult(ended=ended, wants_still=wants_still)

    def end(self) -> FoundMotion | None:
        """The event under way, because no frame will come any more."""
        event, self._event = self._event, None
        if event is None:
            return None
        return FoundMotion(began=event.began.at, ended=event.last.at, peak=event.peak.at)

    def _is_over(self, share: float, now: _Moment) -> bool:
        event = self._event
        if event is None:
            return False
        low = share < max(_LEAST_SHARE, _VALLEY * event.peak_share)
        return (low and now.at_s - event.last.at_s >= _OVER_S) or now.at_s - event.began.at_s >= _LONGEST_S

    def _moved_share(self, frame: Frame) -> float:
        """The share of the image that differs from what it was _BEFORE_S ago; 0 where there is nothing to compare."""
        small, at_s = frame.luma().astype(np.int16), frame.at_s
        past = self._past
        if past and (past[-1][1].shape != small.shape or at_s - past[-1][0] > _GAP_S):
            past.clear()
            self._watched = None
        while len(past) > 1 and at_s - past[1][0] >= _BEFORE_S:
            past.popleft()
        past.append((at_s, small))
        if len(past) == 1:
            return 0.0
        if self._watched is None:
            self._watched = np.asarray(outside_masks(self._masks, small.shape[1], small.shape[0]) > 0, np.bool_)
        moved = (np.abs(small - past[0][1]) > _CHANGE) & self._watched
        return float(np.count_nonzero(moved)) / small.size
