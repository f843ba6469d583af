"""Pauses grow, are spread, and have limits."""

import pytest

from anpr.capture.backoff import Backoff


def test_pauses_double_up_to_the_limit() -> None:
    backoff = Backoff(0.5, 30.0, lambda: 0.999999)
    pauses = [backoff.next_s() for _ in range(8)]
    assert pauses == pytest.approx([1, 2, 4, 8, 16, 30, 30, 30], rel=1e-3)


def test_the_spread_goes_from_half_to_all_and_never_below_the_least() -> None:
    low, high = Backoff(0.5, 30.0, lambda: 0.0), Backoff(0.5, 30.0, lambda: 0.999999)
    for _ in range(40):  # far beyond the limit, too
        least, most = low.next_s(), high.next_s()
        assert 0.5 <= least <= most <= 30.0
        assert least == pytest.approx(most / 2, rel=1e-3)


def test_success_starts_from_the_beginning() -> None:
    backoff = Backoff(0.5, 30.0, lambda: 0.0)
    first = backoff.next_s()
    backoff.next_s()
    backoff.reset()
    assert backoff.next_s() == first
