# SPDX-License-Identifier: AGPL-3.0-or-later
"""Conformance run: writes the cases by the profile, sends their files, and notes what is answered.

It uses neither the database nor the ledger. Nothing is tried twice: what fails is what the report is about.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from anpr.domain.errors import ForwardError
from anpr.domain.gate import Gate
from anpr.domain.transit import Transit
from anpr.forward.conformance.case import Case, Expected
from anpr.forward.conformance.drawing import DRAWN_GATE, Drawing
from anpr.forward.conformance.outcome import Outcome
from anpr.forward.conformance.record_count import count_records
from anpr.forward.conformance.shapes import image_cases, shape_cases
from anpr.forward.conformance.texts import text_cases
from anpr.forward.conformance.times import time_cases
from anpr.forward.conformance.values import value_cases
from anpr.forward.profile.layout import Layout, lay_out
from anpr.forward.profile.model import Profile
from anpr.forward.profile.sources import Context
from anpr.forward.receipts import receipt_name, verdicts_of
from anpr.forward.reply.verdict import WHOLE_FILE, Verdict
from anpr.forward.transport import Receipt, Transport, open_transport
from anpr.runtime.clock import Clock
from anpr.settings import DestinationSettings

FIRST_BATCH = 90_001
"""Number of the first file: no day of a site has so many, so that no real file is replaced."""
LOOK_EVERY_S = 2.0
"""Seconds between two looks for receipts that are files."""


def cases_for(profile: Profile, now: datetime, gate: Gate = DRAWN_GATE) -> list[Case]:
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
    tell: Callable[[Outcome], None]
    first_batch: int = FIRST_BATCH
    _next_at: float = 0.0
    _unreached: str | None = ""
    """Why the first file did not get there; empty before it was sent, None once anything was."""
    _waiting: list[tuple[Outcome, str, list[UUID]]] = field(default_factory=list)

    def run(self, cases: list[Case], wait_s: float = 0.0) -> list[Outcome]:
        """Send the cases; wait at most so many seconds for receipts that are files.

        Raises ForwardError when the destination cannot be reached at all, before anything is sent.
        """
        outcomes: list[Outcome] = []
        with ExitStack() as stack:
            transport = stack.enter_context(open_transport(self.destination))
            for case in cases:
                if self.stop.is_set():
                    raise ForwardError("stopped before the end")
                outcome = Outcome(case=case)
                sent = self._write_and_send(transport, outcome)
                if self._unreached:
                    raise ForwardError(self._unreached, permanent=True)
                if not sent and not isinstance(transport, _Closed):
                    stack.close()
                    transport = self._opened_again(stack)
                outcomes.append(outcome)
                self.tell(outcome)
            self._collect(transport, wait_s)
        return outcomes

    def _opened_again(self, stack: ExitStack) -> Transport:
        """After a failure in the middle of a file the session is in an unknown state; once it cannot be opened, the
        cases that are left fail at once."""
        try:
            return stack.enter_context(open_transport(self.destination))
        except ForwardError as exc:
            return _Closed(str(exc))

    def _write_and_send(self, transport: Transport, outcome: Outcome) -> bool:
        """False when sending failed."""
        for number, transits in enumerate(self._parts(outcome.case), start=self.first_batch):
            try:
                layout = lay_out(self.profile, transits, self._context(outcome.case, number))
                self._note_written(outcome, layout)
                for _ in range(outcome.case.times if layout.files else 0):
                    self._send(transport, outcome, layout, [t.id for t in transits if t.id not in layout.rejected])
            except ForwardError as exc:
                outcome.failure = str(exc)
                return False
            finally:
                self.first_batch = number + 1
        return True

    def _parts(self, case: Case) -> Iterator[tuple[Transit, ...]]:
        if case.expected is Expected.NOT_APPLICABLE:
            return
        size = self.profile.batch_size
        yield from (case.transits[start : start + size] for start in range(0, max(1, len(case.transits)), size))

    def _context(self, case: Case, number: int) -> Context:
        return Context(
            destination=self.destination.id,
            municipality=self.municipality,
            day=case.day,
            number=number,
            created_at=self.clock.now(),
            gates=case.gates,
            images=case.images,
        )

    def _note_written(self, outcome: Outcome, layout: Layout) -> None:
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

    def _send(self, transport: Transport, outcome: Outcome, layout: Layout, ids: list[UUID]) -> None:
        *images, records = layout.files
        for image in images:
            self._answered(outcome, self._one(transport, image.name, image.data), is_image=True)
        receipt = self._one(transport, records.name, records.data)
        self._answered(outcome, receipt)
        if self.profile.answers.kind == "receipt" and not receipt.data and not receipt.unread:
            self._waiting.append((outcome, records.name, ids))
            outcome.silent += len(ids)
            return
        self._judge(outcome, ids, verdicts_of(self.profile.answers, receipt))

    def _one(self, transport: Transport, name: str, data: bytes) -> Receipt:
        most = self.destination.most_per_minute
        if most is not None:
            left = self._next_at - self.clock.monotonic()
            if left > 0 and self.clock.wait(self.stop, left):
                raise ForwardError("stopped while it waited for its turn")
            self._next_at = self.clock.monotonic() + 60.0 / most
        try:
            receipt = transport.send(name, data)
        except ForwardError as exc:
            self._unreached = None if self._unreached is None else str(exc)
            raise
        self._unreached = None
        return receipt

    def _answered(self, outcome: Outcome, receipt: Receipt, *, is_image: bool = False) -> None:
        """Raises ForwardError for a status that means that the file did not arrive."""
        if not receipt.status:
            return
        outcome.answers.append(receipt.status)
        meaning = self.profile.answers.status.meaning(receipt.status)
        if meaning in (None, "transient") or (is_image and meaning != "ok"):
            raise ForwardError(f"{receipt.name}: answered {receipt.status}", permanent=meaning is None)

    def _judge(self, outcome: Outcome, ids: list[UUID], verdicts: dict[str, Verdict]) -> None:
        for id in ids:
            found = verdicts.get(str(id), verdicts.get(WHOLE_FILE))
            meaning = None if found is None else found.meaning
            outcome.accepted += meaning == "ok"
            outcome.rejected += meaning == "permanent"
            outcome.again += meaning == "transient"
            outcome.silent += meaning is None
            if found is not None and found.reason and found.reason not in outcome.answers:
                outcome.answers.append(found.reason)

    def _collect(self, transport: Transport, wait_s: float) -> None:
        """Look for the receipts that are files, now and until the time is over."""
        until = self.clock.monotonic() + wait_s
        while True:
            self._waiting = [each for each in self._waiting if not self._fetched(transport, *each)]
            left = until - self.clock.monotonic()
            if not self._waiting or left <= 0 or self.clock.wait(self.stop, min(left, LOOK_EVERY_S)):
                return

    def _fetched(self, transport: Transport, outcome: Outcome, name: str, ids: list[UUID]) -> bool:
        try:
            receipt = transport.fetch(receipt_name(self.profile.answers, name))
            if receipt is None:
                return False
            verdicts = verdicts_of(self.profile.answers, receipt)
        except ForwardError as exc:
            outcome.failure = str(exc)
            return True
        outcome.silent -= len(ids)
        self._judge(outcome, ids, verdicts)
        return True


class _Closed:
    """Stands in for a transport that could not be opened again."""

    def __init__(self, why: str) -> None:
        self._why = why

    def send(self, name: str, data: bytes) -> Receipt:  # noqa: ARG002  the signature is the protocol's
        raise ForwardError(self._why)

    def fetch(self, name: str) -> Receipt | None:  # noqa: ARG002
        raise ForwardError(self._why)
