# SPDX-License-Identifier: AGPL-3.0-or-later
"""Waits grow, are spread, and have limits."""

import random

import pytest

from anpr.runtime.backoff import Backoff, doubled_s


def test_it_doubles_up_to_the_most_and_starts_again_when_it_went_well() -> None:
    backoff = Backoff(first_s=1, most_s=8, random=random.Random(1).random)
    waits = [backoff.next_s() for _ in range(200)]
    for tries, wait in enumerate(waits):
        assert min(8, 2.0**tries) / 2 <= wait <= min(8, 2.0**tries)
    backoff.reset()
    assert backoff.next_s() <= 1


def test_two_readers_do_not_come_back_in_the_same_moment() -> None:
    first, second = Backoff(random=random.Random(1).random), Backoff(random=random.Random(2).random)
    assert [first.next_s() for _ in range(5)] != [second.next_s() for _ in range(5)]


def test_the_spread_goes_from_half_to_all() -> None:
    low, high = Backoff(random=lambda: 0.0), Backoff(random=lambda: 0.999999)
    for _ in range(40):  # far beyond the limit, too
        assert low.next_s() == pytest.approx(high.next_s() / 2, rel=1e-3)


def test_no_wait_is_shorter_than_the_least() -> None:
    backoff = Backoff(first_s=1, most_s=4, least_s=3, random=lambda: 0.0)
    assert [backoff.next_s() for _ in range(3)] == [3, 3, 3]


def test_without_jitter_it_is_the_plain_doubling() -> None:
    assert [doubled_s(2, doublings, 30) for doublings in (0, 1, 2, 3, 4, 1_000_000)] == [2, 4, 8, 16, 30, 30]
