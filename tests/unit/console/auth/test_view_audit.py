# SPDX-License-Identifier: AGPL-3.0-or-later
"""One look, one row in the audit."""

from anpr.console.auth.view_audit import AGAIN_AFTER_S, ViewAudit
from anpr.runtime.clock import ManualClock


def test_a_look_is_new_once_and_again_after_a_while(clock: ManualClock) -> None:
    views = ViewAudit(clock)
    assert views.is_due("session", "latest")
    clock.advance(AGAIN_AFTER_S - 1)
    assert not views.is_due("session", "latest")
    clock.advance(1)
    assert views.is_due("session", "latest"), "looking on without end is written down again"


def test_what_never_changes_is_looked_at_once_in_a_session(clock: ManualClock) -> None:
    views = ViewAudit(clock)
    assert views.is_due("session", "search 7", once=True)
    clock.advance(10 * AGAIN_AFTER_S)
    assert not views.is_due("session", "search 7", once=True)
    assert views.is_due("another session", "search 7", once=True)


def test_others_and_other_things_are_views_of_their_own(clock: ManualClock) -> None:
    views = ViewAudit(clock)
    assert [views.is_due(*look) for look in (("a", "x"), ("b", "x"), ("a", "y"), ("a", "x"))] == [
        True,
        True,
        True,
        False,
    ]


def test_its_memory_is_bounded(clock: ManualClock) -> None:
    views = ViewAudit(clock, max_records=10)
    for number in range(100):
        assert views.is_due(f"session-{number}", "x")
    assert len(views._since) == 10
