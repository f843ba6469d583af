# SPDX-License-Identifier: AGPL-3.0-or-later
"""Guessing passwords gets slow, for the one who guesses only, in bounded memory."""

from anpr.console.auth.login_throttle import LoginThrottle
from anpr.runtime.clock import ManualClock


def test_the_wait_doubles_up_to_five_minutes(clock: ManualClock) -> None:
    throttle = LoginThrottle(clock)
    waits = []
    for _ in range(14):
        wait = throttle.admit("mario", "10.0.0.1")
        waits.append(wait)
        clock.advance(wait)
        if wait:
            assert throttle.admit("mario", "10.0.0.1") == 0.0
    assert waits == [0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_others_are_not_slowed_down(clock: ManualClock) -> None:
    throttle = LoginThrottle(clock)
    for _ in range(4):
        throttle.admit("mario", "10.0.0.1")
    assert throttle.admit("mario", "10.0.0.1") > 0
    assert throttle.admit("mario", "10.0.0.2") == 0, "the real user is elsewhere"
    assert throttle.admit("lucia", "10.0.0.1") == 0


def test_trying_many_names_from_one_address_gets_slow(clock: ManualClock) -> None:
    throttle = LoginThrottle(clock)
    assert [throttle.admit(f"user-{n}", "10.0.0.1") for n in range(20)] == [0.0] * 20
    assert throttle.admit("user-20", "10.0.0.1") == 2.0


def test_success_takes_the_tries_back(clock: ManualClock) -> None:
    throttle = LoginThrottle(clock)
    for _ in range(100):
        assert throttle.admit("mario", "10.0.0.1") == 0
        throttle.succeeded("mario", "10.0.0.1")


def test_after_an_hour_all_is_forgotten(clock: ManualClock) -> None:
    throttle = LoginThrottle(clock)
    for _ in range(3):
        throttle.admit("mario", "10.0.0.1")
    clock.advance(3601)
    assert [throttle.admit("mario", "10.0.0.1") for _ in range(3)] == [0, 0, 0]


def test_the_table_is_bounded(clock: ManualClock) -> None:
    throttle = LoginThrottle(clock, max_records=50)
    for n in range(1000):
        throttle.admit(f"user-{n}", f"10.0.{n // 250}.{n % 250}")
    assert len(throttle) == 50
