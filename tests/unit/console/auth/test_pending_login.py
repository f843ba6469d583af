# SPDX-License-Identifier: AGPL-3.0-or-later
"""A login between password and code: signed, short, and of the password that was proved."""

from dataclasses import replace

from anpr.console.auth.pending_login import LASTS, PendingLogin, PendingLogins
from anpr.console.auth.sessions import fingerprint
from anpr.domain.access import Role
from anpr.runtime.clock import ManualClock
from anpr.store.users.accounts import User

ANNA = User(name="anna", role=Role.OPERATOR, password_hash="a hash")


def test_it_is_read_again_for_five_minutes(clock: ManualClock) -> None:
    logins = PendingLogins("secret", clock)
    cookie = logins.to_cookie(ANNA, "/alarms")
    expected = PendingLogin(user="anna", password=fingerprint("a hash"), back="/alarms")
    assert logins.from_cookie(cookie) == expected
    assert PendingLogins("secret", clock).from_cookie(cookie) == expected, "another console"
    clock.advance(LASTS.total_seconds())
    assert logins.from_cookie(cookie) is None


def test_a_forged_or_missing_one_is_none(clock: ManualClock) -> None:
    logins = PendingLogins("secret", clock)
    forged = PendingLogins("another", clock).to_cookie(ANNA, "/")
    assert [logins.from_cookie(cookie) for cookie in (None, "", "x", forged)] == [None] * 4


def test_a_new_password_ends_it(clock: ManualClock) -> None:
    logins = PendingLogins("secret", clock)
    pending = logins.from_cookie(logins.to_cookie(ANNA, "/"))
    assert pending
    assert logins.is_of(pending, ANNA)
    assert not logins.is_of(pending, replace(ANNA, password_hash="another"))
    assert not logins.is_of(pending, replace(ANNA, name="ugo"))
