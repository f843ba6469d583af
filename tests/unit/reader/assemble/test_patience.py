# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether a settled plate waits for a better image."""

import pytest

from anpr.domain.reasons import Cause
from anpr.reader.assemble.motion import Motion
from anpr.reader.assemble.patience import Best, View, why_not_wait
from tests.unit.reader.assemble.scenes import HEIGHT, WIDTH, box_at

STEP_S = 1 / 15


def moved(grows: float = 0.0, down: float = 0.0, *, width: float = 100.0, y: float = 300.0, steps: int = 8) -> Motion:
    """After so many frames in which the plate grew by `grows` a second (logarithm) and went `down` px a second."""
    motion = Motion(box_at(600, y, width), 0.0)
    for step in range(1, steps + 1):
        at = step * STEP_S
        motion.update(box_at(600, y + down * at, width * (1 + grows * at)), at)
    return motion


def why(motion: Motion, *, best_at: float, at: float | None = None, way: bool = True) -> Cause | None:
    """Of a plate that was last read with its present width."""
    width = motion.box.w
    best = Best(width=width, at=best_at, read_width=width, settled_at=best_at)
    view = View(size=(WIDTH, HEIGHT), step_s=STEP_S, knows_direction=way)
    return why_not_wait(motion, best, view, motion.at if at is None else at)


@pytest.mark.parametrize("grows", [0.0, -0.5, 0.2], ids=["stands", "recedes", "comes-slowly"])
def test_a_plate_that_will_not_be_larger_in_time_is_decided_at_once(grows: float) -> None:
    motion = moved(grows, width=140.0)
    assert why(motion, best_at=motion.at) is Cause.SETTLED


def test_one_that_comes_nearer_is_waited_for_and_not_for_ever() -> None:
    motion = moved(grows=1.0)
    assert why(motion, best_at=motion.at) is None
    assert why(motion, best_at=motion.at - 0.39) is Cause.SETTLED
    assert why(moved(grows=1.0), best_at=moved(grows=1.0).at - 0.4) is Cause.SETTLED


def test_one_that_leaves_with_the_next_frame_is_decided() -> None:
    motion = moved(grows=1.0, down=600.0, y=HEIGHT - 350.0)
    assert why(motion, best_at=motion.at) is Cause.LEAVING


def test_one_that_is_not_seen_any_more_is_decided() -> None:
    motion = moved(grows=1.0)
    assert why(motion, best_at=motion.at, at=motion.at + 0.1) is None
    assert why(motion, best_at=motion.at, at=motion.at + 0.21) is Cause.LEAVING


def test_a_small_one_far_away_and_one_without_a_direction_have_some_time() -> None:
    small = moved(width=60.0)
    assert why(small, best_at=small.at) is None
    assert why(small, best_at=small.at - 0.41) is Cause.SETTLED
    large = moved()
    assert why(large, best_at=large.at, way=False) is None
    assert why(large, best_at=large.at - 0.41, way=False) is Cause.SETTLED
