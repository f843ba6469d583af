# SPDX-License-Identifier: AGPL-3.0-or-later
"""Findings about notification rules: a rule that reaches nobody, or that no alarm can meet, is itself a warning."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from anpr.domain.notification import ChannelKind, Recipient, Rule, Step
from anpr.domain.notification_address import EVERY_PATROL


class RuleFault(StrEnum):
    """What is wrong with a rule."""

    REACHES_NOBODY = "reaches-nobody"
    """Not one of its steps names a recipient that can be told."""
    STEP_REACHES_NOBODY = "step-reaches-nobody"
    """One of its steps does not, or only those whom an earlier one tells, and another does."""
    CHANNEL_NOT_SET_UP = "channel-not-set-up"
    """It tells somebody by a channel that this site has not set up."""
    NO_SUCH_LIST = "no-such-list"
    """All lists that it is limited to are gone, or no longer open to its organisation."""
    NO_SUCH_GATE = "no-such-gate"
    """The same of its gates."""
    NO_DAY = "no-day"
    """It holds on no day of the week."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One fault of one rule. `step` is the step's number, 0 the first; `names` are what it is about."""

    rule_id: int
    rule_name: str
    fault: RuleFault
    step: int | None = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What there is around the rules of one organisation. `channels` are those set up at this site; None: the notifier
    has not told yet."""

    recipients: Mapping[int, Recipient]
    watchlists: Collection[str]
    gates: Collection[str]
    channels: Collection[ChannelKind] | None = None
    patrols: Collection[str] | None = None
    """Names of the users who may have the patrol's page; None: not known."""


def findings(rules: Iterable[Rule], around: Surroundings) -> list[Finding]:
    """What is wrong with the rules that are switched on, in their order."""
    return [finding for rule in rules if rule.enabled for finding in _of_rule(rule, around)]


def _of_rule(rule: Rule, around: Surroundings) -> list[Finding]:
    def found(fault: RuleFault, step: int | None = None, names: Iterable[str] = ()) -> Finding:
        return Finding(rule_id=rule.id, rule_name=rule.name, fault=fault, step=step, names=tuple(names))

    result = []
    empty = [number for number, step in enumerate(_newly_told(rule)) if not _reached(step, around)]
    if len(empty) == len(rule.steps):
        result.append(found(RuleFault.REACHES_NOBODY))
    else:
        result += [found(RuleFault.STEP_REACHES_NOBODY, number) for number in empty]
    if missing := _without_channel(rule, around):
        result.append(found(RuleFault.CHANNEL_NOT_SET_UP, names=missing))
    if rule.watchlists and not rule.watchlists & set(around.watchlists):
        result.append(found(RuleFault.NO_SUCH_LIST, names=sorted(rule.watchlists)))
    limits = rule.gates | rule.area_gates
    if (rule.gates or rule.areas) and not limits & set(around.gates):
        result.append(found(RuleFault.NO_SUCH_GATE, names=sorted(limits)))
    if not rule.hours.days:
        result.append(found(RuleFault.NO_DAY))
    return result


def _newly_told(rule: Rule) -> list[Step]:
    """Its steps without those whom an earlier one has told: nobody is told of an alarm twice."""
    told: frozenset[int] = frozenset()
    steps = []
    for step in rule.steps:
        steps.append(Step(after_s=step.after_s, recipients=step.recipients - told))
        told |= step.recipients
    return steps


def _named(step: Step, around: Surroundings) -> list[Recipient]:
    known = (around.recipients.get(each) for each in step.recipients)
    return [recipient for recipient in known if recipient is not None and recipient.enabled]


def _reached(step: Step, around: Surroundings) -> bool:
    return any(_can_be_told(each, around) for each in _named(step, around))


def _can_be_told(recipient: Recipient, around: Surroundings) -> bool:
    if around.channels is not None and recipient.channel not in around.channels:
        return False
    is_known = around.patrols is None or recipient.address == EVERY_PATROL or recipient.address in around.patrols
    return recipient.channel is not ChannelKind.WEB_PUSH or is_known


def _without_channel(rule: Rule, around: Surroundings) -> list[str]:
    if around.channels is None:
        return []
    used = {recipient.channel for step in rule.steps for recipient in _named(step, around)}
    return sorted(used - set(around.channels))
