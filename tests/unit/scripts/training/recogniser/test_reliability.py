# SPDX-License-Identifier: AGPL-3.0-or-later
"""Calibration, on numbers that can be checked by hand."""

import pytest

from scripts.training.recogniser.recipe import Recipe, rate_at
from scripts.training.recogniser.reliability import calibration_error, reliability


def test_calibration_error_is_the_weighed_distance() -> None:
    judged = [(0.95, True), (0.95, False), (0.15, False), (1.0, True)]

    bins = reliability(judged)

    assert [(one.reads, one.right) for one in bins] == [(1, 0), (3, 2)]
    # |0 − 0.15| × 1 + |2 − 2.9| over four reads
    assert calibration_error(bins) == pytest.approx((0.15 + 0.9) / 4)
    assert calibration_error(reliability([])) == 0.0


def test_the_rate_rises_stays_and_falls_to_nothing() -> None:
    recipe = Recipe(steps=100, warmup_steps=10, falling_share=0.3, rate=1.0)

    assert rate_at(recipe, 0) == pytest.approx(0.1)
    assert rate_at(recipe, 40) == rate_at(recipe, 69) == 1.0
    assert rate_at(recipe, 85) == pytest.approx(0.5)
    assert rate_at(recipe, 100) == 0.0
