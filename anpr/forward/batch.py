"""One batch: from the ledger's rows to files at the destination, and back to the ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from anpr.domain.gate import Gate
from anpr.domain.transit import ImageRole, Transit
from anpr.forward.delivery_client import Courier
from anpr.forward.job import Job
from anpr.forward.profile.layout import Layout, lay_out
from anpr.forward.profile.sources import Context
from anpr.runtime.metrics import DELIVERIES
from anpr.store.forwarding.deliveries import (
    DayScope,
    DeliveryBatch,
    batch_transits,
    close_batch,
    expire_unsendable,
    reject,
    release,
    start_attempt,
)

Pictures = dict[tuple[UUID, ImageRole], bytes]


@dataclass(frozen=True, kw_only=True)
class BatchResult:
    """What became of the transits of one batch, and what was sent: files, and their bytes."""

    sent: int = 0
    rejected: int = 0
    waiting: int = 0
    expired: int = 0
    files: int = 0
    bytes: int = 0

    def __add__(self, other: "BatchResult") -> "BatchResult":
        sums = {name: getattr(self, name) + getattr(other, name) for name in self.__dataclass_fields__}
        return BatchResult(**sums)


def send_batch(
    job: Job, courier: Courier, scope: DayScope, batch: DeliveryBatch, gates: Mapping[str, Gate]
) -> BatchResult:
    """Send the batch and record it. Raises ForwardError or StoreError; then the batch stays open and is sent again.

    Sent again means: the same transits under the same name, which replaces what may already be there. The ledger is
    written once, after the last file: a run killed in between leaves no transit counted twice.
    """
    with job.database.transaction() as conn:
        expired = expire_unsendable(conn, scope, batch.number, job.cutoff, job.clock.now())
        transits = batch_transits(conn, scope, batch.number)
    DELIVERIES.labels(job.id, "expired").inc(expired)  # after each commit: what fails next must not take it back
    pictures = load_pictures(job, transits)
    waiting = {transit.id for transit in transits if _waits(job, transit, pictures)}
    ready = [transit for transit in transits if transit.id not in waiting]
    layout = lay_out(job.profile, ready, batch_context(job, scope, batch, gates, pictures), batch.file_name)
    _send_files(job, courier, scope, batch, layout)
    with job.database.transaction() as conn:
        now = job.clock.now()
        rejected = reject(conn, scope, batch.number, layout.rejected, now)
        released = release(conn, scope, batch.number, waiting)
        sent = close_batch(conn, scope, batch.number, now)
    DELIVERIES.labels(job.id, "sent").inc(sent)
    DELIVERIES.labels(job.id, "rejected").inc(rejected)
    return BatchResult(
        sent=sent,
        rejected=rejected,
        waiting=released,
        expired=expired,
        files=len(layout.files),
        bytes=sum(len(file.data) for file in layout.files),
    )


def batch_context(
    job: Job, scope: DayScope, batch: DeliveryBatch, gates: Mapping[str, Gate], pictures: Pictures
) -> Context:
    """What the layout needs besides the transits."""
    return Context(
        destination=job.id,
        municipality=job.centre.settings.municipality,
        day=scope.day,
        number=batch.number,
        created_at=batch.created_at,
        gates=gates,
        pictures=pictures,
    )


def load_pictures(job: Job, transits: Sequence[Transit]) -> Pictures:
    """The pictures the profile sends, as far as they have arrived."""
    found: Pictures = {}
    for transit in transits:
        for rule in job.profile.images:
            data = job.centre.images.find(transit.id, transit.captured_at, transit.gate_id, rule.role)
            if data is not None:
                found[transit.id, rule.role] = data
    return found


def _waits(job: Job, transit: Transit, pictures: Pictures) -> bool:
    """Whether a picture was announced, has not arrived, and the profile still waits for it."""
    age = job.clock.now() - transit.captured_at
    announced = {image.role for image in transit.images}
    return any(
        rule.role in announced
        and (transit.id, rule.role) not in pictures
        and age < timedelta(minutes=rule.wait_minutes)
        for rule in job.profile.images
    )


def _send_files(job: Job, courier: Courier, scope: DayScope, batch: DeliveryBatch, layout: Layout) -> None:
    if not layout.files:
        return
    with job.database.transaction() as conn:
        start_attempt(conn, scope, batch.number)
    for file in layout.files:
        courier.send(file.name, file.data)
