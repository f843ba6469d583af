# SPDX-License-Identifier: AGPL-3.0-or-later
"""Checks of who speaks that need the database: for images the reader of their transit, for a camera the one before.

An image's header names no reader. A camera's report names its own reader, and without this check anybody could report
that a camera of another reader, which signs, is in order.
"""

from collections.abc import Mapping
from dataclasses import replace

from anpr.domain.camera_view import CameraView
from anpr.domain.errors import PoisonReason
from anpr.domain.health import HealthReport, SubjectKind
from anpr.domain.signature import Signature
from anpr.ingest.batch import Batch, Item, Refusal
from anpr.ingest.key_ring import KeyRing, Origin
from anpr.store.database.connection import Connection
from anpr.store.health.intervals import camera_readers


def refuse_camera_takeovers(conn: Connection, keys: KeyRing, batch: Batch) -> Batch:
    """The batch without unsigned reports of cameras whose last report was of a reader that must sign."""
    if keys.is_empty:
        return batch
    unsigned = {
        place: camera_id
        for place, (item, origin) in enumerate(zip(batch.items, batch.origins, strict=True))
        if (camera_id := _camera_of(item)) is not None and origin.signature is Signature.UNSIGNED
    }
    readers = camera_readers(conn, set(unsigned.values())) if unsigned else {}
    return _refused(
        batch,
        {
            place: f"camera {camera_id} is of reader {readers[camera_id]}, which has a key and must sign"
            for place, camera_id in unsigned.items()
            if camera_id in readers and keys.must_sign(readers[camera_id])
        },
    )


def _camera_of(item: Item) -> str | None:
    """The camera of which a message speaks."""
    if isinstance(item, CameraView):
        return item.camera_id
    return item.id if isinstance(item, HealthReport) and item.kind is SubjectKind.CAMERA else None


def fault_of_image(keys: KeyRing, origin: Origin, reader_id: str) -> tuple[PoisonReason, str] | None:
    """Why an image that came so is not one of a transit of this reader; None where nothing speaks against it."""
    if origin.signature is Signature.SIGNED and origin.signer != reader_id:
        return PoisonReason.WRONG_SIGNATURE, f"signed by reader {origin.signer}, of a transit of reader {reader_id}"
    if origin.signature is Signature.UNSIGNED and keys.must_sign(reader_id):
        return PoisonReason.UNSIGNED, f"of a transit of reader {reader_id}, which has a key and must sign"
    return None


def _refused(batch: Batch, why: Mapping[int, str]) -> Batch:
    if not why:
        return batch
    items = tuple(
        Refusal(record=record, reason=PoisonReason.UNSIGNED, detail=f"{PoisonReason.UNSIGNED}: {why[place]}")
        if place in why
        else item
        for place, (record, item) in enumerate(zip(batch.records, batch.items, strict=True))
    )
    return replace(batch, items=items)
