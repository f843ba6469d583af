# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sessions: signed, judged by our clock, ended for good."""

from anpr.console.auth.sessions import Sessions, fingerprint
from anpr.runtime.clock import ManualClock

SECRET = "0" * 64


def test_a_cookie_says_who_and_until_when(clock: ManualClock) -> None:
    sessions = Sessions(SECRET, 8.0, clock)
    session = sessions.start("mario.rossi", "the hash")
    assert sessions.from_cookie(sessions.to_cookie(session)) == session
    assert session.ends_at == int(clock.now().timestamp()) + 8 * 3600
    assert session.password == fingerprint("the hash") != fingerprint("another hash")
    assert "the hash" not in sessions.to_cookie(session)


def test_a_session_is_over_at_its_end_and_not_before(clock: ManualClock) -> None:
    sessions = Sessions(SECRET, 0.5, clock)
    cookie = sessions.to_cookie(sessions.start("u", "h"))
    clock.advance(1799)
    assert sessions.from_cookie(cookie)
    clock.advance(1)
    assert sessions.from_cookie(cookie) is None


def test_another_key_makes_nothing_of_it(clock: ManualClock) -> None:
    cookie = Sessions(SECRET, 8.0, clock).to_cookie(Sessions(SECRET, 8.0, clock).start("u", "h"))
    assert Sessions("1" * 64, 8.0, clock).from_cookie(cookie) is None


def test_what_is_no_session_is_refused(clock: ManualClock) -> None:
    sessions = Sessions(SECRET, 8.0, clock)
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
    return {"user": session.user, "key": session.key, "ends_at": session.ends_at, "password": session.password}


def test_a_session_that_was_ended_stays_ended_and_others_go_on(clock: ManualClock) -> None:
    sessions = Sessions(SECRET, 8.0, clock)
    ended, other = sessions.start("u", "h"), sessions.start("u", "h")
    sessions.end(ended)
    assert sessions.from_cookie(sessions.to_cookie(ended)) is None
    assert sessions.from_cookie(sessions.to_cookie(other)) == other


def test_the_list_of_ended_sessions_is_bounded(clock: ManualClock) -> None:
    sessions = Sessions(SECRET, 8.0, clock)
    last = sessions.start("u", "h")
    for _ in range(10_050):
        last = sessions.start("u", "h")
        sessions.end(last)
    assert len(sessions._ended) == 10_000
    assert not sessions.is_open(last)


def test_a_form_token_belongs_to_one_session(clock: ManualClock) -> None:
    sessions = Sessions(SECRET, 8.0, clock)
    token = sessions.form_token("one")
    assert sessions.is_form_token("one", token)
    assert not sessions.is_form_token("two", token)
    assert not sessions.is_form_token("one", "")
    assert not sessions.is_form_token("one", "è" * 64)
    assert not sessions.is_form_token("one", "\ud800")
