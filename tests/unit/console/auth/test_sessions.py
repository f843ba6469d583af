# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sessions: signed, judged by our clock, ended for good."""

from dataclasses import asdict, replace
from datetime import timedelta

from anpr.console.auth.sessions import Sessions, fingerprint
from anpr.runtime.clock import ManualClock

SECRET = "0" * 64


def test_a_cookie_says_who_and_until_when(clock: ManualClock) -> None:
    sessions = Sessions(SECRET, 8.0, 12.0, clock)
    session = sessions.start("mario.rossi", "the hash")
    assert sessions.from_cookie(sessions.to_cookie(session)) == session
    assert session.ends_at == int(clock.now().timestamp()) + 8 * 3600
    assert session.password == fingerprint("the hash") != fingerprint("another hash")
    assert "the hash" not in sessions.to_cookie(session)


def test_a_session_is_over_at_its_end_and_not_before(clock: ManualClock) -> None:
    sessions = Sessions(SECRET, 0.5, 12.0, clock)
    cookie = sessions.to_cookie(sessions.start("u", "h"))
    clock.advance(1799)
    assert sessions.from_cookie(cookie)
    clock.advance(1)
    assert sessions.from_cookie(cookie) is None


def test_another_key_makes_nothing_of_it(clock: ManualClock) -> None:
    cookie = Sessions(SECRET, 8.0, 12.0, clock).to_cookie(Sessions(SECRET, 8.0, 12.0, clock).start("u", "h"))
    assert Sessions("1" * 64, 8.0, 12.0, clock).from_cookie(cookie) is None


def test_what_is_no_session_is_refused(clock: ManualClock) -> None:
    sessions = Sessions(SECRET, 8.0, 12.0, clock)
    signed = sessions._serializer.dumps
    for cookie in (
        None,
        "",
        "x",
        "a.b",
        signed({"user": "u"}),
        signed([1]),
        signed({**whole(sessions), "ends_at": "z"}),
    ):
        assert sessions.from_cookie(cookie) is None


def whole(sessions: Sessions) -> dict[str, object]:
    session = sessions.start("u", "h")
    return asdict(session)


def test_a_form_token_belongs_to_one_session(clock: ManualClock) -> None:
    sessions = Sessions(SECRET, 8.0, 12.0, clock)
    token = sessions.form_token("one")
    assert sessions.is_form_token("one", token)
    assert not sessions.is_form_token("two", token)
    assert not sessions.is_form_token("one", "")
    assert not sessions.is_form_token("", sessions.form_token("")), "nobody has no forms"
    assert not sessions.is_form_token("one", "è" * 64)
    assert not sessions.is_form_token("one", "\ud800")
    assert not sessions.is_form_token("one", sessions.form_token("one")[2:])


def test_a_form_token_is_another_text_each_time(clock: ManualClock) -> None:
    """Pages are compressed: a secret that repeats itself from page to page could be guessed by their lengths."""
    sessions = Sessions(SECRET, 8.0, 12.0, clock)
    tokens = [sessions.form_token("one") for _ in range(50)]
    assert len({token[:32] for token in tokens} | {token[64:96] for token in tokens}) == 100
    assert all(sessions.is_form_token("one", token) for token in tokens)


def test_a_session_in_use_goes_on_up_to_the_absolute_limit(clock: ManualClock) -> None:
    sessions = Sessions(SECRET, 8.0, 12.0, clock)
    session = first = sessions.start("u", "h")
    for _ in range(11):
        clock.advance(3600)
        session = sessions.extend(session)
    assert (session.key, session.user, session.started_at) == (first.key, first.user, first.started_at)
    assert session.ends_at - first.started_at == timedelta(hours=12).total_seconds()
    assert sessions.remaining_s(session) == 3600
    assert not sessions.can_be_extended(session)
    assert sessions.can_be_extended(first)
    clock.advance(3600)
    assert not sessions.is_open(session)


def test_the_absolute_limit_is_never_shorter_than_a_session(clock: ManualClock) -> None:
    sessions = Sessions(SECRET, 24.0, 12.0, clock)
    session = sessions.start("u", "h")
    assert sessions.remaining_s(session) == sessions.remaining_s(sessions.extend(session)) == 24 * 3600


def test_a_session_that_is_over_is_told_from_one_that_never_was(clock: ManualClock) -> None:
    sessions = Sessions(SECRET, 8.0, 12.0, clock)
    session = sessions.start("u", "h")
    cookie = sessions.to_cookie(session)
    assert sessions.is_ours(cookie)
    clock.advance(8 * 3600)
    assert sessions.is_ours(cookie)
    assert sessions.from_cookie(cookie) is None
    assert sessions.cookie_s > 8 * 3600
    forged = Sessions("1" * 64, 8.0, 12.0, clock).to_cookie(replace(session, ends_at=0))
    assert not any(sessions.is_ours(text) for text in (None, "", "x", forged))


def test_who_proves_the_password_again_keeps_the_forms_of_the_session(clock: ManualClock) -> None:
    sessions = Sessions(SECRET, 8.0, 12.0, clock)
    session = sessions.start("u", "h")
    clock.advance(11 * 3600)
    again = sessions.start("u", "h", key=session.key)
    assert again.started_at - session.started_at == 11 * 3600
    assert sessions.is_form_token(again.key, sessions.form_token(session.key))
