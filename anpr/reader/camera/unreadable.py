# SPDX-License-Identifier: AGPL-3.0-or-later
"""Negative cache of boxes that could not be read: a road sign taken for a plate must not cost a read in every frame."""

from dataclasses import dataclass

from anpr.domain.read import Box

_SAME_IOU = 0.5
_TRIES = 5
"""Failures in a row before a place is tried only every `_TRY_AGAIN_S`."""
_TRY_AGAIN_S = 0.5
_NEARER = 1.05
"""A box that grew by this factor since it was tried last is tried again: the plate comes nearer."""
_FORGET_S = 2.0
_MOST = 32


@dataclass(kw_only=True, slots=True)
class _Place:
    box: Box
    failures: int
    tried_at_s: float
    tried_width: float
    seen_at_s: float


class UnreadableCache:
    """Holds the places of one camera. Times are `at_s` of its frames, in seconds. Not thread-safe."""

    def __init__(self) -> None:
        self._places: list[_Place] = []

    def wants_read(self, box: Box, at_s: float) -> bool:
        """Whether it is worth trying to read this box."""
        place = self._find(box, at_s)
        if place is None or place.failures < _TRIES:
            return True
        place.box, place.seen_at_s = box, at_s
        return at_s - place.tried_at_s >= _TRY_AGAIN_S or box.w >= place.tried_width * _NEARER

    def failed(self, box: Box, at_s: float) -> None:
        """The box was tried, and gave no read that counts."""
        place = self._find(box, at_s)
        failures = place.failures if place else 0
        tried = _Place(box=box, failures=failures + 1, tried_at_s=at_s, tried_width=box.w, seen_at_s=at_s)
        self._places = [*(one for one in self._places if one is not place), tried][-_MOST:]

    def succeeded(self, box: Box, at_s: float) -> None:
        """The box was tried and read."""
        place = self._find(box, at_s)
        self._places = [one for one in self._places if one is not place]

    def _find(self, box: Box, at_s: float) -> _Place | None:
        # A stream that starts again may count from an earlier time: those places are forgotten too.
        self._places = [one for one in self._places if 0 <= at_s - one.seen_at_s < _FORGET_S]
        return max(
            (one for one in self._places if one.box.iou(box) >= _SAME_IOU),
            key=lambda one: one.box.iou(box),
            default=None,
        )
