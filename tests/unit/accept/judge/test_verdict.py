# SPDX-License-Identifier: AGPL-3.0-or-later
"""When numbers allow a verdict."""

import pytest

from anpr.accept.count.vehicle import Lighting
from anpr.accept.folder.records import Side
from anpr.accept.judge.figures import FigureGroup, Measure, Share
from anpr.accept.judge.verdict import AcceptanceVerdict, judge, overall


def group(hits: int, of: int, light: Lighting | None = None, side: Side | None = None) -> FigureGroup:
    return FigureGroup(light=light, side=side, shares={Measure.CORRECT: Share(hits=hits, of=of)})


@pytest.mark.parametrize(
    ("hits", "of", "verdict", "needed"),
    [
        (189, 189, AcceptanceVerdict.PASSED, None),
        (188, 188, AcceptanceVerdict.OPEN, 189),
        (30, 30, AcceptanceVerdict.OPEN, 189),
        (990, 1000, AcceptanceVerdict.PASSED, None),
        (99, 100, AcceptanceVerdict.OPEN, 753),
        (90, 100, AcceptanceVerdict.FAILED, None),
        (48, 50, AcceptanceVerdict.OPEN, 189),
        (98, 100, AcceptanceVerdict.OPEN, None),
        (0, 0, AcceptanceVerdict.OPEN, 189),
        (0, 1, AcceptanceVerdict.OPEN, 30),
        (20, 29, AcceptanceVerdict.OPEN, 30),
        (20, 30, AcceptanceVerdict.FAILED, None),
    ],
)
def test_the_interval_decides_and_else_the_number_that_is_needed_is_told(
    hits: int, of: int, verdict: AcceptanceVerdict, needed: int | None
) -> None:
    (judgement,) = judge([group(hits, of)], {Measure.CORRECT: 0.98})

    assert (judgement.verdict, judgement.needed) == (verdict, needed)


def test_one_group_that_fails_fails_the_test_and_one_that_is_open_leaves_it_open() -> None:
    good, bad, small = group(500, 500), group(50, 100, Lighting.NIGHT), group(5, 5, None, Side.REAR)
    wanted = {Measure.CORRECT: 0.98}

    assert overall(judge([good], wanted)) is AcceptanceVerdict.PASSED
    assert overall(judge([good, small], wanted)) is AcceptanceVerdict.OPEN
    assert overall(judge([good, small, bad], wanted)) is AcceptanceVerdict.FAILED


def test_without_a_threshold_there_is_no_verdict() -> None:
    assert overall(judge([group(5, 5)], {})) is None


def test_light_and_side_together_and_kinds_are_for_reading_only() -> None:
    kind = FigureGroup(kind="moto", shares={Measure.CORRECT: Share(hits=0, of=50)})

    assert judge([group(5, 5, Lighting.DAY, Side.FRONT), kind], {Measure.CORRECT: 0.98}) == ()
