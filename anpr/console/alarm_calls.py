# SPDX-License-Identifier: AGPL-3.0-or-later
"""How loud the board calls for each alarm, and when louder: what the organisation's notification rules say of it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from anpr.domain.alarm import AlarmState
from anpr.domain.notification import Rule, Sight, Sound, Subject, escalations, sound_of
from anpr.runtime.clock import Clock
from anpr.store.alarms.views import AlarmView

REFRESH_S = 15.0
"""A changed rule is heard so late at most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmCall:
    """What the board plays when the alarm comes, and the moments (UTC) at which it is played louder, where nobody has
    taken the alarm by then: those of the escalations."""

    sound: Sound = Sound.NORMAL
    louder_at: tuple[datetime, ...] = ()


class AlarmCalls:
    """Rules by organisation, kept in memory, since every row and card asks. Safe to share between threads."""

    def __init__(self, load: Callable[[str], tuple[Rule, ...]], zone: ZoneInfo, clock: Clock) -> None:
        """`load` reads an organisation's rules from the database; it may raise StoreError."""
        self._load = load
        self._zone = zone
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, tuple[Rule, ...]]] = {}

    def refresh(self, organisation: str) -> None:
        """Read the rules where they are older than REFRESH_S. Raises StoreError."""
        now = self._clock.monotonic()
        with self._lock:
            known = self._known.get(organisation)
        if known is None or now - known[0] >= REFRESH_S:
            rules = self._load(organisation)
            with self._lock:
                self._known[organisation] = (now, rules)

    def of(self, organisation: str, view: AlarmView) -> AlarmCall:
        """By the rules as they were read last; where they never were, as without any."""
        with self._lock:
            _, rules = self._known.get(organisation, (0.0, ()))
        alarm = view.alarm
        if not rules or alarm.state is AlarmState.CLOSED or alarm.retro:
            return AlarmCall()
        sights = tuple(_sight(view, number) for number in range(len(view.sightings)))
        subject = Subject(alarm_id=alarm.id, raised_at=alarm.raised_at, at=alarm.raised_at, sights=sights)
        moments = {each.due_at for each in escalations(rules, subject, self._zone)}
        louder = tuple(sorted(moments)) if alarm.state is AlarmState.RAISED else ()
        return AlarmCall(sound=sound_of(rules, subject, self._zone), louder_at=louder)


def _sight(view: AlarmView, number: int) -> Sight:
    seen = view.sightings[number].sighting
    return Sight(gate_id=seen.gate_id, watchlist_id=seen.watchlist_id, kind=view.alarm.kind, priority=seen.priority)
