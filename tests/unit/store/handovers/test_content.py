# SPDX-License-Identifier: AGPL-3.0-or-later
"""The text that is signed: the same facts come back from it, and every change of it changes the digest."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from anpr.domain.alarm import AlarmKind, AlarmState
from anpr.domain.handover import BlindPlace, InForce, NotedAlarm, OnDuty, OpenAlarm, ShiftFacts
from anpr.domain.watchlist import Priority
from anpr.store.handovers.content import digest_of, from_content, to_content

AT = datetime(2026, 11, 21, 14, 0, 0, 123456, tzinfo=UTC)
ALARM = OpenAlarm(
    id=7, kind=AlarmKind.STOLEN, priority=Priority.HIGH, state=AlarmState.IN_PROGRESS, holder="anna",
    gate_id="porta-nord",
    raised_at=AT, last_seen_at=AT,
)  # fmt: skip
FACTS = ShiftFacts(
    since=AT - timedelta(hours=8), at=AT, alarms=(ALARM,), open=1, past=2, closed={"stopped": 3},
    notes=(NotedAlarm(event_id=5, alarm_id=7),), blind=(BlindPlace(gate_id="ponte", since=AT, blind=1, cameras=2),),
    suppressions=(InForce(id=4, gate_id=None, until=AT),), people=(OnDuty(name="anna", first=AT, last=AT),),
)  # fmt: skip


def signed(facts: ShiftFacts = FACTS, by: str = "anna", text: str = "è così", *, gives: bool = True) -> bytes:
    return digest_of(to_content(facts), by, text, gives_alarms=gives)


def test_the_facts_come_back_as_they_were() -> None:
    assert from_content(to_content(FACTS)) == FACTS


def test_the_digest_is_that_of_the_moment_and_not_of_its_time_zone() -> None:
    elsewhere = replace(FACTS, at=AT.astimezone(timezone(timedelta(hours=2))))
    assert signed(elsewhere) == signed()


def test_whatever_is_changed_has_another_digest() -> None:
    others = [
        signed(replace(FACTS, open=2)),
        signed(replace(FACTS, alarms=(replace(ALARM, holder="bruno"),))),
        signed(by="bruno"),
        signed(text="e così"),
        signed(gives=False),
    ]
    assert len({signed(), *others}) == len(others) + 1
