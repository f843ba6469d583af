# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes a conformance report: runs the cases against a target, has the run in the audit, and signs what came of it."""

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from anpr import __version__
from anpr.domain.gate import Gate
from anpr.forward.conformance.document import ConformanceHead
from anpr.forward.conformance.drawing import DRAWN_GATE
from anpr.forward.conformance.files import as_result, conformance_files
from anpr.forward.conformance.outcome import CaseOutcome, CaseVerdict, verdict_of
from anpr.forward.conformance.run import FIRST_BATCH, ConformanceRun, cases_for
from anpr.forward.conformance.target import check_may_test, profile_for
from anpr.forward.conformance.trust import TrustCheck
from anpr.forward.profile.load import profile_path
from anpr.forward.profile.model import Profile
from anpr.forward.signed_files import SignedFiles
from anpr.paper.apart import PdfPress
from anpr.runtime.clock import Clock
from anpr.settings import DestinationSettings, Settings
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.audit_export import site_key
from anpr.store.audit_heads import ensure_key
from anpr.store.database.connection import Database


@dataclass(frozen=True, kw_only=True)
class ConformanceRequest:
    """What is to be run, by whom and why. `gate`: of the drawn vehicles; `wait_s`: for receipts that are files."""

    destination: DestinationSettings
    reason: str
    actor: str
    gate: Gate = DRAWN_GATE
    wait_s: float = 0.0
    first_batch: int = FIRST_BATCH
    despite_stage: bool = False


@dataclass(frozen=True, kw_only=True)
class ConformanceReport:
    """The signed files, the run as JSON, and its verdict."""

    signed: SignedFiles
    result: dict[str, Any]
    verdict: CaseVerdict


@dataclass(kw_only=True)
class ConformanceMaker:
    """Runs the cases and makes the report. `database` is None for a folder: nobody is told anything, so no audit."""

    settings: Settings
    database: Database | None
    clock: Clock
    stop: threading.Event
    tell: Callable[[int, CaseOutcome], None]
    press: PdfPress = field(default_factory=PdfPress)

    def make(self, request: ConformanceRequest) -> ConformanceReport:
        """Run and report. Raises ForwardError, StoreError, SettingsError; then there is no report."""
        profile = profile_for(request.destination)
        check_may_test(profile, request.destination, despite_stage=request.despite_stage)
        begun_at = self.clock.now()
        self._record(profile, request, "begun", {})
        outcomes: list[CaseOutcome] = []
        try:
            outcomes = self._run(profile, request, begun_at)
        finally:
            # Also of a run that broke off: what was sent until then lies there.
            self._record(profile, request, "ended", _counts(outcomes))
        key = site_key(ensure_key(self.settings.audit_key_path))
        head = self._head(request, begun_at, key.public.text)
        signed = conformance_files(profile, outcomes, head, key, self.press)
        return ConformanceReport(signed=signed, result=as_result(profile, outcomes, head), verdict=verdict_of(outcomes))

    def _run(self, profile: Profile, request: ConformanceRequest, begun_at: datetime) -> list[CaseOutcome]:
        trust = TrustCheck(destination=request.destination, soap=profile.soap, clock=self.clock)
        cases = [*cases_for(profile, begun_at, request.gate), *trust.cases(begun_at.date())]
        run = ConformanceRun(
            profile=profile,
            destination=request.destination,
            municipality=self.settings.municipality,
            clock=self.clock,
            stop=self.stop,
            tell=lambda outcome: self.tell(len(cases), outcome),
            first_batch=request.first_batch,
            distrusts=trust.outcome_of,
        )
        return run.run(cases, request.wait_s)

    def _head(self, request: ConformanceRequest, begun_at: datetime, public_key: str) -> ConformanceHead:
        destination = request.destination
        return ConformanceHead(
            municipality=self.settings.municipality,
            destination=destination.id,
            address=destination.target.address,
            protocol=destination.protocol,
            reason=request.reason,
            actor=request.actor,
            begun_at=begun_at,
            ended_at=self.clock.now(),
            zone=self.settings.zone,
            version=__version__,
            public_key=public_key,
            profile_digest=sha256(profile_path(destination.profile).read_bytes()).hexdigest(),
        )

    def _record(self, profile: Profile, request: ConformanceRequest, phase: str, counts: dict[str, int]) -> None:
        if self.database is None:
            return
        destination = request.destination
        detail: dict[str, Any] = {
            "phase": phase,
            "destination": destination.id,
            "target": destination.target.address,
            "profile": f"{profile.name} {profile.revision}, {profile.status}",
        }
        if phase == "ended":
            detail["cases"] = counts
        event = AuditEvent(
            actor=request.actor,
            action=AuditAction.CONFORMANCE_RUN,
            at=self.clock.now(),
            reason=request.reason,
            detail=detail,
        )
        with self.database.transaction() as conn:
            append(conn, event)


def _counts(outcomes: list[CaseOutcome]) -> dict[str, int]:
    return {each.value: number for each, number in Counter(outcome.verdict for outcome in outcomes).items()}
