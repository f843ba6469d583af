# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files the images of a batch; refuses those that their transit does not name, or whose sender may not send them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from anpr.contract.image import ImageHeader
from anpr.domain.errors import PoisonReason
from anpr.ingest.batch import Batch, Item, ReceivedImage, Refusal
from anpr.ingest.key_ring import KeyRing, Origin
from anpr.ingest.vouched import fault_of_image
from anpr.store.database.connection import Connection
from anpr.store.images.image_store import Announced, ImageStore, announced, keep_orphans
from anpr.store.images.unannounced import crowded
from anpr.store.transits.discarded import discarded_among

_Why = tuple[PoisonReason, str]


def file_images(conn: Connection, images: ImageStore, batch: Batch, keys: KeyRing | None) -> Batch:
    """Store the images; gives the batch with those refused that may not be stored.

    An image that comes before its transit is stored, whoever sent it, unless too many wait for that transit: only the
    one with the digest that the transit names is ever shown. One of a discarded transit is discarded. Raises
    StoreError.
    """
    received = batch.images
    if not received:
        return batch
    keep_orphans(conn)
    origins = [
        origin for item, origin in zip(batch.items, batch.origins, strict=True) if isinstance(item, ReceivedImage)
    ]
    known = announced(conn, [image.header for image in received])
    faults = {place: _fault(received[place], origins[place], known[place], keys) for place in known}
    batch = _refuse_images(batch, {place: fault for place, fault in faults.items() if fault})
    batch = batch.without(
        _discarded(conn, [image.header for place, image in enumerate(received) if place not in known])
    )
    too_many = crowded(conn, [image.header for image in batch.images])
    batch = _refuse_images(batch, {place: _crowded(batch.images[place]) for place in too_many})
    taken = images.put_all([(image.header, image.data) for image in batch.images])
    return _refuse_images(
        batch,
        {place: (PoisonReason.NOT_STORABLE, str(refusal)) for place, refusal in enumerate(taken) if refusal},
    )


def _discarded(conn: Connection, unannounced: Sequence[ImageHeader]) -> set[UUID]:
    places = discarded_among(conn, [(header.captured_at, header.transit_id) for header in unannounced])
    return {unannounced[place].transit_id for place in places}


def _fault(image: ReceivedImage, origin: Origin, known: Announced, keys: KeyRing | None) -> _Why | None:
    header = image.header
    what = f"{header.role} image of transit {header.transit_id}"
    if not known.is_named:
        return PoisonReason.WRONG_DIGEST, f"{what}: not the one that it names"
    fault = fault_of_image(keys, origin, known.reader_id) if keys is not None else None
    return (fault[0], f"{what}: {fault[1]}") if fault else None


def _crowded(image: ReceivedImage) -> _Why:
    header = image.header
    return PoisonReason.NOT_STORABLE, f"{header.role} image of transit {header.transit_id}: too many wait for it"


def _refuse_images(batch: Batch, why: Mapping[int, _Why]) -> Batch:
    """The batch with its images at these places (counted among images) refused."""
    if not why:
        return batch
    numbers = iter(range(len(batch.items)))
    items: list[Item] = []
    for record, item, origin in zip(batch.records, batch.items, batch.origins, strict=True):
        refused = why.get(next(numbers)) if isinstance(item, ReceivedImage) else None
        items.append(
            Refusal(record=record, reason=refused[0], detail=refused[1], signer=origin.signer) if refused else item
        )
    return replace(batch, items=tuple(items))
