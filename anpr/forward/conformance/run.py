# SPDX-License-Identifier: AGPL-3.0-or-later
"""Conformance run: writes the cases by the profile, sends their files, and notes what is answered.

It uses neither the database nor the ledger. Nothing is tried twice: what fails is what the report is about.
"""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from anpr.domain.errors import ForwardError
from anpr.domain.gate import Gate
from anpr.domain.transit import Transit
from anpr.forward.conformance.case import ConformanceCase, ExpectedOutcome
from anpr.forward.conformance.drawing import DRAWN_GATE, Drawing
from anpr.forward.conformance.line import TestedLine
from anpr.forward.conformance.outcome import CaseOutcome
from anpr.forward.conformance.record_count import count_records
from anpr.forward.conformance.shapes import image_cases, shape_cases
from anpr.forward.conformance.texts import text_cases
from anpr.forward.conformance.times import time_cases
from anpr.forward.conformance.values import value_cases
from anpr.forward.profile.layout import Layout, lay_out
from anpr.forward.profile.model import Profile
from anpr.forward.profile.sources import Context
from anpr.forward.receipts import receipt_name, verdicts_of
from anpr.forward.reply.verdict import said_by
from anpr.forward.transport import Receipt
from anpr.runtime.clock import Clock
from anpr.settings import DestinationSettings

FIRST_BATCH = 90_001
"""Number of the first file: no day of a site has so many, so that no real file is replaced."""
LOOK_EVERY_S = 2.0
"""Seconds between two looks for receipts that are files."""


def cases_for(profile: Profile, now: datetime, gate: Gate = DRAWN_GATE) -> list[ConformanceCase]:
    """All cases for this profile, made of drawn data; `now` in UTC."""
    drawing = Drawing(profile, now, gate)
    makers = (value_cases, text_cases, time_cases, image_cases, shape_cases)
    return [case for make in makers for case in make(drawing)]


@dataclass(kw_only=True)
class ConformanceRun:
    """One run for one destination. `tell` is called with each outcome, receipts that are files not yet in it."""

    profile: Profile
    destination: DestinationSettings
    municipality: str
    clock: Clock
    stop: threading.Event
    tell: Callable[[CaseOutcome], None]
    distrusts: Callable[[ConformanceCase], CaseOutcome]
    """Runs a case about a line that must not be trusted."""
    first_batch: int = FIRST_BATCH
    _waiting: list[tuple[CaseOutcome, str, list[UUID]]] = field(default_factory=list)

    def run(self, cases: list[ConformanceCase], wait_s: float = 0.0) -> list[CaseOutcome]:
        """Send the cases; wait at most so many seconds for receipts that are files.

        Raises ForwardError when the first file does not get there: what cannot be reached cannot be tested.
        """
        outcomes: list[CaseOutcome] = []
        with TestedLine(profile=self.profile, destination=self.destination, clock=self.clock, stop=self.stop) as line:
            for case in cases:
                if self.stop.is_set():
                    raise ForwardError("stopped before the end")
                outcomes.append(self._outcome_of(line, case))
                self.tell(outcomes[-1])
            self._collect(line, wait_s)
        return outcomes

    def _outcome_of(self, line: TestedLine, case: ConformanceCase) -> CaseOutcome:
        if case.expected is ExpectedOutcome.DISTRUSTED:
            return self.distrusts(case)
        outcome = CaseOutcome(case=case)
        for number, transits in enumerate(self._parts(case), start=self.first_batch):
            self.first_batch = number + 1
            try:
                self._write_and_send(line, outcome, self._context(case, number), transits)
            except ForwardError as exc:
                if not line.has_sent:
                    raise
                outcome.failure = str(exc)
                line.renew()
                break
        return outcome

    def _write_and_send(
        self, line: TestedLine, outcome: CaseOutcome, context: Context, transits: tuple[Transit, ...]
    ) -> None:
        layout = lay_out(self.profile, transits, context)
        self._note_written(outcome, layout)
        ids = [transit.id for transit in transits if transit.id not in layout.rejected]
        for _ in range(outcome.case.times if layout.files else 0):
            self._send(line, outcome, layout, ids)

    def _parts(self, case: ConformanceCase) -> Iterator[tuple[Transit, ...]]:
        if case.expected is ExpectedOutcome.NOT_APPLICABLE:
            return
        size = self.profile.batch_size
        yield from (case.transits[start : start + size] for start in range(0, max(1, len(case.transits)), size))

    def _context(self, case: ConformanceCase, number: int) -> Context:
        return Context(
            destination=self.destination.id,
            municipality=self.municipality,
            day=case.day,
            number=number,
            created_at=self.clock.now(),
            gates=case.gates,
            images=case.images,
        )

    def _note_written(self, outcome: CaseOutcome, layout: Layout) -> None:
        outcome.refused.update(layout.rejected.values())
        outcome.files += layout.files
        outcome.written += layout.records * outcome.case.times
        if not layout.files:
            return
        try:
            found = count_records(self.profile, layout.files[-1].data)
        except ValueError as exc:
            raise ForwardError(f"{layout.files[-1].name}: not well-formed: {exc}", permanent=True) from exc
        if found != layout.records:
            raise ForwardError(f"{layout.files[-1].name}: {found} records instead of {layout.records}", permanent=True)

    def _send(self, line: TestedLine, outcome: CaseOutcome, layout: Layout, ids: list[UUID]) -> None:
        *images, records = layout.files
        for image in images:
            self._answered(outcome, line.send(image.name, image.data), is_image=True)
        receipt = line.send(records.name, records.data)
        self._answered(outcome, receipt)
        if not receipt.status and receipt.data is None and not receipt.unread:
            if self.profile.answers.kind == "receipt":
                self._waiting.append((outcome, records.name, ids))
            outcome.silent += len(ids)
            return
        outcome.add(ids, verdicts_of(self.profile, receipt))

    def _answered(self, outcome: CaseOutcome, receipt: Receipt, *, is_image: bool = False) -> None:
        """Raises ForwardError for a status that means that the file did not arrive."""
        if not receipt.status:
            return
        outcome.answers.append(receipt.status)
        said = said_by(self.profile.answers, receipt, self.profile.soap)
        if said.meaning in (None, "transient") or (is_image and said.meaning != "ok"):
            raise ForwardError(f"{receipt.name}: {said.told}", permanent=said.meaning is None)

    def _collect(self, line: TestedLine, wait_s: float) -> None:
        """Look for the receipts that are files, now and until the time is over."""
        until = self.clock.monotonic() + wait_s
        while True:
            self._waiting = [each for each in self._waiting if not self._fetched(line, *each)]
            left = until - self.clock.monotonic()
            if not self._waiting or left <= 0 or self.clock.wait(self.stop, min(left, LOOK_EVERY_S)):
                return

    def _fetched(self, line: TestedLine, outcome: CaseOutcome, name: str, ids: list[UUID]) -> bool:
        try:
            receipt = line.fetch(receipt_name(self.profile.answers, name))
            if receipt is None:
                return False
            verdicts = verdicts_of(self.profile, receipt)
        except ForwardError as exc:
            outcome.failure = str(exc)
            return True
        outcome.silent -= len(ids)
        outcome.add(ids, verdicts)
        return True
