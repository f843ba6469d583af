# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sends one batch: from the ledger's rows to files at the destination, and back to the ledger."""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from anpr.domain.counts import Counts
from anpr.domain.errors import ForwardError, ImageAlteredError
from anpr.domain.gate import Gate
from anpr.domain.transit import ImageRole, Transit
from anpr.forward.delivery_client import DeliveryClient
from anpr.forward.job import Job
from anpr.forward.profile.image_fit import Unfit, fit_image
from anpr.forward.profile.image_rule import ImageRule
from anpr.forward.profile.layout import Layout, lay_out
from anpr.forward.profile.sources import Context
from anpr.forward.receipts import ReceiptCounts, apply_verdicts, count_deliveries, verdicts_of
from anpr.forward.reply.verdict import Verdict
from anpr.forward.transport import Receipt
from anpr.runtime.metrics import DELIVERIES
from anpr.store.forwarding.batches import (
    DeliveryBatch,
    batch_transits,
    close_batch,
    expire_unsendable,
    reject_transits,
    release_transits,
    start_attempt,
)
from anpr.store.forwarding.deliveries import DayScope

log = logging.getLogger(__name__)

_READERS = 8
"""Images that are read and compared with their digest at once; from a store over the network each waits for an answer."""

Images = dict[tuple[UUID, ImageRole], bytes]
"""Bytes by transit and role."""


@dataclass(frozen=True, kw_only=True)
class BatchCounts(Counts):
    """What became of the transits of one batch before any receipt, and what was sent: files, and their bytes."""

    sent: int = 0
    rejected: int = 0
    waiting: int = 0
    expired: int = 0
    files: int = 0
    bytes: int = 0


@dataclass(frozen=True, kw_only=True)
class BatchResult:
    """One sent batch. `receipts` counts what the reply settled at once; `problem` says why a reply was not read."""

    counts: BatchCounts
    receipts: ReceiptCounts
    problem: str | None


def send_batch(
    job: Job, client: DeliveryClient, scope: DayScope, batch: DeliveryBatch, gates: Mapping[str, Gate]
) -> BatchResult:
    """Send the batch and record it. Raises ForwardError or StoreError; then the batch stays open and is sent again.

    Sent again means: the same transits under the same name, which replaces what may already be there. The ledger is
    written once, after the last file, with the receipt of the reply: a run killed in between leaves no transit counted
    twice and loses no receipt that only the reply had.
    """
    with job.database.transaction() as conn:
        expired = expire_unsendable(conn, scope, batch.number, job.kept, job.clock.now())
        transits = batch_transits(conn, scope, batch.number)
    DELIVERIES.labels(job.id, "expired").inc(expired)  # after each commit: what fails next must not take it back
    images = load_images(job, transits)
    waiting = {transit.id for transit in transits if _waits(job, transit, images)}
    ready = [transit for transit in transits if transit.id not in waiting]
    layout = lay_out(job.profile, ready, batch_context(job, scope, batch, gates, images), batch.file_name)
    verdicts, problem = _verdicts_of(job, _send_files(job, client, scope, batch, layout))
    with job.database.transaction() as conn:
        now = job.clock.now()
        rejected = reject_transits(conn, scope, batch.number, layout.rejected, now)
        released = release_transits(conn, scope, batch.number, waiting)
        sent = close_batch(conn, scope, batch.number, now)
        receipts = apply_verdicts(conn, job, scope, batch.number, verdicts)
    DELIVERIES.labels(job.id, "sent").inc(sent)
    DELIVERIES.labels(job.id, "rejected").inc(rejected)
    count_deliveries(job, receipts)
    counts = BatchCounts(
        sent=sent,
        rejected=rejected,
        waiting=released,
        expired=expired,
        files=len(layout.files),
        bytes=sum(len(file.data) for file in layout.files),
    )
    return BatchResult(counts=counts, receipts=receipts, problem=problem)


def batch_context(
    job: Job, scope: DayScope, batch: DeliveryBatch, gates: Mapping[str, Gate], images: Images
) -> Context:
    """What the layout needs besides profile and transits."""
    return Context(
        destination=job.id,
        municipality=job.centre.settings.municipality,
        day=scope.day,
        number=batch.number,
        created_at=batch.created_at,
        gates=gates,
        images=images,
    )


def load_images(job: Job, transits: Sequence[Transit]) -> Images:
    """Bytes of the images that the profile sends, as far as they have arrived, made to fit its limits."""
    wanted = [(transit, rule) for transit in transits for rule in job.profile.images]
    if not wanted:
        return {}
    with ThreadPoolExecutor(min(_READERS, len(wanted)), thread_name_prefix="images") as threads:
        found = threads.map(lambda each: _image(job, *each), wanted)
        return {(t.id, rule.role): data for (t, rule), data in zip(wanted, found, strict=True) if data is not None}


def _image(job: Job, transit: Transit, rule: ImageRule) -> bytes | None:
    """One that is not what its transit names goes to nobody; for the profile it has not arrived.

    It is made to fit here, in a thread, so that a batch never holds all originals; the layout refuses what does
    not fit.
    """
    try:
        data = job.centre.images.find(transit, rule.role)
    except ImageAlteredError as exc:
        log.error("destination %s: not sent: %s", job.id, exc)
        return None
    fitted = None if data is None else fit_image(rule, data)
    return data if isinstance(fitted, Unfit) else fitted


def _waits(job: Job, transit: Transit, images: Images) -> bool:
    """Whether an image was announced, has not arrived, and the profile still waits for it."""
    age = job.clock.now() - transit.captured_at
    announced = {image.role for image in transit.images}
    return any(
        rule.role in announced and (transit.id, rule.role) not in images and age < timedelta(minutes=rule.wait_minutes)
        for rule in job.profile.images
    )


def _send_files(
    job: Job, client: DeliveryClient, scope: DayScope, batch: DeliveryBatch, layout: Layout
) -> Receipt | None:
    """Send the files; returns the reply to the last one, the file of records."""
    if not layout.files:
        return None
    with job.database.transaction() as conn:
        start_attempt(conn, scope, batch.number)
    *images, records = layout.files
    sent = client.send_each([(image.name, image.data) for image in images])
    for image, receipt in zip(images, sent, strict=True):
        _taken(job, image.name, receipt)
    return client.send(records.name, records.data)


def _taken(job: Job, name: str, receipt: Receipt) -> None:
    """An image that is refused for good stops the run: which records name it is not the destination's word."""
    if job.profile.answers.status.meaning(receipt.status) == "permanent":
        raise ForwardError(f"{receipt.name}: the image {name} is refused: {receipt.status}", permanent=True)


def _verdicts_of(job: Job, reply: Receipt | None) -> tuple[dict[str, Verdict], str | None]:
    """What the reply says, and what was wrong with it; nothing when the profile expects nothing of it."""
    try:
        return ({} if reply is None else verdicts_of(job.profile.answers, reply)), None
    except ForwardError as exc:
        # The files have arrived: sent again they would only be answered in the same way again.
        return {}, str(exc)
