# SPDX-License-Identifier: AGPL-3.0-or-later
"""Teller of one destination of alarms: a short poll, a file for each message, back-off, and given up after hours."""

import logging
from dataclasses import dataclass
from datetime import timedelta

from anpr.domain.errors import AnprError, ForwardError
from anpr.domain.transit import Transit
from anpr.forward.alarms.message import lay_out_alarm, record_message, verdict_of
from anpr.forward.delivery_client import DeliveryClient
from anpr.forward.job import Centre, Job
from anpr.forward.profile.load import profile_of
from anpr.forward.putting import image_refusal
from anpr.forward.reply.verdict import Verdict
from anpr.forward.report import ForwardSummary
from anpr.forward.stage import check_may_run
from anpr.forward.transport import Receipt
from anpr.runtime.backoff import doubled_s
from anpr.runtime.metrics import ALARM_MESSAGES, FORWARD_REFUSED, preset
from anpr.settings.forwarding.alarm_destination import AlarmDestinationSettings
from anpr.store.forwarding.alarm_messages import (
    AlarmMessage,
    AlarmMessageState,
    TellingOf,
    begin_message,
    due_messages,
    plan_messages,
    settle_message,
    supersede_outcomes,
    told_alarm,
)
from anpr.store.forwarding.runs import run_lock
from anpr.store.transits.rows import transit_at

OUTCOMES = ("sent", "accepted", "rejected", "dead", "superseded", "failed", "refused")
LOOK_EVERY_S = 1.0
REFUSED_S = 60.0
RETRY_MIN_S = 2.0
RETRY_MAX_S = 300.0
_State = AlarmMessageState
log = logging.getLogger(__name__)


def alarm_job(centre: Centre, settings: AlarmDestinationSettings) -> Job:
    """The destination's job. Raises ForwardError (permanent) when its profile is wrong, excludes its transport, or has
    its answers in files beside the sent ones, which nobody fetches for alarms."""
    destination = settings.destination
    profile = profile_of(destination)
    if profile.answers.kind == "receipt" and destination.target.kind != "https":
        told = f"profile {profile.name}: answers.kind receipt: receipts of alarms are not fetched"
        raise ForwardError(f"alarm_forwarding.{destination.id}: {told}", permanent=True)
    return Job(centre=centre, destination=destination, profile=profile)


def serve_alarms(job: Job, settings: AlarmDestinationSettings) -> ForwardSummary:
    """Tell alarms until the centre's `stop` is set; they are no transits, so the summary is empty."""
    for outcome in OUTCOMES:
        preset(ALARM_MESSAGES, job.id, outcome)
    teller = AlarmTeller(job=job, settings=settings)
    while not job.clock.wait(job.centre.stop, teller.turn()):
        pass
    return ForwardSummary()


@dataclass(kw_only=True)
class AlarmTeller:
    """Plans and sends the messages of one destination."""

    job: Job
    settings: AlarmDestinationSettings

    def turn(self) -> float:
        """Send what is due; returns seconds until the next look. What fails is logged and tried again."""
        try:
            return self._turn()
        except AnprError as exc:
            log.error("alarms to %s: %s; next look in %.0f s", self.job.id, exc, REFUSED_S)
            ALARM_MESSAGES.labels(self.job.id, "refused").inc()
            return REFUSED_S

    def _turn(self) -> float:
        now, job = self.job.clock.now(), self.job
        with job.database.transaction() as conn:
            overtaken = supersede_outcomes(conn, job.id, now)
            for message in overtaken:
                record_message(conn, job, message, "ended", outcome=_State.SUPERSEDED.value)
            plan_messages(conn, self._of(), now - timedelta(hours=self.settings.give_up_after_h), now)
            due = due_messages(conn, job.id, now)
        ALARM_MESSAGES.labels(job.id, _State.SUPERSEDED.value).inc(len(overtaken))
        if due:
            self._check()
            with run_lock(job.database, job.id) as lock:
                if lock is not None:
                    self._send_all()
        return LOOK_EVERY_S

    def _check(self) -> None:
        """Raises ForwardError where agreement or stage forbid it; only that is told as refused, no failure here."""
        try:
            check_may_run(self.job)
        except ForwardError:
            FORWARD_REFUSED.labels(self.job.id).set(1)
            raise
        FORWARD_REFUSED.labels(self.job.id).set(0)

    def _of(self) -> TellingOf:
        settings = self.settings
        return TellingOf(
            destination=self.job.id,
            organisation_id=settings.organisation,
            lists=settings.lists,
            kinds=settings.kinds,
            local_lists=tuple(settings.local_lists),
        )

    def _send_all(self) -> None:
        """Under the lock, so what is due is looked up anew."""
        with self.job.database.transaction() as conn:
            due = due_messages(conn, self.job.id, self.job.clock.now())
        with DeliveryClient(self.job, pauses_s=()) as client:
            for message in due:
                if self.job.centre.stop.is_set():
                    return
                self._send(client, message)

    def _send(self, client: DeliveryClient, message: AlarmMessage) -> None:
        job = self.job
        with job.database.transaction() as conn:
            alarm = told_alarm(conn, message)
            stored = transit_at(conn, alarm.captured_at, alarm.transit_id) if alarm else None
        if alarm is None or stored is None:
            self._settle(
                message, _State.DEAD, "the transit is no longer stored, or its gate is not open for forwarding"
            )
            return
        if message.message == "outcome" and message.closed_at != alarm.closed_at:
            return  # opened again a moment ago: the next turn supersedes it
        layout = lay_out_alarm(self.job, message, alarm, stored.transit)
        if layout.rejected:
            self._settle(message, _State.REJECTED, layout.rejected[stored.transit.id])
            return
        self._begin(message)
        try:
            *images, records = layout.files
            refused = [image_refusal(job.profile, client.send(image.name, image.data)) for image in images]
            reason = next((each for each in refused if each is not None), None)
            reply = None if reason else client.send(records.name, records.data)
        except ForwardError as exc:
            self._failed(message, str(exc))
            return
        if reply is None:
            self._settle(message, _State.REJECTED, reason)
        else:
            self._answered(message, reply, stored.transit)

    def _answered(self, message: AlarmMessage, reply: Receipt, transit: Transit) -> None:
        try:
            said = verdict_of(self.job, reply, transit)
        except ForwardError as exc:
            # The message has arrived: sent again it would only be answered in the same way again.
            self._settle(message, _State.SENT, str(exc))
        else:
            self._judge(message, said)

    def _begin(self, message: AlarmMessage) -> None:
        """On record, and in the audit at the first try, before anything leaves."""
        now = self.job.clock.now()
        pause = doubled_s(RETRY_MIN_S, message.attempts, RETRY_MAX_S)
        with self.job.database.transaction() as conn:
            begin_message(conn, self.job.id, message, now + timedelta(seconds=pause))
            if message.attempts == 0:
                record_message(conn, self.job, message, "begun")

    def _judge(self, message: AlarmMessage, said: Verdict | None) -> None:
        if said is None:
            self._settle(message, _State.SENT)
        elif said.meaning == "ok":
            self._settle(message, _State.ACCEPTED)
        elif said.meaning == "permanent":
            self._settle(message, _State.REJECTED, said.reason)
        else:
            self._failed(message, said.reason)

    def _failed(self, message: AlarmMessage, why: str) -> None:
        job, now = self.job, self.job.clock.now()
        if now - message.queued_at >= timedelta(hours=self.settings.give_up_after_h):
            self._settle(message, _State.DEAD, why)
            return
        pause = doubled_s(RETRY_MIN_S, message.attempts, RETRY_MAX_S)
        log.warning("alarm %d to %s: %s; next try in %.0f s", message.alarm_id, job.id, why, pause)
        ALARM_MESSAGES.labels(job.id, "failed").inc()
        with job.database.transaction() as conn:
            settle_message(
                conn, job.id, message, _State.QUEUED, now, reason=why, next_at=now + timedelta(seconds=pause)
            )

    def _settle(self, message: AlarmMessage, state: AlarmMessageState, reason: str | None = None) -> None:
        job = self.job
        with job.database.transaction() as conn:
            settle_message(conn, job.id, message, state, job.clock.now(), reason=reason)
            record_message(conn, job, message, "ended", outcome=state.value, error=reason)
        ALARM_MESSAGES.labels(job.id, state.value).inc()
        level = logging.INFO if state in {_State.SENT, _State.ACCEPTED} else logging.ERROR
        log.log(level, "alarm %d to %s: %s %s%s", message.alarm_id, job.id, message.message, state,
                f": {reason}" if reason else "")  # fmt: skip
