# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes completeness reports: revisions of a day, signed with the site's key, archived unchanged."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from anpr import __version__
from anpr.contract.signature import SigningKey
from anpr.domain.completeness import DayBalance
from anpr.domain.errors import ForwardError, InputError, PaperError
from anpr.domain.near_name import suggestion
from anpr.forward.completeness.document import ReportHead, Stages, as_csv, document
from anpr.forward.profile.load import load_profile
from anpr.forward.run_log import ACTOR
from anpr.forward.schedule import day_scope, local_day
from anpr.forward.signed_files import sign_files
from anpr.paper.apart import PdfPress
from anpr.paper.html import as_html
from anpr.runtime.clock import Clock
from anpr.settings import DestinationSettings, Settings
from anpr.store.accounting.balance import day_balance
from anpr.store.accounting.reports import ArchivedReport, ReportFiles, add_report, newest_reports, report_files
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.audit_export import site_key
from anpr.store.audit_heads import ensure_key
from anpr.store.database.connection import Database
from anpr.store.database.scope import Scope
from anpr.store.forwarding.standing import destination_standings
from anpr.store.gates import gate_names
from anpr.store.organisations.registry import organisation_names

SIGNED_AS = b"anpr completeness report 1\n"
"""What the signature begins with: told apart from everything else that is signed with the site's key."""
BACK_DAYS = 31
"""So far back a day whose figures changed gets another revision: longer than a reader keeps what it could not send."""


@dataclass(kw_only=True)
class ReportMaker:
    """Makes the reports of all organisations of this site. `by`: who makes them, as the audit tells it."""

    settings: Settings
    database: Database
    clock: Clock
    by: str = ACTOR
    press: PdfPress = field(default_factory=PdfPress)

    def organisations(self) -> dict[str, str]:
        """Names by id. Raises StoreError."""
        with self.database.transaction() as conn:
            return organisation_names(conn)

    @property
    def today(self) -> date:
        """The site's calendar day."""
        return local_day(self.clock.now(), self.settings.zone)

    @property
    def oldest(self) -> date:
        """The first day whose figures are all kept. Sums of a day before would be of what is left of it."""
        return self.today - timedelta(days=self.settings.retention.ledger_days - 1)

    def balance(self, organisation_id: str, day: date) -> DayBalance:
        """What is known of the day now. Raises StoreError."""
        own = [each for each in self.settings.forwarding if each.organisation == organisation_id]
        destinations = {each.id: _answers(each) for each in own}
        window = day_scope("", day, self.settings.zone)
        with self._as(organisation_id).transaction() as conn:
            return day_balance(conn, organisation_id, window, destinations, self.clock.now())

    def make_morning(self, organisation_id: str) -> list[ArchivedReport]:
        """Make the report of yesterday, and of each earlier day whose figures have changed or whose report was missed.

        Returns those that were made. Raises ForwardError, StoreError.
        """
        yesterday = self.today - timedelta(days=1)
        known = self.known(organisation_id, yesterday - timedelta(days=BACK_DAYS))
        first = min(max(min(known, default=yesterday), self.oldest), yesterday)
        days = [first + timedelta(days=number) for number in range((yesterday - first).days + 1)]
        made = [self.make(organisation_id, day, known.get(day)) for day in days]
        return [report for report in made if report is not None]

    def of_day(self, organisation_id: str, day: date) -> ArchivedReport:
        """The newest report of a day that has begun, made anew where its figures have changed; of a day whose figures
        are not kept any more the one that is archived. Raises InputError for another day or an unknown organisation,
        ForwardError, StoreError."""
        if day > self.today:
            raise InputError(f"day {day.isoformat()}: lies in the future")
        names = self.organisations()
        if organisation_id not in names:
            raise InputError(f"no organisation has the id {organisation_id!r}{suggestion(organisation_id, names)}")
        known = self.known(organisation_id, day).get(day)
        found = known if day < self.oldest else self.make(organisation_id, day, known) or known
        if found is None and day < self.oldest:
            raise InputError(f"day {day.isoformat()}: its figures are not kept any more, and it has no report")
        if found is None:
            raise ForwardError(f"completeness report {day.isoformat()}: was not made")
        return found

    def files(self, report: ArchivedReport) -> ReportFiles:
        """The archived files of a report, to be written somewhere: in the audit as an export. Raises ForwardError,
        StoreError."""
        with self._as(report.organisation_id).transaction() as conn:
            files = report_files(conn, report.id)
            if files is not None:
                day, digest = report.day.isoformat(), sha256(files.manifest).hexdigest()
                detail = {"made": "completeness", "form": "files", "day": day, "sha256": digest}
                append(conn, AuditEvent(actor=self.by, action=AuditAction.EXPORTED, at=self.clock.now(), detail=detail))
        if files is None:
            raise ForwardError(f"completeness report {report.id}: is not archived any more")
        return files

    def known(self, organisation_id: str, since: date) -> dict[date, ArchivedReport]:
        """The newest archived revision of each day. Raises StoreError."""
        with self._as(organisation_id).transaction() as conn:
            return newest_reports(conn, organisation_id, since)

    def make(self, organisation_id: str, day: date, before: ArchivedReport | None) -> ArchivedReport | None:
        """Archive a revision of the day; None where nothing changed since `before`. Raises ForwardError, StoreError."""
        balance = self.balance(organisation_id, day)
        if before is not None and _without_stages(before.figures) == as_figures(balance):
            return None
        at = self.clock.now()
        revision = 1 if before is None else before.revision + 1
        stages = self._stages(organisation_id)
        figures = with_stages(as_figures(balance), stages)
        files = self._files(balance, stages, revision, at)
        report = ArchivedReport(
            id=0,
            organisation_id=organisation_id,
            day=day,
            revision=revision,
            made_at=at,
            verdict=balance.verdict.value,
            figures=figures,
            mailed_at=None,
            mail_failure=None,
        )
        digest = sha256(files.manifest).hexdigest()
        detail = {"made": "completeness", "about": organisation_id, "day": day.isoformat(), "sha256": digest}
        with self._as(organisation_id).transaction() as conn:
            number = add_report(conn, report, files)
            append(conn, AuditEvent(actor=self.by, action=AuditAction.DOCUMENT_MADE, at=at, detail=detail))
        return replace(report, id=number)

    def _stages(self, organisation_id: str) -> Stages:
        with self._as(organisation_id).transaction() as conn:
            standings = destination_standings(conn)
        return {id: _as_json(asdict(each.stage)) for id, each in standings.items() if each.stage is not None}

    def _files(self, balance: DayBalance, stages: Stages, revision: int, at: datetime) -> ReportFiles:
        key = site_key(ensure_key(self.settings.audit_key_path))
        printed = document(balance, self._head(balance, revision, at, key), stages)
        try:
            pdf = self.press.print(printed)
        except PaperError as exc:
            raise ForwardError(f"completeness report {balance.day.isoformat()}: {exc}") from exc
        html, csv = as_html(printed), as_csv(balance, stages)
        names = {"report.html": html, "report.pdf": pdf, "report.csv": csv}
        told = {
            "anpr_completeness": 1,
            "organisation": balance.organisation_id,
            "day": balance.day.isoformat(),
            "revision": revision,
            "made_at": at.isoformat(),
            "verdict": balance.verdict.value,
        }
        signed = sign_files(key, SIGNED_AS, told, names)
        return ReportFiles(html=html, pdf=pdf, csv=csv, manifest=signed.manifest, signature=signed.signature)

    def _head(self, balance: DayBalance, revision: int, at: datetime, key: SigningKey) -> ReportHead:
        return ReportHead(
            organisation=self.organisations().get(balance.organisation_id, balance.organisation_id),
            municipality=self.settings.municipality,
            revision=revision,
            made_at=at,
            zone=self.settings.zone,
            version=__version__,
            public_key=key.public.text,
            gates=self._gates(),
        )

    def _gates(self) -> dict[str, str]:
        with self.database.transaction() as conn:
            return gate_names(conn)

    def _as(self, organisation_id: str) -> Database:
        return self.database.limited_to(Scope(organisation_id=organisation_id, day=self.today))


def as_figures(balance: DayBalance) -> dict[str, Any]:
    """The balance as it is archived and shown: JSON, times in ISO 8601 (UTC)."""
    figures = _as_json(asdict(balance))
    figures["shortfalls"] = {kind.value: number for kind, number in balance.shortfalls.items()}
    for line, fact in zip(figures["came"], balance.came, strict=True):
        line["difference"] = fact.difference
    for line, each in zip(figures["destinations"], balance.destinations, strict=True):
        line["difference"] = each.difference
        if not each.unanswered:
            del line["unanswered"]  # earlier reports had none, and are not made anew for it
    return dict(figures)


def _answers(destination: DestinationSettings) -> bool:
    """Whether it says what became of what it got; not, as long as its profile cannot be read."""
    try:
        return load_profile(destination.profile).answers.kind != "none"
    except ForwardError:
        return False


def with_stages(figures: dict[str, Any], stages: Stages) -> dict[str, Any]:
    """The figures with the stage of each destination's profile as it was when the report was made."""
    lines = [{**line, "stage": stages.get(line["destination"])} for line in figures["destinations"]]
    return {**figures, "destinations": lines}


def _without_stages(figures: Mapping[str, Any]) -> dict[str, Any]:
    """Without what makes no other figures: a profile that is accepted later needs no new reports of 31 days."""
    lines = [{key: value for key, value in line.items() if key != "stage"} for line in figures["destinations"]]
    return {**figures, "destinations": lines}


def _as_json(fields: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(json.dumps(fields, default=_plain)))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
