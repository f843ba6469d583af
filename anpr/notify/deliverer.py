# SPDX-License-Identifier: AGPL-3.0-or-later
"""Delivery of one channel: claim a row, send it, note what came of it; each step survives a crash.

A claim counts the attempt before anything is sent. What was sent and not noted is sent again with the same id: at least
once, where the channel cannot tell. Where nothing can be sent to a server, all that would go there waits with growing
pauses (its lane), and then goes in the order of priority and age; where one message alone fails, only that one waits.
"""

import logging
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from anpr.domain.notification import ChannelKind, NotificationState, Recipient, SendFault
from anpr.notify.channels.base import Channel, Message, Outcome, Refused, Sent, TryAgain
from anpr.notify.lanes import Lanes
from anpr.notify.message import alarm_message, test_message
from anpr.notify.proposal_message import proposal_message
from anpr.runtime.backoff import doubled_s
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import (
    NOTIFICATION_CHANNEL_FAILING,
    NOTIFICATIONS,
    NOTIFICATIONS_DEAD,
    NOTIFICATIONS_OLDEST_S,
    NOTIFICATIONS_WAITING,
)
from anpr.store.database.connection import Connection, Database
from anpr.store.notifications.channel_health import ChannelHealth, tell_channel
from anpr.store.notifications.ledger import (
    LedgerRow,
    Taken,
    begin_attempt,
    dead,
    give_up,
    settle,
    take,
    waiting,
)
from anpr.store.notifications.proposals import waiting_proposal
from anpr.store.notifications.recipients import list_recipients
from anpr.store.notifications.rules import list_rules, opened_to
from anpr.store.notifications.sightings import sightings_of

RETRY_MIN_S, RETRY_MAX_S = 30.0, 3600.0
"""Waits of a message that failed by itself, doubling."""
CLAIM_S = 300.0
"""A claimed row is taken again after this when its process says nothing, although it still holds the lock; longer than
any channel may take."""
HEALTH_EVERY = timedelta(seconds=15)
"""Between two signs of life of a channel."""
GONE = "the recipient is gone or switched off"
NO_ALARM = "the alarm is no longer stored, or no longer open to the recipient's organisation"
NO_PROPOSAL = "somebody has settled the proposal meanwhile"
GIVEN_UP = "nobody took it in time"
_FAULTS = {NO_ALARM: SendFault.ALARM_GONE, NO_PROPOSAL: SendFault.PROPOSAL_GONE}
log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Deliverer:
    """Sends what waits for one channel. One thread uses it."""

    database: Database
    channel: Channel
    clock: Clock
    zone: ZoneInfo
    console_url: str | None
    give_up_after: timedelta
    is_set_up: bool = True
    lanes: Lanes = field(init=False)
    _told: ChannelHealth | None = None

    def __post_init__(self) -> None:
        self.lanes = Lanes(self.clock)

    @property
    def kind(self) -> ChannelKind:
        """The channel's."""
        return self.channel.kind

    def drain(self, stop: threading.Event) -> None:
        """Send all that may be sent now, the most urgent first, until `stop` is set. Raises StoreError."""
        while not stop.is_set() and self.step():
            pass
        self._tell()

    def step(self) -> bool:
        """Send one; False where none may be sent now. Raises StoreError."""
        now = self.clock.now()
        with self.database.transaction() as conn:
            given_up = give_up(conn, self.kind, now - self.give_up_after, now, GIVEN_UP)
            taken = take(conn, self.kind, now, self._paused(conn))
            message: Message | str = ""
            if taken is not None:
                message = self._message(conn, taken, now)
                begin_attempt(conn, taken.row.id, now + timedelta(seconds=CLAIM_S))
        NOTIFICATIONS.labels(self.kind, "dead").inc(given_up)
        if taken is None:
            return False
        self._attempt(taken, message)
        return True

    def _attempt(self, taken: Taken, message: Message | str) -> None:
        """Send the message; a text instead of one says why there is none."""
        row, recipient = taken.row, taken.recipient
        if recipient is None or isinstance(message, str):
            gone = recipient is None or not isinstance(message, str) or message == GONE
            fault = SendFault.RECIPIENT_GONE if gone else _FAULTS[str(message)]
            self._note(row, Refused(GONE if gone else str(message), fault=fault))
            return
        outcome = self.channel.send(recipient, message)
        lane = self.channel.lane(recipient)
        if isinstance(outcome, TryAgain) and outcome.all_wait:
            self.lanes.failed(lane, outcome.reason, outcome.fault)
        else:
            self.lanes.works(lane)
        self._note(row, outcome)

    def _note(self, row: LedgerRow, outcome: Outcome) -> None:
        now, attempt = self.clock.now(), row.attempts + 1
        state, error, wait_s = NotificationState.SENT, None, None
        match outcome:
            case Refused(reason):
                state, error = NotificationState.DEAD, reason
            case TryAgain(reason) if outcome.all_wait:  # its lane waits, and then it is its turn again
                state, error, wait_s = NotificationState.FAILED, reason, 0.0
            case TryAgain(reason):
                wait_s = doubled_s(RETRY_MIN_S, row.attempts, RETRY_MAX_S)
                state, error = NotificationState.FAILED, reason
            case Sent():
                pass
        fault = None if isinstance(outcome, Sent) else outcome.fault
        next_attempt_at = None if wait_s is None else now + timedelta(seconds=wait_s)
        with self.database.transaction() as conn:
            settle(conn, row.id, attempt, state, now, error=error, fault=fault, next_attempt_at=next_attempt_at)
        NOTIFICATIONS.labels(self.kind, state).inc()
        if error is not None:
            log.warning("notification %d by %s: %s: %s", row.id, self.kind, state, error)

    def _message(self, conn: Connection, taken: Taken, now: datetime) -> Message | str:
        row, recipient = taken.row, taken.recipient
        if recipient is None or not (recipient.enabled or row.is_test):
            return GONE
        if row.proposal_id is not None:
            waiting = waiting_proposal(conn, row.proposal_id, now)
            return proposal_message(row, waiting, self.console_url, self.zone) if waiting else NO_PROPOSAL
        if row.alarm_id is None:
            return test_message(row)
        opened = opened_to(conn, row.organisation_id, now.astimezone(self.zone).date())
        seen = [each for each in sightings_of(conn, row.alarm_id) if opened.covers(each.sight)]
        if not seen:
            return NO_ALARM
        rules = {stored.rule.id: stored.rule for stored in list_rules(conn, row.organisation_id)}
        rule = rules.get(row.rule_id) if row.rule_id is not None else None
        return alarm_message(row, seen, rule, self.console_url, self.zone)

    def _paused(self, conn: Connection) -> list[int]:
        """Recipients whose lane waits."""
        waits = self.lanes.waiting()
        if not waits:
            return []
        return [each.id for each in self._recipients(conn) if self.channel.lane(each) in waits]

    def _recipients(self, conn: Connection) -> list[Recipient]:
        return [each for each in list_recipients(conn).values() if each.channel is self.kind]

    def _tell(self) -> None:
        """How the channel does, for /metrics and for the pages: when that changes, and every few seconds as a sign of
        life."""
        since, reason, fault = self.lanes.failing() or (None, None, None)
        health = ChannelHealth(
            channel=self.kind,
            is_set_up=self.is_set_up,
            told_at=self.clock.now(),
            failing_since=since,
            reason=reason,
            fault=fault,
        )
        with self.database.transaction() as conn:
            count, oldest = waiting(conn, self.kind)
            given_up = dead(conn, self.kind)
            if self._told is None or self._told.is_outdated_by(health, HEALTH_EVERY):
                tell_channel(conn, health)
                self._told = health
        NOTIFICATIONS_WAITING.labels(self.kind).set(count)
        NOTIFICATIONS_DEAD.labels(self.kind).set(given_up)
        age_s = (health.told_at - oldest).total_seconds() if oldest else 0.0
        NOTIFICATIONS_OLDEST_S.labels(self.kind).set(max(0.0, age_s))
        NOTIFICATION_CHANNEL_FAILING.labels(self.kind).set(int(since is not None))
