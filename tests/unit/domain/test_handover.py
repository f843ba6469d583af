# SPDX-License-Identifier: AGPL-3.0-or-later
"""When a shift began, whose alarms a handover names, and until when it is signed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from anpr.domain.alarm import AlarmKind, AlarmState
from anpr.domain.handover import LONGEST_SHIFT, SIGN_WITHIN, Handover, OpenAlarm, ShiftFacts, is_late, shift_start
from anpr.domain.watchlist import Priority

NOW = datetime(2026, 11, 21, 14, tzinfo=UTC)


def alarm(number: int, holder: str | None) -> OpenAlarm:
    return OpenAlarm(
        id=number, kind=AlarmKind.LOCAL, priority=Priority.LOW, state=AlarmState.RAISED, holder=holder, gate_id="g",
        raised_at=NOW, last_seen_at=NOW,
    )  # fmt: skip


FACTS = ShiftFacts(
    since=NOW - timedelta(hours=8), at=NOW,
    alarms=(alarm(3, "anna"), alarm(2, None), alarm(1, "anna"), alarm(4, "bruno")),
    open=4, past=0, closed={}, notes=(), blind=(), suppressions=(), people=(),
)  # fmt: skip
HANDOVER = Handover(
    id=1, organisation_id="manager", outgoing="anna", facts=FACTS, text="", gives_alarms=True, digest="00" * 32
)  # fmt: skip


def test_a_shift_begins_with_the_handover_before_it_and_is_no_longer_than_a_day() -> None:
    assert shift_start(NOW - timedelta(hours=8), NOW) == NOW - timedelta(hours=8)
    assert shift_start(None, NOW) == shift_start(NOW - timedelta(days=3), NOW) == NOW - LONGEST_SHIFT


def test_the_alarms_of_one_operator_are_named() -> None:
    assert FACTS.held_by("anna") == (3, 1)
    assert FACTS.held_by("carla") == ()


@pytest.mark.parametrize(("after", "late"), [(timedelta(), False), (SIGN_WITHIN, False), (SIGN_WITHIN * 1.01, True)])
def test_it_is_signed_within_hours(after: timedelta, late: bool) -> None:
    assert is_late(HANDOVER, NOW + after) == late


def test_it_is_complete_with_the_second_signature() -> None:
    assert not HANDOVER.is_complete
    assert replace(HANDOVER, incoming="bruno").is_complete
