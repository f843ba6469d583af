# SPDX-License-Identifier: AGPL-3.0-or-later
"""Dry run: what a day's run would send, without sending it and without touching the ledger."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from anpr.domain.transit import Transit
from anpr.forward.batch import batch_context, load_images
from anpr.forward.job import Job
from anpr.forward.profile.layout import OutFile, lay_out
from anpr.forward.run_log import ACTOR
from anpr.forward.schedule import day_scope
from anpr.forward.stage import refusal
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.forwarding.batches import DeliveryBatch, next_batch_number, unsent_transits
from anpr.store.forwarding.deliveries import DayScope

SAMPLE_BYTES = 2000
"""Characters of the first file that a preview shows."""


@dataclass
class Preview:
    """What would be sent. `files` are (name, size in bytes, transits) of the files of records, `images` counts files.

    `refusal` says why a real run would be refused; `sample` is the start of the first file of records.
    """

    destination: str
    day: date
    profile: str
    refusal: str | None
    files: list[tuple[str, int, int]] = field(default_factory=list)
    images: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    sample: str = ""

    @property
    def transits(self) -> int:
        """How many transits would be sent."""
        return sum(records for _, _, records in self.files)


def preview_day(job: Job, day: date, actor: str) -> Preview:
    """Lay out the day batch by batch, and discard the files. Raises ForwardError, StoreError.

    The sample shows plates, which makes this a consultation: it is recorded in the audit under `actor` first.
    """
    scope = day_scope(job.id, day, job.centre.settings.zone)
    preview = Preview(destination=job.id, day=day, profile=job.profile_label, refusal=refusal(job))
    detail = {"dry_run": True, "destination": job.id, "day": day.isoformat(), "profile": job.profile_label}
    with job.database.transaction() as conn:
        event = AuditEvent(
            actor=actor, action=AuditAction.EXPORTED, at=job.clock.now(), reason=f"{ACTOR}: dry run", detail=detail
        )
        append(conn, event)
        number = next_batch_number(conn, scope)
    gates = job.gates()
    for batch_number, transits in enumerate(_pages(job, scope), start=number):
        batch = DeliveryBatch(number=batch_number, file_name="", created_at=job.clock.now(), attempts=0)
        context = batch_context(job, scope, batch, gates, load_images(job, transits))
        layout = lay_out(job.profile, transits, context)
        preview.rejected.update(layout.rejected.values())
        if layout.files:
            *images, records = layout.files
            preview.images += len(images)
            preview.files.append((records.name, len(records.data), layout.records))
            preview.sample = preview.sample or _sample(job, records)
    return preview


def _pages(job: Job, scope: DayScope) -> Iterator[list[Transit]]:
    after = (scope.since, UUID(int=0))
    while True:
        with job.database.transaction() as conn:
            page = unsent_transits(conn, scope, job.kept, after, job.profile.batch_size)
        if not page:
            return
        yield page
        after = (page[-1].captured_at, page[-1].id)


def _sample(job: Job, file: OutFile) -> str:
    text = file.data[: SAMPLE_BYTES + 4].decode(job.profile.encoding.charset, errors="ignore")
    return text[:SAMPLE_BYTES] + ("…" if len(file.data) > SAMPLE_BYTES else "")
