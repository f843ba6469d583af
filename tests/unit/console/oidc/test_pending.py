# SPDX-License-Identifier: AGPL-3.0-or-later
from dataclasses import replace
from datetime import timedelta

from anpr.console.oidc.pending import LASTS, ProviderLogin, ProviderLogins
from anpr.runtime.clock import ManualClock

LOGIN = ProviderLogin(state="s", nonce="n", verifier="v", callback="https://a.example/c", back="/", begun_at=1)


def test_another_console_with_the_same_secret_reads_the_cookie(clock: ManualClock) -> None:
    cookie = ProviderLogins("secret", clock).to_cookie(LOGIN)
    assert ProviderLogins("secret", clock).answered(cookie, "s") == LOGIN


def test_only_the_state_that_was_asked_with_is_an_answer(clock: ManualClock) -> None:
    logins = ProviderLogins("secret", clock)
    cookie = logins.to_cookie(LOGIN)
    for state in ("", "t", "ss", "é"):
        assert logins.answered(cookie, state) is None


def test_a_cookie_that_is_missing_forged_or_over_is_none(clock: ManualClock) -> None:
    logins = ProviderLogins("secret", clock)
    cookie = logins.to_cookie(LOGIN)
    for wrong in (None, "", "x", cookie[:-1], ProviderLogins("another", clock).to_cookie(LOGIN)):
        assert logins.answered(wrong, "s") is None
    clock.advance((LASTS - timedelta(seconds=1)).total_seconds())
    assert logins.answered(cookie, "s") == LOGIN
    clock.advance(1)
    assert logins.answered(cookie, "s") is None


def test_what_is_kept_of_a_used_login_is_no_state() -> None:
    assert len(LOGIN.digest) == 32
    assert replace(LOGIN, state="t").digest != LOGIN.digest
    assert "state" not in repr(LOGIN)
