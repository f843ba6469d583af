# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where a plate will be, and how it moved."""

import random

import pytest

from anpr.domain.gate import Direction
from anpr.domain.read import Box
from anpr.reader.assemble.motion import Motion, Trajectory
from tests.unit.reader.assemble.scenes import box_at


@pytest.mark.parametrize("fps", [5, 25, 60])
def test_a_steady_motion_is_predicted_at_any_frame_rate(fps: int) -> None:
    def box(at: float) -> Box:
        return box_at(300 + 200 * at, 200 + 100 * at, 80 * 2.718281828 ** (0.5 * at))

    motion = Motion(box(0), 0)
    for frame in range(1, fps + 1):
        motion.update(box(frame / fps), frame / fps)
    expected = motion.predict(1.4)
    assert expected.centre == pytest.approx(box(1.4).centre, abs=2)
    assert expected.w == pytest.approx(box(1.4).w, rel=0.02)


def test_nothing_is_extrapolated_for_long() -> None:
    motion = Motion(box_at(300, 200), 0)
    motion.update(box_at(310, 200), 0.01)
    assert motion.predict(100).centre[0] <= 310 + 1000 * 0.6


def test_two_sightings_at_one_time_do_not_divide_by_zero() -> None:
    motion = Motion(box_at(300, 200), 5)
    motion.update(box_at(900, 200), 5)
    assert motion.predict(5).centre == pytest.approx((900, 200))


def test_the_reach_grows_with_the_time_it_was_not_seen() -> None:
    motion = Motion(box_at(300, 200), 0)
    assert motion.reach(0.04) < motion.reach(0.5) < motion.reach(1)


class TestCourse:
    @staticmethod
    def over(boxes: list[Box], fps: float = 25) -> Trajectory:
        trajectory = Trajectory(boxes[0], 0)
        for index, box in enumerate(boxes[1:], start=1):
            trajectory.add(box, index / fps)
        return trajectory

    def test_jitter_is_no_motion(self) -> None:
        chance = random.Random(7)
        boxes = [
            box_at(600 + chance.uniform(-3, 3), 300 + chance.uniform(-2, 2), 100 + chance.uniform(-3, 3))
            for _ in range(1000)
        ]
        trajectory = self.over(boxes)
        assert trajectory.is_still
        assert trajectory.direction is None

    @pytest.mark.parametrize("fps", [4, 25])
    def test_growing_comes_nearer(self, fps: float) -> None:
        boxes = [box_at(600, 300, 60 + 60 * step / fps) for step in range(int(fps) + 1)]
        assert self.over(boxes, fps).direction is Direction.APPROACHING
        assert self.over(boxes[::-1], fps).direction is Direction.RECEDING
        assert not self.over(boxes, fps).is_still

    def test_without_growth_down_the_picture_is_nearer(self) -> None:
        boxes = [box_at(600, 100 + 10 * step, 100) for step in range(30)]
        assert self.over(boxes).direction is Direction.APPROACHING
        assert self.over(boxes[::-1]).direction is Direction.RECEDING

    def test_a_vehicle_that_stands_for_long_and_then_leaves_was_not_still(self) -> None:
        boxes = [box_at(600, 300, 100)] * 5000 + [box_at(600, 300 + 8 * step, 100 + 2 * step) for step in range(25)]
        trajectory = self.over(boxes)
        assert not trajectory.is_still
        assert trajectory.direction is Direction.APPROACHING
