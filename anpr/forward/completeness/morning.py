# SPDX-License-Identifier: AGPL-3.0-or-later
"""Scheduler of the completeness reports: looks each minute whether one is due, and tells the metrics when one is not
there."""

import logging
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from anpr.domain.completeness import Verdict
from anpr.domain.errors import AnprError, ForwardError, MailError, SettingsError, StoreError
from anpr.forward.completeness.mailing import Send, mail_report
from anpr.forward.completeness.making import ReportMaker
from anpr.forward.schedule import local_day, start_before
from anpr.mail.smtp import SmtpSender
from anpr.runtime.background import every
from anpr.runtime.backoff import Backoff
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import (
    COMPLETENESS_DUE,
    COMPLETENESS_MAIL_FAILED,
    COMPLETENESS_TIME,
    COMPLETENESS_UNBALANCED,
)
from anpr.settings import Settings
from anpr.store.accounting.reports import ArchivedReport
from anpr.store.database.connection import Database
from anpr.store.database.session_lock import session_lock

LOOK_EVERY_S = 60.0
WEEK = timedelta(days=7)
log = logging.getLogger(__name__)


def reporting(database: Database, settings: Settings, clock: Clock) -> AbstractContextManager[None]:
    """Make reports when they are due, in a thread for as long as the context lasts."""
    morning = Morning(
        maker=ReportMaker(settings=settings, database=database, clock=clock),
        send=SmtpSender(settings.mail, clock).send,
    )
    return every(LOOK_EVERY_S, morning.look, "completeness reports", clock)


@dataclass(kw_only=True)
class Morning:
    """Makes what is due, once over all processes, and mails it."""

    maker: ReportMaker
    send: Send
    _backoff: Backoff = field(default_factory=lambda: Backoff(first_s=LOOK_EVERY_S, most_s=3600.0))
    _next_mail: datetime | None = None

    def look(self) -> None:
        """Make and mail what is due. Raises ForwardError or StoreError when a report cannot be made, after those of the
        other organisations were: it is tried again."""
        maker = self.maker
        with session_lock(maker.database, "anpr completeness reports", "the reports' lock") as lock:
            if lock is None:
                return
            names = maker.organisations()
            failures = [failure for organisation in names if (failure := self._make(organisation)) is not None]
            self._tell(list(names))
            self._mail(names)
            if failures:
                raise failures[0]

    def _make(self, organisation: str) -> AnprError | None:
        """Its report, if it is due; what made it fail, which holds up no other organisation's."""
        try:
            if self._is_due(organisation):
                made = self.maker.make_morning(organisation)
                log.info("completeness of %s: %s", organisation, ", ".join(map(_text, made)) or "as it was")
        except (ForwardError, StoreError) as exc:
            log.error("completeness of %s: %s", organisation, exc)
            return exc
        return None

    def due_day(self) -> date:
        """The day whose report should be there by now."""
        maker = self.maker
        at = start_before(maker.clock.now(), maker.settings.completeness.at, maker.settings.zone)
        return local_day(at, maker.settings.zone) - timedelta(days=1)

    def _is_due(self, organisation: str) -> bool:
        day = self.due_day()
        return day not in self.maker.known(organisation, day)

    def _tell(self, organisations: list[str]) -> None:
        day = self.due_day()
        known = [self.maker.known(each, day - WEEK) for each in organisations]
        COMPLETENESS_DUE.set(sum(day not in reports for reports in known))
        newest = [report for reports in known for report in reports.values()]
        COMPLETENESS_UNBALANCED.set(sum(report.verdict == Verdict.UNBALANCED for report in newest))
        if newest:
            COMPLETENESS_TIME.set(max(report.made_at for report in newest).timestamp())

    def _mail(self, names: dict[str, str]) -> None:
        maker = self.maker
        now = maker.clock.now()
        if not maker.settings.completeness.mail_to or (self._next_mail is not None and now < self._next_mail):
            return
        failures: list[AnprError] = []
        for organisation, name in names.items():
            report = maker.known(organisation, self.due_day()).get(self.due_day())
            if report is None or report.mailed_at is not None:
                continue
            try:
                mail_report(maker.database, maker.settings, maker.clock, self.send, report, name)
            except (MailError, SettingsError) as exc:
                failures.append(exc)
        if failures:
            self._failed(failures, now)
        else:
            COMPLETENESS_MAIL_FAILED.set(0)
            self._backoff.reset()
            self._next_mail = None

    def _failed(self, failures: list[AnprError], now: datetime) -> None:
        wait_s = self._backoff.next_s()
        self._next_mail = now + timedelta(seconds=wait_s)
        COMPLETENESS_MAIL_FAILED.set(1)
        for exc in failures:
            log.error("a completeness report was not mailed: %s; next try in %.0f s", exc, wait_s)


def _text(report: ArchivedReport) -> str:
    return f"{report.day.isoformat()} revision {report.revision} {report.verdict}"
