# SPDX-License-Identifier: AGPL-3.0-or-later
"""Coverage strip: what is known of each slot, and what is not."""

from datetime import UTC, datetime, timedelta

import pytest

from anpr.domain.coverage_strip import CoverageStrip, Look, camera_strip, gate_strip, joined
from anpr.domain.health import HealthInterval, SubjectKind

SINCE = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)
UNTIL = SINCE + timedelta(hours=1)
SIGNS = {Look.LOOKED: "x", Look.POOR: "o", Look.PARTLY: "/", Look.BLIND: "-", Look.UNKNOWN: "?"}


def camera(state: str, began: float, ended: float | None, id: str = "c-1") -> HealthInterval:
    return interval(SubjectKind.CAMERA, id, state, began, ended)


def reader(state: str, began: float, ended: float | None, id: str = "r-1") -> HealthInterval:
    return interval(SubjectKind.READER, id, state, began, ended)


def interval(kind: SubjectKind, id: str, state: str, began: float, ended: float | None) -> HealthInterval:
    """From and until so many minutes after SINCE."""
    return HealthInterval(
        kind=kind,
        id=id,
        reader_id="r-1" if kind is SubjectKind.CAMERA else id,
        gate_ids=("g",),
        state=state,
        started_at=SINCE + timedelta(minutes=began),
        ended_at=None if ended is None else SINCE + timedelta(minutes=ended),
    )


def strip(*intervals: HealthInterval) -> CoverageStrip:
    return camera_strip("c-1", intervals, SINCE, UNTIL, 6)


def drawn(one: CoverageStrip) -> str:
    return "".join(SIGNS[slot] for slot in one.slots)


@pytest.mark.parametrize(
    ("intervals", "expected", "share"),
    [
        ([], "??????", 0.0),
        ([camera("up", -90, None)], "xxxxxx", 1.0),
        ([camera("up", -90, 20), camera("unreachable", 20, None)], "xx----", 1 / 3),
        ([camera("up", -90, 15), camera("frozen", 15, 35), camera("up", 35, None)], "x/-/xx", 2 / 3),
        ([camera("up", 30, None)], "???xxx", 0.5),
        ([camera("blurred", -5, None)], "oooooo", 1.0),
        ([camera("up", -5, 30), camera("a-state-of-tomorrow", 30, None)], "xxx---", 0.5),
    ],
)
def test_the_states_of_a_camera_become_slots(intervals: list[HealthInterval], expected: str, share: float) -> None:
    found = strip(*intervals)
    assert drawn(found) == expected
    assert found.share == pytest.approx(share)


@pytest.mark.parametrize(
    ("of_reader", "expected"),
    [
        ([reader("away", 30, None)], "xxx???"),
        ([reader("up", -90, 20), reader("paused", 20, 40), reader("up", 40, None)], "xx--xx"),
        ([reader("disk-full", 50, None)], "xxxxx-"),
        ([reader("away", 30, None, id="r-2")], "xxxxxx"),
    ],
)
def test_what_its_reader_did_counts_before_the_camera(of_reader: list[HealthInterval], expected: str) -> None:
    assert drawn(strip(camera("up", -90, None), *of_reader)) == expected


def test_a_few_seconds_mark_no_slot() -> None:
    found = strip(camera("up", -90, 5), camera("connecting", 5, 5.1), camera("up", 5.1, None))
    assert drawn(found) == "xxxxxx"
    assert found.share < 1.0, "and are in the share all the same"


def test_another_camera_says_nothing() -> None:
    assert drawn(strip(camera("up", -90, None, id="c-2"))) == "??????"
    assert strip().is_unknown
    assert not strip(camera("frozen", -90, None)).is_unknown


def test_equal_slots_are_one_run() -> None:
    found = strip(camera("up", -90, 20), camera("unreachable", 20, 50), camera("up", 50, None))
    assert found.runs == [(Look.LOOKED, 0, 2), (Look.BLIND, 2, 3), (Look.LOOKED, 5, 1)]


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        ([], Look.UNKNOWN),
        ([Look.LOOKED, Look.LOOKED], Look.LOOKED),
        ([Look.LOOKED, Look.POOR], Look.POOR),
        ([Look.LOOKED, Look.BLIND], Look.PARTLY),
        ([Look.LOOKED, Look.UNKNOWN], Look.PARTLY),
        ([Look.BLIND, Look.UNKNOWN], Look.BLIND),
        ([Look.UNKNOWN, Look.UNKNOWN], Look.UNKNOWN),
    ],
)
def test_a_gate_is_judged_by_all_its_cameras(looks: list[Look], expected: Look) -> None:
    assert joined(looks) is expected


def test_the_strips_of_its_cameras_become_the_gates() -> None:
    one = strip(camera("up", -90, None))
    other = strip(camera("up", -90, 30), camera("frozen", 30, None))
    both = gate_strip([one, other])
    assert both is not None
    assert drawn(both) == "xxx///"
    assert both.share == pytest.approx(0.75)
    assert gate_strip([]) is None
