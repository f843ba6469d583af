# SPDX-License-Identifier: AGPL-3.0-or-later
"""Guessing passwords gets slow, for the one who guesses only, in bounded memory."""

from anpr.console.auth.login_throttle import ACCOUNT_TRIES, LoginThrottle, Wait
from anpr.runtime.clock import ManualClock


def test_the_wait_doubles_up_to_five_minutes(clock: ManualClock) -> None:
    throttle = LoginThrottle(clock)
    waits = []
    for _ in range(14):
        wait = throttle.admit("mario", "10.0.0.1").seconds
        waits.append(wait)
        clock.advance(wait)
        if wait:
            assert throttle.admit("mario", "10.0.0.1") == Wait()
    assert waits == [0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_others_are_not_slowed_down(clock: ManualClock) -> None:
    throttle = LoginThrottle(clock)
    for _ in range(4):
        throttle.admit("mario", "10.0.0.1")
    assert throttle.admit("mario", "10.0.0.1").seconds > 0
    assert throttle.admit("mario", "10.0.0.2") == Wait(), "the real user is elsewhere"
    assert throttle.admit("lucia", "10.0.0.1") == Wait()


def test_trying_many_names_from_one_address_gets_slow(clock: ManualClock) -> None:
    throttle = LoginThrottle(clock)
    assert [throttle.admit(f"user-{n}", "10.0.0.1") for n in range(20)] == [Wait()] * 20
    assert throttle.admit("user-20", "10.0.0.1") == Wait(seconds=2.0)


def test_success_takes_the_tries_back(clock: ManualClock) -> None:
    throttle = LoginThrottle(clock)
    for _ in range(100):
        assert throttle.admit("mario", "10.0.0.1") == Wait()
        throttle.succeeded("mario", "10.0.0.1")


def test_after_an_hour_all_is_forgotten(clock: ManualClock) -> None:
    throttle = LoginThrottle(clock)
    for _ in range(3):
        throttle.admit("mario", "10.0.0.1")
    clock.advance(3601)
    assert [throttle.admit("mario", "10.0.0.1") for _ in range(3)] == [Wait()] * 3


def test_the_table_is_bounded(clock: ManualClock) -> None:
    throttle = LoginThrottle(clock, max_records=50)
    for n in range(1000):
        throttle.admit(f"user-{n}", f"10.0.{n // 250}.{n % 250}")
    assert len(throttle) == 50


def guess_from_everywhere(throttle: LoginThrottle, user: str) -> None:
    for n in range(ACCOUNT_TRIES):
        assert throttle.admit(user, f"10.1.{n}.1") == Wait()


def test_an_account_is_tried_so_often_an_hour_from_all_addresses_together(clock: ManualClock) -> None:
    throttle = LoginThrottle(clock)
    guess_from_everywhere(throttle, "mario")
    assert throttle.admit("mario", "10.2.0.1") == Wait(seconds=3600.0, by_account=True)
    assert throttle.admit("lucia", "10.2.0.1") == Wait()
    clock.advance(3601)
    assert throttle.admit("mario", "10.2.0.1") == Wait()


def test_guessing_elsewhere_does_not_shut_out_a_user_where_they_logged_in_before(clock: ManualClock) -> None:
    throttle = LoginThrottle(clock)
    throttle.admit("mario", "10.0.0.1")
    throttle.succeeded("mario", "10.0.0.1")
    guess_from_everywhere(throttle, "mario")
    assert throttle.admit("mario", "10.0.0.1") == Wait()
    assert throttle.admit("mario", "10.0.0.2").by_account


def test_an_ipv6_client_is_its_whole_network(clock: ManualClock) -> None:
    throttle = LoginThrottle(clock)
    for n in range(3):
        assert throttle.admit("mario", f"2001:db8:0:1::{n}") == Wait()
    assert throttle.admit("mario", "2001:db8:0:1:ffff::9").seconds == 2.0
    assert throttle.admit("mario", "2001:db8:0:2::1") == Wait()
    assert throttle.admit("mario", "::ffff:10.0.0.1") == throttle.admit("mario", "10.0.0.1") == Wait()
