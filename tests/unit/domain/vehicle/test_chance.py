# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tails of the Poisson distribution and the false discovery rate, against values that are known."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.domain.vehicle.chance import false_discovery_rates, poisson_tail


def test_the_tail_is_the_one_of_the_tables() -> None:
    assert poisson_tail(0, 3) == 1
    assert poisson_tail(1, 0.5) == pytest.approx(1 - exp(-0.5))
    assert poisson_tail(5, 2) == pytest.approx(0.052653, rel=1e-4)
    assert poisson_tail(10, 10) == pytest.approx(0.542070, rel=1e-4)
    assert poisson_tail(3, 0) == 0


def test_what_hardly_ever_happens_keeps_its_digits() -> None:
    assert poisson_tail(10, 0.1) == pytest.approx(2.5e-17, rel=0.05)
    assert poisson_tail(600, 1) == 0, "too small for a float, and no overflow"


@given(least=st.integers(0, 200), mean=st.floats(0, 300))
def test_a_tail_is_a_probability_and_falls(least: int, mean: float) -> None:
    assert 0 <= poisson_tail(least + 1, mean) <= poisson_tail(least, mean) + 1e-9 <= 1 + 1e-9


def test_the_rates_are_those_of_benjamini_and_hochberg() -> None:
    assert false_discovery_rates([0.01, 0.04, 0.03, 0.005], 4) == pytest.approx([0.02, 0.04, 0.04, 0.02])
    assert false_discovery_rates([], 10) == []


def test_those_that_were_left_out_count_as_tried() -> None:
    assert false_discovery_rates([0.001], 100) == pytest.approx([0.1])
    assert false_discovery_rates([0.5, 0.9], 100) == [1.0, 1.0]
