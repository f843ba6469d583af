# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sending of batches that are made: their files to the destination, then what became of them to the ledger."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from anpr.domain.counts import Counts
from anpr.domain.errors import ForwardError
from anpr.domain.gate import Gate
from anpr.forward.batch import MadeBatch, make_batch
from anpr.forward.delivery_client import DeliveryClient
from anpr.forward.job import Job
from anpr.forward.profile.layout import OutFile
from anpr.forward.profile.model import Profile
from anpr.forward.receipts import ReceiptCounts, apply_verdicts, count_deliveries, verdicts_of
from anpr.forward.reply.verdict import WHOLE_FILE, Verdict, said_by
from anpr.forward.taking import take_open
from anpr.forward.transport import Receipt
from anpr.runtime.metrics import DELIVERIES
from anpr.store.forwarding.batches import DeliveryBatch, close_batches, reject_transits, release_transits
from anpr.store.forwarding.deliveries import DayScope

log = logging.getLogger(__name__)


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
    """Sent batches. `receipts` counts what replies settled at once; `problem` says why a reply was not read."""

    counts: BatchCounts
    receipts: ReceiptCounts
    problem: str | None
    waiting: frozenset[UUID] = frozenset()
    """Those that were queued again, as an image has not arrived, or the reply says so."""


def send_batch(
    job: Job, client: DeliveryClient, scope: DayScope, batch: DeliveryBatch, gates: Mapping[str, Gate]
) -> BatchResult:
    """Send one batch that is claimed and open, as `send_batches` does."""
    taken = take_open(job, scope, batch)
    made = [make_batch(job, scope, each, gates) for each in taken.batches]
    result = send_batches(job, client, scope, made)
    return replace(result, counts=result.counts + BatchCounts(expired=taken.expired))


def send_batches(job: Job, client: DeliveryClient, scope: DayScope, made: Sequence[MadeBatch]) -> BatchResult:
    """Send these batches and record it. Raises ForwardError or StoreError; then they stay open and are sent again.

    Sent again means: the same transits under the same names, which replaces what may already be there. The ledger is
    written once, after the last file, with the receipts of the replies: a run killed in between leaves no transit
    counted twice. It loses no receipt that only a reply had, since batches that are answered come one by one.
    """
    made = _send_images(job, client, made)
    verdicts, problems = _send_records(job, client, made)
    with job.database.transaction() as conn:
        now = job.clock.now()
        rejected = sum(reject_transits(conn, scope, each.number, each.layout.rejected, now) for each in made)
        released = sum(release_transits(conn, scope, each.number, each.waiting, now) for each in made)
        sent = close_batches(conn, scope, [each.number for each in made], now)
        answered = (apply_verdicts(conn, job, scope, number, found) for number, found in verdicts.items())
        receipts = sum(answered, ReceiptCounts())
    DELIVERIES.labels(job.id, "sent").inc(sent)  # after the commit: what fails next must not take it back
    DELIVERIES.labels(job.id, "rejected").inc(rejected)
    count_deliveries(job, receipts)
    files = [file for each in made for file in each.layout.files]
    size = sum(len(file.data) for file in files)
    counts = BatchCounts(sent=sent, rejected=rejected, waiting=released, files=len(files), bytes=size)
    put_off = (_put_off(each, verdicts[each.number]) for each in made if each.number in verdicts)
    waiting = frozenset[UUID]().union(*(each.waiting for each in made), *put_off)
    return BatchResult(counts=counts, receipts=receipts, problem="; ".join(problems) or None, waiting=waiting)


def _put_off(made: MadeBatch, said: Mapping[str, Verdict]) -> frozenset[UUID]:
    """Those that the reply wants to have again."""
    whole = said.get(WHOLE_FILE)
    found = {id: said.get(str(id), whole) for id in made.ready}
    return frozenset(id for id, verdict in found.items() if verdict is not None and verdict.meaning == "transient")


def _send_images(job: Job, client: DeliveryClient, made: Sequence[MadeBatch]) -> list[MadeBatch]:
    """Send the images; the batches without the transits whose image is refused for good: one that the destination takes
    from nobody would keep all others here."""
    images = [file for each in made for file in each.layout.files[:-1]]
    refused: dict[UUID, str] = {}
    for image, receipt in zip(images, client.send_each(_content(images)), strict=True):
        reason = image_refusal(job.profile, receipt)
        if reason is not None and image.transit_id is not None:
            log.warning("destination %s: the image of transit %s is refused: %s", job.id, image.transit_id, reason)
            refused[image.transit_id] = reason
    return [each.without({id: refused[id] for id in each.ready & refused.keys()}) for each in made]


def image_refusal(profile: Profile, reply: Receipt) -> str | None:
    """Why the destination refuses an image for good; None where it does not."""
    said = said_by(profile.answers, reply, profile.soap)
    return f"picture: {said.told}" if reply.status and said.meaning == "permanent" else None


def _send_records(
    job: Job, client: DeliveryClient, made: Sequence[MadeBatch]
) -> tuple[dict[int, dict[str, Verdict]], list[str]]:
    """Send the files of records; what is said of transits, by batch, and why a reply was not read."""
    full = [each for each in made if each.layout.files]
    verdicts, problems = {}, []
    records = [each.layout.files[-1] for each in full]
    for each, reply in zip(full, client.send_each(_content(records)), strict=True):
        found, problem = _verdicts_of(job, reply)
        if found:
            verdicts[each.number] = found
        problem = problem or _unanswered(job.profile, each, found)
        problems += [problem] if problem else []
    return verdicts, problems


def _unanswered(profile: Profile, made: MadeBatch, said: Mapping[str, Verdict]) -> str | None:
    """That a reply says nothing of some: nobody asks for another one, so that they would stay `sent` without a word."""
    if profile.answers.kind != "reply" or WHOLE_FILE in said:
        return None
    left = sum(str(id) not in said for id in made.ready - made.layout.rejected.keys())
    return f"{made.layout.files[-1].name}: {left} transits have no answer in the reply" if left else None


def _content(files: Sequence[OutFile]) -> list[tuple[str, bytes]]:
    return [(file.name, file.data) for file in files]


def _verdicts_of(job: Job, reply: Receipt) -> tuple[dict[str, Verdict], str | None]:
    """What the reply says, and what was wrong with it; nothing when the profile expects nothing of it."""
    try:
        return verdicts_of(job.profile, reply), None
    except ForwardError as exc:
        # The files have arrived: sent again they would only be answered in the same way again.
        return {}, str(exc)
