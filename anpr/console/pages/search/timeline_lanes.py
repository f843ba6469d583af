# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lanes of a timeline: for each gate, or plate, what passed in the order of time, and when the gate saw nothing."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from anpr.console.timeline_scale import TimeScale
from anpr.domain.coverage_strip import CoverageStrip, Look, camera_strip, gate_strip
from anpr.domain.gate import CameraKind, Gate
from anpr.domain.health import UP, HealthInterval
from anpr.domain.natural_order import natural_key
from anpr.domain.recurrence import TimeWindow
from anpr.store.transits.rows import FoundPoint

MOST_LANES = 24
MOST_MARKS = 300
"""Transits that are shown one by one; more are bars."""
MOST_PLATES = 20
"""Plates that can have a lane each."""
BINS = 48
_SLOTS = 240


@dataclass(frozen=True, kw_only=True, slots=True)
class LaneBar:
    """So many transits in a bin; `left` and `width` in per cent, `height` as a share of the highest, 0 to 1."""

    window: TimeWindow
    number: int
    left: float
    width: float
    height: float


@dataclass(frozen=True, kw_only=True, slots=True)
class LaneMark:
    """One transit; `left` in per cent."""

    point: FoundPoint
    left: float


@dataclass(frozen=True, kw_only=True, slots=True)
class LaneGap:
    """A stretch in which the gate did not see well, or nobody knows; `left` and `width` in per cent."""

    look: Look
    window: TimeWindow
    left: float
    width: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Lane:
    """`number` transits; marks or bars of them, and the gaps of its gate."""

    name: str
    number: int
    marks: tuple[LaneMark, ...] = ()
    bars: tuple[LaneBar, ...] = ()
    gaps: tuple[LaneGap, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Lanes:
    """The lanes in the order of their names. `left_out`: lanes with transits, or of blind gates, beyond MOST_LANES."""

    lanes: tuple[Lane, ...]
    left_out: int
    are_bars: bool
    looks: frozenset[Look]
    """Kinds of gaps that are drawn."""


def lanes_of_gates(
    points: Sequence[FoundPoint], gates: Mapping[str, Gate], states: Sequence[HealthInterval], scale: TimeScale
) -> Lanes:
    """A lane for each gate with transits, and for each that did not see all the time; the busiest where there are too
    many. `gates`: by id, those that were asked; `states`: of their cameras and readers."""
    of_gate = _grouped(points, [point.gate_id for point in points])
    blind = {gate for one in states if one.state != UP for gate in one.gate_ids if gate in gates}
    wanted = sorted(of_gate.keys() | blind, key=lambda gate: (-len(of_gate.get(gate, ())), natural_key(gate)))
    chosen = wanted[:MOST_LANES]
    names = {gate: gates[gate].name if gate in gates else gate for gate in chosen}
    gaps = {gate: gaps_of(gates[gate], states, scale) for gate in chosen if gate in gates}
    return _lanes(of_gate, names, gaps, (scale, len(points) > MOST_MARKS, len(wanted) - len(chosen)))


def lanes_of_plates(points: Sequence[FoundPoint], scale: TimeScale) -> Lanes:
    """A lane for each plate, the most frequent where there are too many."""
    of_plate = _grouped(points, [point.plate for point in points])
    wanted = sorted(of_plate, key=lambda plate: (-len(of_plate[plate]), plate))
    chosen = wanted[:MOST_LANES]
    names = {plate: plate for plate in chosen}
    return _lanes(of_plate, names, {}, (scale, len(points) > MOST_MARKS, len(wanted) - len(chosen)))


def gaps_of(gate: Gate, states: Sequence[HealthInterval], scale: TimeScale) -> tuple[LaneGap, ...]:
    """Stretches in which the gate's cameras did not see, saw badly or in part, or nobody has reported."""
    own = [one for one in states if gate.id in one.gate_ids]
    strip = gate_strip(
        [
            camera_strip(camera.id, own, scale.since, scale.until, _SLOTS)
            for camera in gate.cameras
            if camera.kind is CameraKind.PLATE
        ]
    )
    return tuple(_gaps(strip, scale)) if strip else ()


def _gaps(strip: CoverageStrip, scale: TimeScale) -> Iterable[LaneGap]:
    slot = scale.length / _SLOTS
    for look, first, number in strip.runs:
        if look is Look.LOOKED:
            continue
        window = TimeWindow(since=scale.since + slot * first, until=scale.since + slot * (first + number))
        yield LaneGap(
            look=look,
            window=window,
            left=round(100 * first / _SLOTS, 3),
            width=round(100 * number / _SLOTS, 3),
        )


def _grouped(points: Sequence[FoundPoint], keys: Sequence[str]) -> dict[str, list[FoundPoint]]:
    found: dict[str, list[FoundPoint]] = defaultdict(list)
    for key, point in zip(keys, points, strict=True):
        found[key].append(point)
    return found


def _lanes(
    grouped: Mapping[str, Sequence[FoundPoint]],
    names: Mapping[str, str],
    gaps: Mapping[str, tuple[LaneGap, ...]],
    rest: tuple[TimeScale, bool, int],
) -> Lanes:
    scale, are_bars, left_out = rest
    bins = scale.bins(BINS) if are_bars else []
    counts = {key: _counted(grouped.get(key, ()), bins) for key in names} if are_bars else {}
    highest = max((number for each in counts.values() for number in each.values()), default=1)
    lanes = [
        Lane(
            name=name,
            number=len(grouped.get(key, ())),
            marks=() if are_bars else _marks(grouped.get(key, ()), scale),
            bars=_bars(counts.get(key, {}), bins, scale, highest),
            gaps=gaps.get(key, ()),
        )
        for key, name in sorted(names.items(), key=lambda each: (natural_key(each[1]), each[0]))
    ]
    looks = frozenset(gap.look for lane in lanes for gap in lane.gaps)
    return Lanes(lanes=tuple(lanes), left_out=left_out, are_bars=are_bars, looks=looks)


def _marks(points: Iterable[FoundPoint], scale: TimeScale) -> tuple[LaneMark, ...]:
    ordered = sorted(points, key=lambda point: (point.captured_at, point.id))
    return tuple(LaneMark(point=point, left=scale.left(point.captured_at)) for point in ordered)


def _counted(points: Collection[FoundPoint], bins: Sequence[TimeWindow]) -> Counter[int]:
    """How many lie in each bin, by its number."""
    starts = [each.since for each in bins]
    return Counter(_place(starts, point.captured_at) for point in points)


def _place(starts: Sequence[datetime], at: datetime) -> int:
    return max(0, bisect_right(starts, at) - 1)


def _bars(
    counted: Mapping[int, int], bins: Sequence[TimeWindow], scale: TimeScale, highest: int
) -> tuple[LaneBar, ...]:
    return tuple(
        LaneBar(
            window=bins[number],
            number=counted[number],
            left=scale.left(bins[number].since),
            width=round(max(0.3, scale.left(bins[number].until) - scale.left(bins[number].since)), 3),
            height=round(counted[number] / highest, 3),
        )
        for number in sorted(counted)
    )
