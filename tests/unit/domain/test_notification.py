# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which alarm is told to whom, and when the next ones are told."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from anpr.domain.notification import (
    ChannelKind,
    Hours,
    Recipient,
    Rule,
    Sight,
    Sound,
    Step,
    Subject,
    escalations,
    first_deliveries,
    sound_of,
    step_deliveries,
)
from anpr.domain.watchlist import Priority

ROME = ZoneInfo("Europe/Rome")
SATURDAY_NOON = datetime(2026, 11, 21, 11, 0, tzinfo=UTC)  # 12:00 in Rome


def _recipient(number: int, **changes: object) -> Recipient:
    values = {"name": f"r{number}", "channel": ChannelKind.EMAIL, "address": f"r{number}@comune.example"}
    return Recipient(id=number, organisation_id="manager", **{**values, **changes})  # type: ignore[arg-type]


PEOPLE = {number: _recipient(number) for number in (1, 2, 3)}
RULE = Rule(id=7, organisation_id="manager", name="rubati", steps=(Step(recipients=frozenset({1})),))


def _subject(*sights: Sight, at: datetime = SATURDAY_NOON) -> Subject:
    seen = sights or (_sight(),)
    return Subject(alarm_id=5, raised_at=at, at=at, sights=seen)


def _sight(**changes: object) -> Sight:
    values = {"gate_id": "g1", "watchlist_id": "a1", "kind": "stolen", "priority": Priority.HIGH}
    return Sight(**{**values, **changes})  # type: ignore[arg-type]


def _told(rule: Rule, subject: Subject) -> list[int]:
    return [planned.recipient.id for planned in first_deliveries([rule], PEOPLE, subject, ROME)]


def test_a_rule_without_limits_tells_of_every_alarm() -> None:
    planned = first_deliveries([RULE], PEOPLE, _subject(), ROME)
    assert [(p.alarm_id, p.recipient.id, p.rule_id, p.step, p.priority) for p in planned] == [(5, 1, 7, 0, "high")]


@pytest.mark.parametrize(
    ("limit", "other"),
    [
        ({"kinds": frozenset({"stolen"})}, {"kind": "local"}),
        ({"watchlists": frozenset({"a1"})}, {"watchlist_id": "a2"}),
        ({"priorities": frozenset({Priority.HIGH})}, {"priority": Priority.LOW}),
        ({"gates": frozenset({"g1"})}, {"gate_id": "g2"}),
        ({"areas": frozenset({1}), "area_gates": frozenset({"g1"})}, {"gate_id": "g2"}),
        ({"gates": frozenset({"g3"}), "areas": frozenset({1}), "area_gates": frozenset({"g1"})}, {"gate_id": "g2"}),
    ],
)
def test_each_limit_lets_its_own_pass_and_nothing_else(limit: dict[str, object], other: dict[str, object]) -> None:
    rule = replace(RULE, **limit)  # type: ignore[arg-type]
    assert _told(rule, _subject()) == [1]
    assert _told(rule, _subject(_sight(**other))) == []


def test_an_area_that_is_gone_is_no_missing_limit() -> None:
    assert _told(replace(RULE, areas=frozenset({1})), _subject()) == []


def test_all_limits_must_hold_for_one_and_the_same_sighting() -> None:
    rule = replace(RULE, gates=frozenset({"g1"}), watchlists=frozenset({"a1"}))
    assert _told(rule, _subject(_sight(watchlist_id="a2"), _sight(gate_id="g2"))) == []


def test_a_rule_that_is_switched_off_tells_nobody() -> None:
    assert _told(replace(RULE, enabled=False), _subject()) == []


def test_a_recipient_who_is_switched_off_or_gone_is_not_told() -> None:
    people = {1: _recipient(1, enabled=False), 2: _recipient(2)}
    rule = replace(RULE, steps=(Step(recipients=frozenset({1, 2, 99})),))
    assert [p.recipient.id for p in first_deliveries([rule], people, _subject(), ROME)] == [2]


def test_two_rules_tell_one_recipient_once_with_the_highest_priority() -> None:
    low = replace(RULE, id=8, gates=frozenset({"g2"}))
    subject = _subject(_sight(gate_id="g2", priority=Priority.LOW), _sight())
    planned = first_deliveries([low, RULE], PEOPLE, subject, ROME)
    assert [(p.recipient.id, p.rule_id, p.priority) for p in planned] == [(1, 7, Priority.HIGH)]


@pytest.mark.parametrize(
    ("local", "is_included"),
    [
        ("2026-11-20T22:00", True),  # Friday evening, when the span begins
        ("2026-11-21T05:59", True),  # after midnight the day is still Friday's
        ("2026-11-21T06:00", False),  # the end is exclusive
        ("2026-11-20T21:59", False),
        ("2026-11-21T22:30", False),  # Saturday evening begins Saturday's span
        ("2026-11-20T05:00", False),  # that is Thursday's
    ],
)
def test_hours_past_midnight_belong_to_the_day_on_which_they_begin(local: str, is_included: bool) -> None:
    hours = Hours(days=frozenset({5}), start=time(22), end=time(6))
    moment = datetime.fromisoformat(local).replace(tzinfo=ROME).astimezone(UTC)
    assert hours.include(moment, ROME) is is_included


def test_hours_are_read_on_the_clocks_of_the_site() -> None:
    hours = Hours(start=time(12), end=time(13))
    assert hours.include(SATURDAY_NOON, ROME)
    assert not hours.include(SATURDAY_NOON, ZoneInfo("UTC"))
    summer = datetime(2026, 7, 4, 10, 0, tzinfo=UTC)  # 12:00 in Rome in summer
    assert hours.include(summer, ROME)


def test_the_same_time_twice_is_the_whole_day() -> None:
    assert all(Hours().include(SATURDAY_NOON + timedelta(hours=n), ROME) for n in range(24))
    only_saturday = Hours(days=frozenset({6}))
    assert only_saturday.include(SATURDAY_NOON, ROME)
    assert not only_saturday.include(SATURDAY_NOON + timedelta(days=1), ROME)


def test_further_steps_are_escalations_from_the_moment_of_the_alarm() -> None:
    rule = replace(RULE, steps=(*RULE.steps, Step(after_s=60, recipients=frozenset({2})), Step(after_s=300)))
    found = escalations([rule], _subject(), ROME)
    assert [(e.step, e.due_at - SATURDAY_NOON) for e in found] == [
        (1, timedelta(seconds=60)),
        (2, timedelta(seconds=300)),
    ]
    assert [p.recipient.id for p in step_deliveries(rule, 1, PEOPLE, 5, Priority.LOW)] == [2]
    assert step_deliveries(rule, 3, PEOPLE, 5, Priority.LOW) == []
    assert step_deliveries(replace(rule, enabled=False), 1, PEOPLE, 5, Priority.LOW) == []


def test_a_rule_that_does_not_hold_escalates_nothing() -> None:
    rule = replace(RULE, gates=frozenset({"g9"}), steps=(*RULE.steps, Step(after_s=60)))
    assert escalations([rule], _subject(), ROME) == []


def test_the_loudest_sound_of_the_rules_that_hold_is_played() -> None:
    loud, silent = replace(RULE, sound=Sound.INSISTENT), replace(RULE, sound=Sound.SILENT)
    assert sound_of([silent, loud], _subject(), ROME) is Sound.INSISTENT
    assert sound_of([silent], _subject(), ROME) is Sound.SILENT
    assert sound_of([], _subject(), ROME) is Sound.NORMAL
