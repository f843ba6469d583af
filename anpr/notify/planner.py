# SPDX-License-Identifier: AGPL-3.0-or-later
"""Planner: each new sighting meets the rules once, and what they say stands in the ledger with the progress, in one
transaction. A crash leaves either both or neither. A proposal of a list is told to those who decide on them.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from anpr.domain.alarm import AlarmState
from anpr.domain.notification import (
    ChannelKind,
    Planned,
    Recipient,
    Rule,
    Subject,
    escalations,
    first_deliveries,
    step_deliveries,
)
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import ESCALATIONS, NOTIFICATIONS, SIGHTINGS_NOT_TOLD
from anpr.store.database.connection import Connection, Database
from anpr.store.notifications.escalations import DueEscalation, plan_escalations, take_due
from anpr.store.notifications.ledger import enter
from anpr.store.notifications.proposals import enter_proposals, withdraw_proposals
from anpr.store.notifications.recipients import list_recipients
from anpr.store.notifications.rules import Opened, list_rules, opened_to
from anpr.store.notifications.sightings import SeenVehicle, advance, progress, sightings_after, sightings_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Organisation:
    """What one organisation has said, and what it may see."""

    rules: Sequence[Rule]
    recipients: dict[int, Recipient]
    opened: Opened


@dataclass(kw_only=True)
class Planner:
    """Plans for all organisations. `wake` is called with the channels that got something to send."""

    database: Database
    clock: Clock
    zone: ZoneInfo
    oldest: timedelta
    """An alarm that is older is not told."""
    wake: Callable[[set[ChannelKind]], None]

    def run(self) -> None:
        """Plan all there is to plan now: new sightings, then escalations that are due, then proposals. Raises
        StoreError."""
        while self._sightings():
            pass
        while self._due():
            pass
        while self._proposals():
            pass

    def _sightings(self) -> bool:
        """One transaction's worth; whether there may be more."""
        now = self.clock.now()
        skipped: Counter[str] = Counter()
        with self.database.transaction() as conn:
            after = progress(conn)
            seen = sightings_after(conn, after)
            if not seen:
                return False
            told = [each for each in seen if self._is_told(each, now, skipped)]
            channels, met = self._plan(conn, told, now) if told else ([], set())
            advance(conn, seen[-1].sighting_id)
        skipped["no-rule"] += len([each for each in told if each.alarm_id not in met])
        for why, number in skipped.items():
            SIGHTINGS_NOT_TOLD.labels(why).inc(number)
        self._entered(channels)
        return True

    def _is_told(self, seen: SeenVehicle, now: datetime, skipped: Counter[str]) -> bool:
        why = None
        if seen.retro:
            why = "retro"
        elif seen.state is AlarmState.CLOSED:
            why = "closed"
        elif now - seen.at > self.oldest:
            why = "late"
            log.warning("alarm %d is too old to be told: nothing looked at alarms for so long", seen.alarm_id)
        if why is not None:
            skipped[why] += 1
        return why is None

    def _plan(self, conn: Connection, told: Sequence[SeenVehicle], now: datetime) -> tuple[list[ChannelKind], set[int]]:
        """Channels of the new rows, and the alarms that some rule holds for."""
        channels: list[ChannelKind] = []
        met: set[int] = set()
        for organisation_id, of in self._organisations(conn, now).items():
            subjects = _subjects([each for each in told if of.opened.covers(each.sight)])
            planned = [
                each for subject in subjects for each in first_deliveries(of.rules, of.recipients, subject, self.zone)
            ]
            later = [each for subject in subjects for each in escalations(of.rules, subject, self.zone)]
            met |= {each.alarm_id for each in planned} | {each.alarm_id for each in later}
            channels += enter(conn, organisation_id, planned, now)
            plan_escalations(conn, organisation_id, later)
        return channels, met

    def _due(self) -> bool:
        now = self.clock.now()
        with self.database.transaction() as conn:
            due = take_due(conn, now)
            if not due:
                return False
            outcomes, channels = self._escalate(conn, due, now)
        for outcome in outcomes:
            ESCALATIONS.labels(outcome).inc()
        self._entered(channels)
        return True

    def _escalate(
        self, conn: Connection, due: Sequence[DueEscalation], now: datetime
    ) -> tuple[list[str], list[ChannelKind]]:
        organisations = self._organisations(conn, now)
        outcomes: list[str] = []
        channels: list[ChannelKind] = []
        for each in due:
            is_late = now - each.escalation.due_at > self.oldest
            of = organisations.get(each.organisation_id)
            outcome, planned = ("late", []) if is_late else _escalated(conn, each, of)
            outcomes.append(outcome)
            channels += enter(conn, each.organisation_id, planned, now)
        return outcomes, channels

    def _proposals(self) -> bool:
        now = self.clock.now()
        with self.database.transaction() as conn:
            gone = withdraw_proposals(conn, now)
            channels = enter_proposals(conn, now, now - self.oldest)
        for channel in gone:
            NOTIFICATIONS.labels(channel, "withdrawn").inc()
        self._entered(channels)
        return bool(channels)

    def _organisations(self, conn: Connection, now: datetime) -> dict[str, _Organisation]:
        """Those that have rules."""
        rules = [stored.rule for stored in list_rules(conn)]
        recipients = list_recipients(conn)
        day: date = now.astimezone(self.zone).date()
        return {
            each: _Organisation(
                rules=[rule for rule in rules if rule.organisation_id == each],
                recipients={key: one for key, one in recipients.items() if one.organisation_id == each},
                opened=opened_to(conn, each, day),
            )
            for each in sorted({rule.organisation_id for rule in rules})
        }

    def _entered(self, channels: Sequence[ChannelKind]) -> None:
        for channel in channels:
            NOTIFICATIONS.labels(channel, "queued").inc()
        if channels:
            self.wake(set(channels))


def _subjects(seen: Sequence[SeenVehicle]) -> list[Subject]:
    """An alarm each, with those of its sightings that came now, in the order of the first."""
    by_alarm: dict[int, list[SeenVehicle]] = {}
    for each in seen:
        by_alarm.setdefault(each.alarm_id, []).append(each)
    return [
        Subject(
            alarm_id=alarm_id,
            raised_at=group[0].raised_at,
            at=group[0].at,
            sights=tuple(each.sight for each in group),
        )
        for alarm_id, group in by_alarm.items()
    ]


def _escalated(conn: Connection, due: DueEscalation, of: _Organisation | None) -> tuple[str, list[Planned]]:
    escalation = due.escalation
    rule = next((rule for rule in of.rules if rule.id == escalation.rule_id), None) if of else None
    seen = sightings_of(conn, escalation.alarm_id)
    if of is None or rule is None or not any(of.opened.covers(each.sight) for each in seen):
        return "gone", []
    if seen[0].state is not AlarmState.RAISED:
        return "acknowledged", []
    planned = step_deliveries(rule, escalation.step, of.recipients, escalation.alarm_id, escalation.priority)
    return ("told" if planned else "gone"), planned
