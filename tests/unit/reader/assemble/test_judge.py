# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether a track deserves to become a transit."""

import pytest

from anpr.domain.reasons import Drop
from anpr.reader.assemble.judge import judge
from anpr.reader.assemble.motion import Trajectory
from anpr.reader.assemble.vote import Verdict
from anpr.settings import AssembleSettings
from tests.unit.reader.assemble.scenes import box_at

SETTINGS = AssembleSettings(min_reads=2, min_confidence=0.7, min_plate_width_px=45)


def trajectory(moves: bool) -> Trajectory:
    one = Trajectory(box_at(600, 300), 0)
    for index in range(25):
        one.add(box_at(600, 300 + (8 * index if moves else 0)), index / 25)
    return one


def verdict(plate: str, confidence: float = 0.95, reads: int = 5) -> Verdict:
    return Verdict(plate=plate, confidence=confidence, candidates=(), country=None, reads=reads, agreeing=reads)


@pytest.mark.parametrize(
    ("given", "moves", "width", "expected"),
    [
        (verdict("AB123CD"), True, 100, None),
        (verdict("AB123CD"), False, 100, None),
        (None, True, 100, Drop.TRACK_TOO_FEW_READS),
        (verdict("AB123CD", reads=1), True, 100, Drop.TRACK_TOO_FEW_READS),
        (verdict("AB123CD"), True, 44, Drop.PLATE_TOO_SMALL),
        (verdict("AB123CD", 0.69), True, 100, Drop.TRACK_LOW_CONFIDENCE),
        (verdict("AB123CD", 0.94, reads=2), True, 100, Drop.TRACK_LOW_CONFIDENCE),
        (verdict("AB123CD", 0.94), True, 59, Drop.TRACK_LOW_CONFIDENCE),
        (verdict("AB123CD", 0.95), True, 59, None),
        (verdict("AB123CD", 0.84), True, 60, None),
        (verdict("TAXI"), True, 100, Drop.TRACK_NOT_A_PLATE),
        (verdict("20201122"), True, 100, Drop.TRACK_NOT_A_PLATE),
        (verdict("QQ1Q1Q1Q"), True, 100, None),
        (verdict("QQ1Q1Q1Q"), False, 100, Drop.TRACK_NOT_A_PLATE),
    ],
)
def test_judge(given: Verdict | None, moves: bool, width: float, expected: Drop | None) -> None:
    assert judge(given, trajectory(moves), width, SETTINGS) is expected
