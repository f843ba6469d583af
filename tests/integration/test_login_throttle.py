# SPDX-License-Identifier: AGPL-3.0-or-later
"""Guessing passwords gets slow, for the one who guesses only, over all consoles of a database, in bounded tables."""

import threading
from datetime import timedelta

import pytest

from anpr.console.auth.login_throttle import ACCOUNT_TRIES, LoginThrottle, Wait
from anpr.runtime.clock import ManualClock
from anpr.store.database.connection import Database
from anpr.store.users.login_failures import FailureKind, count_rows
from tests.support.fixtures_console import PASSWORD, Site, another_console

KEY = "a" * 64


@pytest.fixture
def throttle(console_database: Database, clock: ManualClock) -> LoginThrottle:
    """One with the rights of the console."""
    return LoginThrottle(console_database, KEY, clock)


def test_the_wait_doubles_up_to_five_minutes(throttle: LoginThrottle, clock: ManualClock) -> None:
    waits = []
    for _ in range(14):
        wait = throttle.admit("mario", "10.0.0.1").seconds
        waits.append(wait)
        clock.advance(wait)
        if wait:
            assert throttle.admit("mario", "10.0.0.1") == Wait()
    assert waits == [0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_others_are_not_slowed_down(throttle: LoginThrottle) -> None:
    for _ in range(4):
        throttle.admit("mario", "10.0.0.1")
    assert throttle.admit("mario", "10.0.0.1").seconds > 0
    assert throttle.admit("mario", "10.0.0.2") == Wait(), "the real user is elsewhere"
    assert throttle.admit("lucia", "10.0.0.1") == Wait()


def test_trying_many_names_from_one_address_gets_slow(throttle: LoginThrottle) -> None:
    assert [throttle.admit(f"user-{n}", "10.0.0.1") for n in range(20)] == [Wait()] * 20
    assert throttle.admit("user-20", "10.0.0.1") == Wait(seconds=2.0)


def test_success_takes_the_tries_back(throttle: LoginThrottle) -> None:
    for _ in range(100):
        assert throttle.admit("mario", "10.0.0.1") == Wait()
        throttle.succeeded("mario", "10.0.0.1")


def test_after_an_hour_all_is_forgotten(throttle: LoginThrottle, clock: ManualClock) -> None:
    for _ in range(3):
        throttle.admit("mario", "10.0.0.1")
    clock.advance(3601)
    assert [throttle.admit("mario", "10.0.0.1") for _ in range(3)] == [Wait()] * 3


def test_the_tables_are_bounded(console_database: Database, database: Database, clock: ManualClock) -> None:
    throttle = LoginThrottle(console_database, KEY, clock, max_records=50)
    for n in range(80):
        throttle.admit(f"user-{n}", f"10.0.0.{n}")
        throttle.succeeded(f"user-{n}", f"10.0.1.{n}")
        clock.advance(1)
    with database.transaction() as conn:
        assert [count_rows(conn, kind) for kind in FailureKind] == [50, 50, 50]
        assert conn.execute("SELECT count(*) AS n FROM login_places").fetchall() == [{"n": 50}]
    clock.advance(3601)
    throttle.admit("mario", "10.0.0.1")
    with database.transaction() as conn:
        assert [count_rows(conn, kind) for kind in FailureKind] == [1, 1, 1], "an hour later they are forgotten"


def test_two_consoles_count_together_and_a_restart_forgets_nothing(
    throttle: LoginThrottle, console_database: Database, clock: ManualClock
) -> None:
    other = LoginThrottle(console_database, KEY, clock)
    assert [each.admit("mario", "10.0.0.1") for each in (throttle, other, throttle)] == [Wait()] * 3
    assert other.admit("mario", "10.0.0.1") == Wait(seconds=2.0)
    assert LoginThrottle(console_database, KEY, clock).admit("mario", "10.0.0.1") == Wait(seconds=2.0)


def test_two_consoles_on_one_database_refuse_a_guesser_together(site: Site) -> None:
    site.clock.stop()
    with another_console(site) as other:
        clients = [(each, each.stranger()) for each in (site, other)] * 2
        answers = [each.log_in(client, "operator", "guess").status_code for each, client in clients]
        assert answers == [401, 401, 401, 429]
        assert other.log_in(other.stranger(), "operator", PASSWORD).status_code == 429
        site.clock.ahead += timedelta(seconds=3)
        assert other.log_in(other.stranger(), "operator", PASSWORD).status_code == 303
        assert site.log_in(site.stranger(), "operator", "guess").status_code == 401, "the right password took all back"


def test_tries_made_at_once_at_two_consoles_are_all_counted(
    throttle: LoginThrottle, console_database: Database, clock: ManualClock
) -> None:
    consoles = [throttle, LoginThrottle(console_database, KEY, clock)]
    waits: list[Wait] = []
    threads = [
        threading.Thread(target=lambda each=each: waits.append(each.admit("mario", "10.0.0.1")))
        for each in consoles * 4
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(wait.seconds for wait in waits) == [0, 0, 0, 2, 2, 2, 2, 2]


def test_a_clock_that_is_put_back_makes_nobody_wait_longer(
    throttle: LoginThrottle, console_database: Database, clock: ManualClock
) -> None:
    for _ in range(3):
        throttle.admit("mario", "10.0.0.1")
    behind = LoginThrottle(console_database, KEY, ManualClock(clock.now() - timedelta(hours=5)))
    assert behind.admit("mario", "10.0.0.1") == Wait(seconds=2.0)


def test_names_are_not_stored_as_they_were_typed(throttle: LoginThrottle, database: Database) -> None:
    throttle.admit("la mia password", "10.0.0.1")
    with database.transaction() as conn:
        rows = conn.execute("SELECT f::text AS row FROM login_failures f").fetchall()
    assert rows
    assert not any(b"password".hex() in row["row"] or "password" in row["row"] for row in rows)


def guess_from_everywhere(throttle: LoginThrottle, user: str) -> None:
    for n in range(ACCOUNT_TRIES):
        assert throttle.admit(user, f"10.1.{n}.1") == Wait()


def test_an_account_is_tried_so_often_an_hour_from_all_addresses_together(
    throttle: LoginThrottle, clock: ManualClock
) -> None:
    guess_from_everywhere(throttle, "mario")
    assert throttle.admit("mario", "10.2.0.1") == Wait(seconds=3600.0, by_account=True)
    assert throttle.admit("lucia", "10.2.0.1") == Wait()
    clock.advance(3601)
    assert throttle.admit("mario", "10.2.0.1") == Wait()


def test_guessing_elsewhere_does_not_shut_out_a_user_where_they_logged_in_before(throttle: LoginThrottle) -> None:
    throttle.admit("mario", "10.0.0.1")
    throttle.succeeded("mario", "10.0.0.1")
    guess_from_everywhere(throttle, "mario")
    assert throttle.admit("mario", "10.0.0.1") == Wait()
    assert throttle.admit("mario", "10.0.0.2").by_account


def test_an_ipv6_client_is_its_whole_network(throttle: LoginThrottle) -> None:
    for n in range(3):
        assert throttle.admit("mario", f"2001:db8:0:1::{n}") == Wait()
    assert throttle.admit("mario", "2001:db8:0:1:ffff::9").seconds == 2.0
    assert throttle.admit("mario", "2001:db8:0:2::1") == Wait()
    assert throttle.admit("mario", "::ffff:10.0.0.1") == throttle.admit("mario", "10.0.0.1") == Wait()
