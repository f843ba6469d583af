# SPDX-License-Identifier: AGPL-3.0-or-later
"""Case: a vehicle that an organisation's lists name, where it was seen, and what the operations room did about it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from anpr.domain.watchlist import ListKind, Priority

REOPEN_WITHIN = timedelta(minutes=10)
"""So long after it was closed an alarm may be opened again: a slip of the hand. Later it is history."""

_PARTIAL = re.compile(r"[*?]")


class AlarmState(StrEnum):
    """raised → acknowledged → in-progress → closed; handed back it is raised again."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    IN_PROGRESS = "in-progress"
    CLOSED = "closed"


HELD = (AlarmState.ACKNOWLEDGED, AlarmState.IN_PROGRESS)
"""Somebody has taken charge of it."""


class AlarmOutcome(StrEnum):
    """What an alarm led to; recorded when it is closed."""

    STOPPED = "stopped"
    NOT_FOUND = "not-found"
    FALSE_READ = "false-read"
    OUT_OF_DATE = "out-of-date"
    OTHER = "other"


SETTLED = (AlarmOutcome.STOPPED, AlarmOutcome.FALSE_READ, AlarmOutcome.OUT_OF_DATE)
"""Outcomes that also answer for the next minutes: the vehicle is in somebody's hands, or is none that is looked for."""


class AlarmKind(StrEnum):
    """Why a vehicle is looked for, the gravest first; `uninspected` (or uninsured) is to be verified and no offence."""

    STOLEN = "stolen"
    JUDICIAL = "judicial"
    UNINSPECTED = "uninspected"
    LOCAL = "local"


class AlarmEventKind(StrEnum):
    """What can happen to an alarm."""

    RAISED = "raised"
    SIGHTED = "sighted"
    ACKNOWLEDGED = "acknowledged"
    STARTED = "started"
    ON_SCENE = "on-scene"
    """A patrol acts on it, whoever has it."""
    DISPATCHED = "dispatched"
    """It was sent to a patrol, whose name is the text; whoever has it keeps it."""
    NOTED = "noted"
    HANDED_OVER = "handed-over"
    TAKEN_OVER = "taken-over"
    RELEASED = "released"
    ESCALATED = "escalated"
    CLOSED = "closed"
    REOPENED = "reopened"
    SUPPRESSED = "suppressed"
    UNSUPPRESSED = "unsuppressed"
    MERGED = "merged"
    """Alarms of a former version became this one; `detail` has their ids, by which the audit names them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sighting:
    """One transit that one entry names; unique per (transit, entry). Times are UTC; `probability` is that the plate is
    the entry, 0 to 1."""

    id: int
    alarm_id: int | None
    """None: it was suppressed."""
    transit_id: UUID
    captured_at: datetime
    raised_at: datetime
    gate_id: str
    camera_id: str
    plate: str
    """As it was read."""
    entry_id: int
    entry_plate: str
    watchlist_id: str
    reason: str
    priority: Priority
    probability: float
    retro: bool = False
    """Whether the entry came after the transit: it says where the vehicle was, not where it is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """One vehicle and the organisation whose lists name it, from its first sighting until it is closed. In UTC."""

    id: int
    vehicle: str
    """The plate that the entry names; of a partial one, the plate that was read."""
    organisation_id: str
    """Whose lists they are."""
    kind: AlarmKind
    """Of the sighting that leads, as `priority` is."""
    priority: Priority
    raised_at: datetime
    first_seen_at: datetime
    last_seen_at: datetime
    """Capture of the first and the last of its sightings."""
    retro: bool = False
    """Whether it was raised from what had passed before its entry came. It says where the vehicle was."""
    state: AlarmState = AlarmState.RAISED
    acknowledged_by: str | None = None
    """Who has it; of a closed one, who had it."""
    acknowledged_at: datetime | None = None
    closed_by: str | None = None
    closed_at: datetime | None = None
    outcome: AlarmOutcome | None = None
    note: str | None = None
    """With which it was closed."""
    version: int = 1
    """Higher after each change, a new sighting too; of all alarms in the order in which they changed."""

    @property
    def is_held(self) -> bool:
        """Whether somebody has taken charge of it."""
        return self.state in HELD


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmEvent:
    """Something that happened to an alarm; `author` None: the system. `text`: the author's own words."""

    id: int
    alarm_id: int
    at: datetime
    author: str | None
    kind: AlarmEventKind
    text: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Suppression:
    """Raises no alarm for a vehicle at a gate (None: at any gate), captured in [since, until); `lifted_at`: before its
    end."""

    id: int
    vehicle: str
    gate_id: str | None
    organisation_id: str
    since: datetime
    until: datetime
    author: str
    reason: str
    lifted_at: datetime | None = None


def vehicle_of(entry_plate: str, plate: str) -> str:
    """Which vehicle a sighting is of: the one that the entry names, or the plate read where it names a part of one."""
    return plate if _PARTIAL.search(entry_plate) else entry_plate


def leads(one: tuple[Priority, AlarmKind], other: tuple[Priority, AlarmKind]) -> bool:
    """Whether `one` is more urgent: by priority, then by the gravest kind."""
    return _rank(*one) < _rank(*other)


def kind_of(kind: ListKind) -> AlarmKind:
    """Of the alarms of a list. Raises ValueError for a list that raises none."""
    return AlarmKind(kind.value)


def may_join(alarm: Alarm, entries: Iterable[int], entry_id: int, at: datetime, join_after_close: timedelta) -> bool:
    """Whether a sighting of this entry at `at` belongs to the vehicle's `alarm`, which has sightings of `entries`.

    An open one takes every sighting. One that was closed less than `join_after_close` ago takes it without a word when
    its outcome is settled and its entry is one that it answered for: another entry is news. What was not found, and is
    seen again, is an alarm anew.
    """
    if alarm.closed_at is None:
        return True
    return alarm.outcome in SETTLED and at - alarm.closed_at < join_after_close and entry_id in set(entries)


def may_reopen(alarm: Alarm, at: datetime) -> bool:
    """Whether it was closed so lately that it may be opened again."""
    return alarm.closed_at is not None and at - alarm.closed_at <= REOPEN_WITHIN


def _rank(priority: Priority, kind: AlarmKind) -> tuple[int, int]:
    return list(Priority).index(priority), list(AlarmKind).index(kind)
