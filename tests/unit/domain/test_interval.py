# SPDX-License-Identifier: AGPL-3.0-or-later
"""Intervals of shares, and how many cases they need."""

from hypothesis import given
from hypothesis import strategies as st

from anpr.domain.interval import least_number, wilson


def test_without_an_error_98_percent_need_189_cases() -> None:
    assert least_number(1.0, 0.98) == 189
    assert wilson(188, 188)[0] < 0.98 < wilson(189, 189)[0]


def test_a_share_that_is_the_threshold_is_never_decided() -> None:
    assert least_number(0.95, 0.95) is None


@given(hits=st.integers(0, 400), of=st.integers(1, 400), threshold=st.sampled_from([0.5, 0.9, 0.95, 0.98]))
def test_the_interval_leaves_out_the_threshold_exactly_from_the_least_number_on(
    hits: int, of: int, threshold: float
) -> None:
    hits = min(hits, of)
    low, high = wilson(hits, of)

    needed = least_number(hits / of, threshold)

    assert (needed is not None and of >= needed) == (threshold < low or threshold > high)
