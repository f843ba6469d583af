"""One look, one row in the audit."""

from anpr.console.auth.view_audit import AGAIN_AFTER_S, Consultations
from anpr.runtime.clock import ManualClock


def test_a_look_is_new_once_and_again_after_a_while(clock: ManualClock) -> None:
    looks = Consultations(clock)
    assert looks.begins("session", "latest")
    clock.advance(AGAIN_AFTER_S - 1)
    assert not looks.begins("session", "latest")
    clock.advance(1)
    assert looks.begins("session", "latest"), "looking on without end is written down again"


def test_others_and_other_things_are_looks_of_their_own(clock: ManualClock) -> None:
    looks = Consultations(clock)
    assert [looks.begins(*look) for look in (("a", "x"), ("b", "x"), ("a", "y"), ("a", "x"))] == [
        True,
        True,
        True,
        False,
    ]


def test_its_memory_is_bounded(clock: ManualClock) -> None:
    looks = Consultations(clock, max_records=10)
    for number in range(100):
        assert looks.begins(f"session-{number}", "x")
    assert len(looks._since) == 10
