# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sends batches: from the ledger's rows to files at the destination, and back to the ledger."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
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
from anpr.forward.profile.layout import Layout, OutFile, lay_out
from anpr.forward.profile.model import Profile
from anpr.forward.profile.sources import Context
from anpr.forward.receipts import ReceiptCounts, apply_verdicts, count_deliveries, verdicts_of
from anpr.forward.reply.verdict import WHOLE_FILE, Verdict, said_by
from anpr.forward.taking import TakenBatch, take_open
from anpr.forward.transport import Receipt
from anpr.runtime.metrics import DELIVERIES
from anpr.store.forwarding.batches import DeliveryBatch, close_batches, reject_transits, release_transits
from anpr.store.forwarding.deliveries import DayScope

log = logging.getLogger(__name__)

_READERS = 8
"""Images that are read and compared with their digest at once; a store over the network answers each of them late."""
MOST_IMAGE_BYTES = 16 * 1024 * 1024
"""Of batches that are sent at once; those that come next are in memory as well."""

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
    """Sent batches. `receipts` counts what replies settled at once; `problem` says why a reply was not read."""

    counts: BatchCounts
    receipts: ReceiptCounts
    problem: str | None
    waiting: frozenset[UUID] = frozenset()
    """Those that were queued again, as an image has not arrived, or the reply says so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MadeBatch:
    """The files of a batch, and the transits that wait for an image; `lay_out` makes the files of some of `ready`."""

    number: int
    layout: Layout
    ready: frozenset[UUID]
    waiting: frozenset[UUID]
    lay_out: Callable[[frozenset[UUID]], Layout] | None = None
    """Only where images are files of their own: it keeps all images in memory."""

    def without(self, refused: Mapping[UUID, str]) -> "MadeBatch":
        """The batch without these, which are rejected for the reason that is given."""
        if self.lay_out is None or not refused:
            return self
        ready = self.ready - refused.keys()
        layout = self.lay_out(ready)
        return replace(self, ready=ready, layout=replace(layout, rejected={**layout.rejected, **refused}))


def groups_of(profile: Profile, batches: Sequence[TakenBatch]) -> Iterator[list[TakenBatch]]:
    """The batches in their order, so many at once that their images go into memory."""
    group: list[TakenBatch] = []
    size = 0
    for taken in batches:
        more = sum(image.size for each in taken.transits for image in each.images if profile.image(image.role))
        if group and size + more > MOST_IMAGE_BYTES:
            yield group
            group, size = [], 0
        group.append(taken)
        size += more
    if group:
        yield group


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
    waiting = frozenset[UUID]().union(*(each.waiting | _put_off(each, verdicts) for each in made))
    return BatchResult(counts=counts, receipts=receipts, problem="; ".join(problems) or None, waiting=waiting)


def _put_off(made: MadeBatch, verdicts: Mapping[int, Mapping[str, Verdict]]) -> frozenset[UUID]:
    """Those that the reply wants to have again."""
    said = verdicts.get(made.number, {})
    whole = said.get(WHOLE_FILE)
    found = {id: said.get(str(id), whole) for id in made.ready}
    return frozenset(id for id, verdict in found.items() if verdict is not None and verdict.meaning == "transient")


def make_batch(job: Job, scope: DayScope, taken: TakenBatch, gates: Mapping[str, Gate]) -> MadeBatch:
    """The batch's files, laid out, with the images that have arrived.

    Raises ForwardError (permanent) when the profile's header or trailer cannot be written, StoreError.
    """
    images = load_images(job, taken.transits)
    waiting = frozenset(transit.id for transit in taken.transits if _waits(job, transit, images))
    ready = [transit for transit in taken.transits if transit.id not in waiting]
    context = batch_context(job, scope, taken.batch, gates, images)

    def of(ids: frozenset[UUID]) -> Layout:
        return lay_out(job.profile, [each for each in ready if each.id in ids], context, taken.batch.file_name)

    ids = frozenset(each.id for each in ready)
    layout = of(ids)
    again = of if layout.files[:-1] else None
    return MadeBatch(number=taken.batch.number, layout=layout, ready=ids, waiting=waiting, lay_out=again)


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
    rules = {rule.role: rule for rule in job.profile.images}
    wanted = [(transit, rules[image.role]) for transit in transits for image in transit.images if image.role in rules]
    if not wanted:
        return {}
    found: Images = {}
    parts = [wanted[first::_READERS] for first in range(min(_READERS, len(wanted)))]
    with ThreadPoolExecutor(len(parts), thread_name_prefix="images") as threads:
        for some in threads.map(lambda part: _images(job, part), parts):
            found |= some
    return found


def _images(job: Job, wanted: Sequence[tuple[Transit, ImageRule]]) -> Images:
    found = ((transit.id, rule.role, _image(job, transit, rule)) for transit, rule in wanted)
    return {(id, role): data for id, role, data in found if data is not None}


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
    if not transit.images:
        return False
    age = job.clock.now() - transit.captured_at
    announced = {image.role for image in transit.images}
    return any(
        rule.role in announced and (transit.id, rule.role) not in images and age < timedelta(minutes=rule.wait_minutes)
        for rule in job.profile.images
    )


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
