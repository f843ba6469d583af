# SPDX-License-Identifier: AGPL-3.0-or-later
"""Form of a rule: the fields as they were sent, the rule that they mean, and what is wrong with them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import time

from pydantic import BaseModel, Field

from anpr.console.field_faults import Faults, FieldFault, check_reason_field, refuse_odd
from anpr.domain.notification import (
    ALARM_KINDS,
    EVERY_DAY,
    LONGEST_ESCALATION_S,
    MOST_RECIPIENTS,
    SHORTEST_ESCALATION_S,
    Hours,
    Rule,
    Sound,
    Step,
)
from anpr.domain.search_reason import MAX_REASON, plain_reason
from anpr.domain.watchlist import Priority

MOST_NAME = 100
_MOST_CHOICES = 2000


class RuleFields(BaseModel):
    """The form as it was sent. `after1` and `after2` are seconds, empty where there is no such step."""

    name: str = Field(default="", max_length=2000)
    enabled: str = Field(default="", max_length=5)
    kinds: list[str] = Field(default_factory=list, max_length=_MOST_CHOICES)
    watchlists: list[str] = Field(default_factory=list, max_length=_MOST_CHOICES)
    priorities: list[str] = Field(default_factory=list, max_length=_MOST_CHOICES)
    gates: list[str] = Field(default_factory=list, max_length=_MOST_CHOICES)
    areas: list[str] = Field(default_factory=list, max_length=_MOST_CHOICES)
    days: list[str] = Field(default_factory=list, max_length=_MOST_CHOICES)
    starts: str = Field(default="00:00", max_length=20)
    ends: str = Field(default="00:00", max_length=20)
    sound: str = Field(default=Sound.NORMAL.value, max_length=20)
    to0: list[str] = Field(default_factory=list, max_length=_MOST_CHOICES)
    after1: str = Field(default="", max_length=20)
    to1: list[str] = Field(default_factory=list, max_length=_MOST_CHOICES)
    after2: str = Field(default="", max_length=20)
    to2: list[str] = Field(default_factory=list, max_length=_MOST_CHOICES)
    with_plate: str = Field(default="", max_length=5)
    plate_reason: str = Field(default="", max_length=2000)
    version: str = Field(default="0", max_length=10)


def fields_of(rule: Rule, version: int) -> RuleFields:
    """The form of a rule that is stored."""
    steps = (*rule.steps, Step(), Step())
    return RuleFields(
        name=rule.name,
        enabled="1" if rule.enabled else "",
        kinds=sorted(rule.kinds),
        watchlists=sorted(rule.watchlists),
        priorities=sorted(rule.priorities),
        gates=sorted(rule.gates),
        areas=[str(each) for each in sorted(rule.areas)],
        days=[str(day) for day in sorted(rule.hours.days)],
        starts=f"{rule.hours.start:%H:%M}",
        ends=f"{rule.hours.end:%H:%M}",
        sound=rule.sound.value,
        to0=[str(each) for each in sorted(steps[0].recipients)],
        after1=str(steps[1].after_s or ""),
        to1=[str(each) for each in sorted(steps[1].recipients)],
        after2=str(steps[2].after_s or ""),
        to2=[str(each) for each in sorted(steps[2].recipients)],
        with_plate="1" if rule.plate_reason else "",
        plate_reason=rule.plate_reason or "",
        version=str(version),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class GoneLimits:
    """Lists, gates and areas, by id in order, that limit a stored rule and that nobody can choose any more."""

    gates: tuple[str, ...] = ()
    areas: tuple[int, ...] = ()
    watchlists: tuple[str, ...] = ()


def gone_limits(
    before: Rule | None, gates: Collection[str], watchlists: Collection[str], areas: Collection[int]
) -> GoneLimits:
    """What the form must still show ticked: a limit that got lost on the way would let the rule tell of everything."""
    if before is None:
        return GoneLimits()
    return GoneLimits(
        gates=tuple(sorted(before.gates - set(gates))),
        areas=tuple(sorted(before.areas - set(areas))),
        watchlists=tuple(sorted(before.watchlists - set(watchlists))),
    )


def new_fields() -> RuleFields:
    """The form of a new rule: every day, all day."""
    return RuleFields(enabled="1", days=[str(day) for day in sorted(EVERY_DAY)])


def check_rule(
    fields: RuleFields,
    rule_id: int,
    *,
    recipients: Collection[int],
    gates: Collection[str],
    areas: Collection[int],
    watchlists: Collection[str],
) -> tuple[Rule | None, dict[str, FieldFault]]:
    """The rule, or None and what is wrong. What is chosen must be among what the organisation has."""
    faults: dict[str, FieldFault] = {}
    name = " ".join(fields.name.split())
    if not name:
        faults["name"] = FieldFault(key="notifications.no_name")
    refuse_odd(faults, "name", [fields.name], MOST_NAME)
    steps = _steps(faults, fields, recipients)
    hours = _hours(faults, fields)
    rule = Rule(
        id=rule_id,
        organisation_id="",
        name=name,
        enabled=bool(fields.enabled),
        kinds=_chosen(faults, "kinds", fields.kinds, ALARM_KINDS),
        watchlists=_chosen(faults, "watchlists", fields.watchlists, watchlists),
        priorities=frozenset(map(Priority, _chosen(faults, "priorities", fields.priorities, list(Priority)))),
        gates=_chosen(faults, "gates", fields.gates, gates),
        areas=frozenset(map(int, _chosen(faults, "areas", fields.areas, [str(each) for each in areas]))),
        hours=hours,
        sound=Sound(next(iter(_chosen(faults, "sound", [fields.sound], list(Sound))), Sound.NORMAL)),
        steps=steps,
        plate_reason=_plate_reason(faults, fields),
    )
    return (None if faults else rule), faults


def _chosen(faults: Faults, name: str, values: Iterable[str], known: Collection[str]) -> frozenset[str]:
    chosen = frozenset(values)
    if not chosen <= set(known):
        faults[name] = FieldFault(key="notifications.unknown_choice")
        return frozenset()
    return chosen


def _hours(faults: Faults, fields: RuleFields) -> Hours:
    days = _chosen(faults, "days", fields.days, [str(day) for day in EVERY_DAY])
    if not days and "days" not in faults:
        faults["days"] = FieldFault(key="notifications.no_days")
    start, end = (_time(faults, name, getattr(fields, name)) for name in ("starts", "ends"))
    return Hours(days=frozenset(map(int, days)), start=start, end=end)


def _time(faults: Faults, name: str, text: str) -> time:
    try:
        found = time.fromisoformat(text.strip())
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None or len(text.strip()) != len("08:30"):
        faults[name] = FieldFault(key="notifications.wrong_time")
        return time()
    return found


def _steps(faults: Faults, fields: RuleFields, recipients: Collection[int]) -> tuple[Step, ...]:
    known = [str(each) for each in recipients]
    sent: list[tuple[str, str, Sequence[str]]] = [
        ("", "to0", fields.to0), (fields.after1, "to1", fields.to1), (fields.after2, "to2", fields.to2)
    ]  # fmt: skip
    steps: list[Step] = []
    for number, (after, name, chosen) in enumerate(sent):
        named = frozenset(map(int, _chosen(faults, name, chosen, known)))
        if len(named) > MOST_RECIPIENTS:
            faults[name] = FieldFault(key="notifications.too_many", values={"most": MOST_RECIPIENTS})
        if number == 0:
            steps.append(Step(recipients=named))
        elif after.strip() or named:
            steps.append(Step(after_s=_seconds(faults, f"after{number}", after, steps[-1].after_s), recipients=named))
    return tuple(steps)


def _seconds(faults: Faults, name: str, text: str, before: int) -> int:
    """Later than the step before."""
    typed = text.strip()
    least = max(SHORTEST_ESCALATION_S, before + 1)
    if not typed.isascii() or not typed.isdigit() or not least <= int(typed) <= LONGEST_ESCALATION_S:
        faults[name] = FieldFault(
            key="notifications.wrong_seconds", values={"least": least, "most": LONGEST_ESCALATION_S}
        )
        return before + 1
    return int(typed)


def _plate_reason(faults: Faults, fields: RuleFields) -> str | None:
    """None where messages carry no plate."""
    if not fields.with_plate:
        return None
    check_reason_field(faults, "plate_reason", fields.plate_reason)
    refuse_odd(faults, "plate_reason", [fields.plate_reason], MAX_REASON)
    return plain_reason(fields.plate_reason)
