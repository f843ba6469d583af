# SPDX-License-Identifier: AGPL-3.0-or-later
"""A rule that reaches nobody is found."""

from dataclasses import replace

from anpr.domain.notification import ChannelKind, Hours, Recipient, Rule, Step
from anpr.domain.notification_finding import Finding, RuleFault, Surroundings, findings

MAIL = Recipient(id=1, organisation_id="manager", name="sala", channel=ChannelKind.EMAIL, address="sala@comune.example")
SMS = Recipient(id=2, organisation_id="manager", name="turno", channel=ChannelKind.SMS, address="+390123")
RULE = Rule(id=7, organisation_id="manager", name="rubati", steps=(Step(recipients=frozenset({1})),))
AROUND = Surroundings(recipients={1: MAIL, 2: SMS}, watchlists={"a1"}, gates={"g1"}, channels={ChannelKind.EMAIL})


def _faults(rule: Rule, around: Surroundings = AROUND) -> list[tuple[RuleFault, int | None]]:
    return [(finding.fault, finding.step) for finding in findings([rule], around)]


def test_a_rule_that_reaches_somebody_is_no_finding() -> None:
    assert findings([RULE], AROUND) == []


def test_no_recipient_or_only_ones_that_are_off_or_gone_reach_nobody() -> None:
    assert _faults(replace(RULE, steps=(Step(),))) == [(RuleFault.REACHES_NOBODY, None)]
    assert _faults(replace(RULE, steps=(Step(recipients=frozenset({9})),))) == [(RuleFault.REACHES_NOBODY, None)]
    off = replace(AROUND, recipients={1: replace(MAIL, enabled=False)})
    assert _faults(RULE, off) == [(RuleFault.REACHES_NOBODY, None)]


def test_a_channel_that_is_not_set_up_reaches_nobody_and_is_named() -> None:
    found = findings([replace(RULE, steps=(Step(recipients=frozenset({2})),))], AROUND)
    assert found == [
        Finding(rule_id=7, rule_name="rubati", fault=RuleFault.REACHES_NOBODY),
        Finding(rule_id=7, rule_name="rubati", fault=RuleFault.CHANNEL_NOT_SET_UP, names=("sms",)),
    ]


def test_before_the_notifier_has_told_its_channels_none_is_missed() -> None:
    rule = replace(RULE, steps=(Step(recipients=frozenset({2})),))
    assert _faults(rule, replace(AROUND, channels=None)) == []


def test_one_step_that_reaches_nobody_is_named() -> None:
    assert _faults(replace(RULE, steps=(*RULE.steps, Step(after_s=60)))) == [(RuleFault.STEP_REACHES_NOBODY, 1)]


def test_lists_and_gates_that_are_gone_are_found_only_where_none_is_left() -> None:
    assert _faults(replace(RULE, watchlists=frozenset({"x"}))) == [(RuleFault.NO_SUCH_LIST, None)]
    assert _faults(replace(RULE, gates=frozenset({"x"}))) == [(RuleFault.NO_SUCH_GATE, None)]
    assert _faults(replace(RULE, watchlists=frozenset({"x", "a1"}), gates=frozenset({"g1", "x"}))) == []


def test_a_rule_without_a_day_is_found_and_one_that_is_off_is_not() -> None:
    never = replace(RULE, hours=Hours(days=frozenset()))
    assert _faults(never) == [(RuleFault.NO_DAY, None)]
    assert _faults(replace(never, enabled=False)) == []


def test_a_step_that_tells_only_whom_an_earlier_one_told_reaches_nobody() -> None:
    again = replace(RULE, steps=(*RULE.steps, Step(after_s=60, recipients=frozenset({1}))))
    assert _faults(again) == [(RuleFault.STEP_REACHES_NOBODY, 1)]
    both = replace(AROUND, channels={ChannelKind.EMAIL, ChannelKind.SMS})
    more = replace(RULE, steps=(*RULE.steps, Step(after_s=60, recipients=frozenset({1, 2}))))
    assert _faults(more, both) == []


def test_a_phone_of_somebody_who_is_no_patrol_reaches_nobody() -> None:
    phone = Recipient(id=1, organisation_id="manager", name="p", channel=ChannelKind.WEB_PUSH, address="mario")
    around = replace(AROUND, recipients={1: phone}, channels=set(ChannelKind), patrols={"anna"})
    assert _faults(RULE, around) == [(RuleFault.REACHES_NOBODY, None)]
    assert _faults(RULE, replace(around, patrols={"anna", "mario"})) == []
    assert _faults(RULE, replace(around, recipients={1: replace(phone, address="*")})) == []
