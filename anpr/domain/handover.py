# SPDX-License-Identifier: AGPL-3.0-or-later
"""Handover of a shift: what the operator who leaves found at its end, frozen when they sign, and who took it over.

It names alarms, notes and suppressions by number alone: plates and words of notes stay where their retention is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from anpr.domain.alarm import AlarmKind, AlarmState
from anpr.domain.watchlist import Priority

LONGEST_SHIFT = timedelta(hours=24)
"""Without a handover before it, a shift is told from so long ago at most."""
SIGN_WITHIN = timedelta(hours=12)
"""So long the operator who comes may sign; then the list of what is open is no longer what they find."""
MAX_TEXT = 2000
"""Characters of the words of each of the two."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenAlarm:
    """An alarm that is not closed, as it was; `holder` None: nobody has it."""

    id: int
    kind: AlarmKind
    priority: Priority
    state: AlarmState
    holder: str | None
    gate_id: str
    """Where it was seen last."""
    raised_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class NotedAlarm:
    """Somebody's words on an alarm: the number of the event in its log."""

    event_id: int
    alarm_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BlindPlace:
    """A gate that did not look; `blind` of its `cameras`."""

    gate_id: str
    since: datetime
    blind: int
    cameras: int


@dataclass(frozen=True, kw_only=True, slots=True)
class InForce:
    """A suppression that held; `gate_id` None: at any gate."""

    id: int
    gate_id: str | None
    until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class OnDuty:
    """An operator who was logged in: the first login of the shift, and when they last did something."""

    name: str
    first: datetime
    last: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class ShiftFacts:
    """What the system knows of a shift from `since` until `at` (UTC)."""

    since: datetime
    at: datetime
    alarms: tuple[OpenAlarm, ...]
    """What is urgent and nobody has first, then those that somebody has, then by urgency; as many as the store
    lists."""
    open: int
    """How many are open."""
    past: int
    """How many of the past are."""
    closed: Mapping[str, int]
    """How many were closed in the shift, by outcome."""
    notes: tuple[NotedAlarm, ...]
    """The newest first."""
    blind: tuple[BlindPlace, ...]
    suppressions: tuple[InForce, ...]
    people: tuple[OnDuty, ...]

    def held_by(self, name: str) -> tuple[int, ...]:
        """The alarms that this operator had."""
        return tuple(alarm.id for alarm in self.alarms if alarm.holder == name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Handover:
    """A shift that one operator has signed for, and perhaps another."""

    id: int
    organisation_id: str
    outgoing: str
    facts: ShiftFacts
    text: str
    """The outgoing operator's words."""
    gives_alarms: bool
    """Whether their alarms become the incoming operator's with the second signature."""
    digest: str
    """SHA-256 (64 hex digits) of what the first has signed; it is in the audit too."""
    is_whole: bool = True
    """Whether what is stored has this digest."""
    incoming: str | None = None
    incoming_at: datetime | None = None
    remark: str | None = None
    """The incoming operator's words."""

    @property
    def is_complete(self) -> bool:
        """Whether both have signed."""
        return self.incoming is not None


def shift_start(last: datetime | None, now: datetime) -> datetime:
    """From when a shift is told that ends now: from the handover before it, LONGEST_SHIFT ago at most."""
    earliest = now - LONGEST_SHIFT
    return earliest if last is None else max(last, earliest)


def is_late(handover: Handover, now: datetime) -> bool:
    """Whether it is too late to sign for it."""
    return now - handover.facts.at > SIGN_WITHIN
