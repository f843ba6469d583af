# SPDX-License-Identifier: AGPL-3.0-or-later
"""Data association: greedy assignment of this frame's plates to tracks, the cheapest pair first.

It is greedy and not optimal (Hungarian) on purpose: text tells close vehicles apart, so that pairs hardly ever compete
at equal cost.
"""

import math
from collections.abc import Sequence

from anpr.domain.read import Box, PlateRead
from anpr.domain.similarity import edit_distance, similarity
from anpr.reader.assemble.track import FOREIGN, Track

_LIMIT = 1.6
_LIMIT_UNREAD = 0.8
"""The limit for a box without text, which may as well be a lamp."""
_TEXT_WEIGHT = 1.5
_SIZE_RATIO = math.log(1.7)
"""A plate does not change its width by more than this between two frames, and twice as much in the next second."""
_SAME_PLACE_S = 0.25
_SAME_PLACE_IOU = 0.4
_DISTINCTIVE = 5
"""Characters from which the same text is the same plate, however far it moved."""
_SURE_OF_TEXT = 0.8
_STALE = 0.2
"""Cost of a track not read for a second: of two in one place, the one read last is still there."""
_INSIDE = 0.6
"""Share of the smaller box's area: two plates of two vehicles never hide each other that much and stay readable."""

Seen = tuple[Box, PlateRead | None]
"""A plate of this frame: its box (px), and its read, or None when it was not, or could not be, read."""


def associate(tracks: Sequence[Track], seen: Sequence[Seen], at: float, *, loosely: bool = False) -> list[Track | None]:
    """For each plate seen at time `at` (s) its track, or None. No track is given twice.

    `loosely`: a box that was not read is as free to move as one whose text agrees.
    """
    pairs = []
    for i, (box, read) in enumerate(seen):
        for track in tracks:
            cost = _cost(track, box, read, at, loosely=loosely)
            if cost is not None:
                pairs.append((cost, i, track))
    found: list[Track | None] = [None] * len(seen)
    taken: set[int] = set()
    for _, i, track in sorted(pairs, key=lambda pair: pair[0]):
        if found[i] is None and id(track) not in taken:
            found[i] = track
            taken.add(id(track))
    return found


def _cost(track: Track, box: Box, read: PlateRead | None, at: float, *, loosely: bool) -> float | None:
    """Cost of the pair; None when it cannot be the same plate."""
    text = _text_cost(track, read)
    if text is None:
        return None
    elapsed = max(0.0, at - track.motion.at)
    expected = track.motion.predict(at)
    size = abs(math.log(box.w / expected.w)) / (_SIZE_RATIO * (1 + elapsed))
    if elapsed <= _SAME_PLACE_S and expected.iou(box) >= _SAME_PLACE_IOU:
        return 0.5 * (1 - expected.iou(box)) + 0.2 * text + _STALE * min(1.0, max(0.0, at - track.read_at))
    if text == 0.0 and read is not None and _is_distinctive(track, read):
        return 0.5 + 0.1 * min(_distance(expected, box) / track.motion.reach(at), 5.0)
    cost = _distance(expected, box) / track.motion.reach(at) + 0.5 * size + text
    return cost if size <= 1.0 and cost <= (_LIMIT if loosely or read is not None else _LIMIT_UNREAD) else None


def _text_cost(track: Track, read: PlateRead | None) -> float | None:
    """0 for the same text, None when both are sure and have little in common."""
    verdict = track.verdict()
    if read is None or verdict is None:
        return 0.0
    alike = max(similarity(read.text, verdict.plate), similarity(read.text, track.last_text))
    trust = min(read.confidence, verdict.confidence)
    if trust >= _SURE_OF_TEXT and alike < FOREIGN:
        return None
    return _TEXT_WEIGHT * (1 - alike) * trust


def _is_distinctive(track: Track, read: PlateRead) -> bool:
    return len(read.text) >= _DISTINCTIVE and edit_distance(read.text, track.last_text) < 1


def _distance(a: Box, b: Box) -> float:
    return math.dist(a.centre, b.centre)


def one_per_plate(seen: Sequence[Seen]) -> list[Seen]:
    """Non-maximum suppression: of boxes lying over each other only the one read best is kept."""
    kept: list[Seen] = []
    for box, read in sorted(seen, key=lambda pair: -(pair[1].confidence if pair[1] else -1.0)):
        if all(box.overlap(other) < _INSIDE for other, _ in kept):
            kept.append((box, read))
    return kept
