# SPDX-License-Identifier: AGPL-3.0-or-later
"""Makes batches: from the ledger's rows and the stored images to files."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from anpr.domain.errors import ImageAlteredError
from anpr.domain.gate import Gate
from anpr.domain.transit import ImageRole, Transit
from anpr.forward.job import Job
from anpr.forward.profile.image_fit import Unfit, fit_image
from anpr.forward.profile.image_rule import ImageRule
from anpr.forward.profile.layout import Layout, lay_out
from anpr.forward.profile.model import Profile
from anpr.forward.profile.sources import Context
from anpr.forward.taking import TakenBatch
from anpr.store.forwarding.batches import DeliveryBatch
from anpr.store.forwarding.deliveries import DayScope

log = logging.getLogger(__name__)

_READERS = 8
"""Images that are read and compared with their digest at once; a store over the network answers each of them late."""
MOST_IMAGE_BYTES = 16 * 1024 * 1024
"""Of batches that are sent at once; those that come next are in memory as well."""

Images = dict[tuple[UUID, ImageRole], bytes]
"""Bytes by transit and role."""


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
