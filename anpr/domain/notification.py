# SPDX-License-Identifier: AGPL-3.0-or-later
"""Routing rules of notifications: which alarm is told to whom, by which channel, and when the next ones are told.

All of it is pure: rules and recipients of one organisation, what is known of an alarm, and a moment go in; deliveries
and the moments of escalations come out.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum

from anpr.domain.alarm import AlarmKind
from anpr.domain.watchlist import Priority

ALARM_KINDS = tuple(str(kind) for kind in AlarmKind)
"""What a list's alarms are about, as lists and alarms name it."""
EVERY_DAY = frozenset(range(1, 8))
"""Days of the week by their number in ISO 8601: 1 is Monday."""
MOST_STEPS = 3
"""Steps of a rule at most: who is told first, and two escalations."""
MOST_RECIPIENTS = 50
"""Recipients of one step at most."""
SHORTEST_ESCALATION_S, LONGEST_ESCALATION_S = 10, 24 * 3600
"""Seconds from the alarm to an escalation: shorter, nobody can have acknowledged; later, nobody needs it."""


class ChannelKind(StrEnum):
    """How a message reaches its recipient."""

    EMAIL = "email"
    WEBHOOK = "webhook"
    MQTT = "mqtt"
    SMS = "sms"
    WEB_PUSH = "web-push"


class Sound(StrEnum):
    """What the board plays when a rule's alarm comes; the later is the louder."""

    SILENT = "silent"
    NORMAL = "normal"
    INSISTENT = "insistent"


class SendFault(StrEnum):
    """Why something was not sent, for people; what a channel adds in its own words is for technicians."""

    UNREACHABLE = "unreachable"
    """The server gives no connection, or refuses the login."""
    NOT_TAKEN = "not-taken"
    """The server answers, and did not take this message now."""
    REFUSED = "refused"
    """The server will never take this message."""
    SETTINGS = "settings"
    """A secret or certificate of the channel is missing or cannot be read."""
    NOT_SET_UP = "not-set-up"
    """The site has not set up the channel."""
    FORBIDDEN_ADDRESS = "forbidden-address"
    """The address leads where nothing may be sent."""
    NO_DEVICE = "no-device"
    """No phone of the recipient is registered, or none in whose area the alarm is."""
    RECIPIENT_GONE = "recipient-gone"
    PROPOSAL_GONE = "proposal-gone"
    """Somebody settled the proposal while it was being told."""
    ALARM_GONE = "alarm-gone"
    """The alarm is no longer stored, or no longer open to the organisation."""
    GIVEN_UP = "given-up"
    """Nobody took it in time."""


class NotificationState(StrEnum):
    """State of a notification in the ledger: queued → sent; queued → failed (is tried again) → sent | dead."""

    QUEUED = "queued"
    FAILED = "failed"
    SENT = "sent"
    DEAD = "dead"


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipient:
    """Who is told: a person, an office or a system, by one channel. `address` is the channel's: a mail address, an
    https address, an MQTT topic, a phone number."""

    id: int
    organisation_id: str
    name: str
    channel: ChannelKind
    address: str
    enabled: bool = True
    proposals: bool = False
    """Whether it is told of proposals that wait on its organisation's lists."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hours:
    """When a rule holds: on these days of the week, from `start` until before `end` on the site's clocks.

    `end` before `start` passes midnight, and the day is the one on which the span began. The same time twice: all day.
    """

    days: frozenset[int] = EVERY_DAY
    start: time = time(0)
    end: time = time(0)

    def include(self, moment: datetime, zone: tzinfo) -> bool:
        """Whether they include `moment` (aware), read on the clocks of `zone`."""
        local = moment.astimezone(zone)
        at, day = local.time(), local.isoweekday()
        if self.start < self.end:
            return day in self.days and self.start <= at < self.end
        if at >= self.start:
            return day in self.days
        before = 7 if day == 1 else day - 1
        return at < self.end and before in self.days


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """Recipients (by id) that are told `after_s` seconds after the alarm, unless somebody has acknowledged it. The
    first step of a rule has 0 and is always told."""

    after_s: int = 0
    recipients: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """Alarms that are told, and to whom. An empty set of kinds, watchlists, priorities limits nothing; neither do
    gates and areas where both are empty. `area_gates` are the gates of the areas, as they are now."""

    id: int
    organisation_id: str
    name: str
    steps: tuple[Step, ...]
    kinds: frozenset[str] = frozenset()
    watchlists: frozenset[str] = frozenset()
    priorities: frozenset[Priority] = frozenset()
    gates: frozenset[str] = frozenset()
    areas: frozenset[int] = frozenset()
    area_gates: frozenset[str] = frozenset()
    hours: Hours = Hours()
    sound: Sound = Sound.NORMAL
    plate_reason: str | None = None
    """Why its messages carry the plate, in writing; None: they carry none."""
    enabled: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class Sight:
    """What a rule looks at in one sighting: where it was, and on which list the vehicle is."""

    gate_id: str
    watchlist_id: str
    kind: str
    priority: Priority


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    """An alarm as the rules of one organisation see it: those of its sightings that this organisation may see."""

    alarm_id: int
    raised_at: datetime
    """Of the alarm (UTC)."""
    at: datetime
    """When what is told happened (UTC): the alarm was raised, or the sighting came that made a rule hold."""
    sights: tuple[Sight, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """A notification to write in the ledger: this alarm to this recipient, because of this step of this rule."""

    alarm_id: int
    recipient: Recipient
    rule_id: int
    step: int
    priority: Priority


@dataclass(frozen=True, kw_only=True, slots=True)
class Escalation:
    """A step of a rule to take at `due_at` (UTC), unless somebody has acknowledged the alarm by then."""

    alarm_id: int
    rule_id: int
    step: int
    priority: Priority
    due_at: datetime


def holding(rules: Iterable[Rule], subject: Subject, zone: tzinfo) -> list[tuple[Rule, Priority]]:
    """Rules that hold for the alarm, each with the highest priority of the sightings that it holds for."""
    found = []
    for rule in rules:
        priorities = [sight.priority for sight in subject.sights if _covers(rule, sight)]
        if rule.enabled and priorities and rule.hours.include(subject.at, zone):
            found.append((rule, highest(priorities)))
    return found


def first_deliveries(
    rules: Iterable[Rule], recipients: Mapping[int, Recipient], subject: Subject, zone: tzinfo
) -> list[Planned]:
    """Whom the alarm is told at once: each recipient once, however many rules name it, with the highest priority."""
    found: dict[int, Planned] = {}
    for rule, priority in holding(rules, subject, zone):
        for planned in step_deliveries(rule, 0, recipients, subject.alarm_id, priority):
            known = found.get(planned.recipient.id)
            if known is None or highest((known.priority, priority)) != known.priority:
                found[planned.recipient.id] = planned
    return list(found.values())


def step_deliveries(
    rule: Rule, step: int, recipients: Mapping[int, Recipient], alarm_id: int, priority: Priority
) -> list[Planned]:
    """Whom this step of the rule tells of the alarm; nobody where the rule has no such step (any more)."""
    if not rule.enabled or step >= len(rule.steps):
        return []
    named = (recipients.get(each) for each in sorted(rule.steps[step].recipients))
    return [
        Planned(alarm_id=alarm_id, recipient=recipient, rule_id=rule.id, step=step, priority=priority)
        for recipient in named
        if recipient is not None and recipient.enabled
    ]


def escalations(rules: Iterable[Rule], subject: Subject, zone: tzinfo) -> list[Escalation]:
    """What is to be done later if nobody acknowledges the alarm: the further steps of the rules that hold for it."""
    return [
        Escalation(
            alarm_id=subject.alarm_id,
            rule_id=rule.id,
            step=number,
            priority=priority,
            due_at=subject.at + timedelta(seconds=step.after_s),
        )
        for rule, priority in holding(rules, subject, zone)
        for number, step in enumerate(rule.steps)
        if number > 0
    ]


def sound_of(rules: Iterable[Rule], subject: Subject, zone: tzinfo) -> Sound:
    """What the board plays for the alarm: the loudest of the rules that hold, and NORMAL where none does."""
    sounds = [rule.sound for rule, _ in holding(rules, subject, zone)]
    return max(sounds, key=list(Sound).index, default=Sound.NORMAL)


def highest(priorities: Iterable[Priority]) -> Priority:
    """The most urgent of these; there is one at least."""
    return min(priorities, key=list(Priority).index)


def _covers(rule: Rule, sight: Sight) -> bool:
    return (
        (not rule.kinds or sight.kind in rule.kinds)
        and (not rule.watchlists or sight.watchlist_id in rule.watchlists)
        and (not rule.priorities or sight.priority in rule.priorities)
        and (not (rule.gates or rule.areas) or sight.gate_id in rule.gates | rule.area_gates)
    )
