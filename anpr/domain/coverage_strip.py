# SPDX-License-Identifier: AGPL-3.0-or-later
"""Coverage over time: what is known of each slot of a range, whether the cameras of a gate looked in it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby

from anpr.domain.health import AWAY, DEGRADED_VIEW, UNVERIFIED, UP, HealthInterval, SubjectKind

BRIEF_S = 10.0
"""A camera that connects anew within a slot does not mark it."""


class Look(StrEnum):
    """What is known of a slot: LOOKED, POOR (image too poor to read plates), PARTLY, BLIND, or UNKNOWN: nobody has
    reported, so that nothing can be said."""

    LOOKED = "looked"
    POOR = "poor"
    PARTLY = "partly"
    BLIND = "blind"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True, slots=True)
class CoverageStrip:
    """Equal slots of [since, until) in their order, and how much of the range was looked (0 to 1)."""

    since: datetime
    until: datetime
    slots: tuple[Look, ...]
    share: float
    """With a good image or a poor one; what is not known does not count as looked."""

    @property
    def runs(self) -> list[tuple[Look, int, int]]:
        """Stretches of equal slots: what is known of them, the first slot, how many."""
        runs: list[tuple[Look, int, int]] = []
        first = 0
        for look, group in groupby(self.slots):
            number = len(list(group))
            runs.append((look, first, number))
            first += number
        return runs

    @property
    def is_unknown(self) -> bool:
        """Whether nothing is known of any of it."""
        return set(self.slots) == {Look.UNKNOWN}


_Piece = tuple[Look, float, float]
"""A look, and the seconds after the range's beginning from which and until which it holds."""


def camera_strip(
    camera_id: str, intervals: Iterable[HealthInterval], since: datetime, until: datetime, slots: int
) -> CoverageStrip:
    """The strip of one camera from its intervals and those of its reader; others are passed over.

    While its reader was away or did not run, the camera's own states say nothing. Intervals of one subject do not
    overlap.
    """
    intervals = list(intervals)
    own = [one for one in intervals if one.kind is SubjectKind.CAMERA and one.id == camera_id]
    readers = {one.reader_id for one in own}
    bad = [
        piece
        for one in intervals
        if one.kind is SubjectKind.READER and one.id in readers and (piece := _of_reader(one, since, until))
    ]
    pieces = [part for one in own for part in _without(_of_camera(one, since, until), bad)]
    return _strip([*pieces, *bad], since, until, slots)


def gate_strip(cameras: Sequence[CoverageStrip]) -> CoverageStrip | None:
    """The strips of a gate's cameras as one; None without cameras. A slot is PARTLY looked when they differ."""
    if not cameras:
        return None
    first = cameras[0]
    slots = tuple(joined(looks) for looks in zip(*(one.slots for one in cameras), strict=True))
    share = sum(one.share for one in cameras) / len(cameras)
    return CoverageStrip(since=first.since, until=first.until, slots=slots, share=share)


def joined(looks: Sequence[Look]) -> Look:
    """What is known of a gate with these cameras; UNKNOWN without any."""
    if not looks:
        return Look.UNKNOWN
    different = set(looks)
    if len(different) == 1:
        return looks[0]
    if different == {Look.LOOKED, Look.POOR}:
        return Look.POOR
    return Look.BLIND if different == {Look.BLIND, Look.UNKNOWN} else Look.PARTLY


def _of_camera(one: HealthInterval, since: datetime, until: datetime) -> _Piece:
    looks = {UP: Look.LOOKED, UNVERIFIED: Look.UNKNOWN, **dict.fromkeys(DEGRADED_VIEW, Look.POOR)}
    look = looks.get(one.state, Look.BLIND)
    return _clipped(look, one, since, until)


def _of_reader(one: HealthInterval, since: datetime, until: datetime) -> _Piece | None:
    if one.state == UP:
        return None
    return _clipped(Look.UNKNOWN if one.state == AWAY else Look.BLIND, one, since, until)


def _clipped(look: Look, one: HealthInterval, since: datetime, until: datetime) -> _Piece:
    began, ended = max(one.started_at, since), min(one.ended_at or until, until)
    return look, (began - since).total_seconds(), max(ended - since, began - since).total_seconds()


def _without(piece: _Piece, others: Iterable[_Piece]) -> list[_Piece]:
    """The parts of the piece that lie in none of the others."""
    parts = [piece]
    for _, began, ended in others:
        parts = [
            (look, low, high)
            for look, start, stop in parts
            for low, high in ((start, min(stop, began)), (max(start, ended), stop))
            if low < high
        ]
    return parts


def _strip(pieces: Iterable[_Piece], since: datetime, until: datetime, slots: int) -> CoverageStrip:
    length_s = (until - since) / timedelta(seconds=1) / slots
    seconds = {look: [0.0] * slots for look in (Look.LOOKED, Look.POOR, Look.BLIND)}
    for look, began, ended in pieces:
        of_look = seconds.get(look)
        if of_look is None:
            continue  # what is not known is what is left
        for number in range(int(began / length_s), min(slots, int(ended / length_s) + 1)):
            overlap = min(ended, (number + 1) * length_s) - max(began, number * length_s)
            of_look[number] += max(0.0, overlap)
    looked_s = sum(seconds[Look.LOOKED]) + sum(seconds[Look.POOR])
    judged = tuple(_judged(length_s, *slot) for slot in zip(*seconds.values(), strict=True))
    return CoverageStrip(since=since, until=until, slots=judged, share=min(1.0, looked_s / (length_s * slots)))


def _judged(length_s: float, good: float, poor: float, blind: float) -> Look:
    if length_s - good - poor < BRIEF_S:
        return Look.POOR if poor > good else Look.LOOKED
    if good + poor >= BRIEF_S:
        return Look.PARTLY
    return Look.BLIND if blind >= BRIEF_S else Look.UNKNOWN
