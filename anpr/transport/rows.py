# SPDX-License-Identifier: AGPL-3.0-or-later
"""Rows of the outbox: topic, key, headers and bytes of each message."""

from collections.abc import Mapping
from dataclasses import dataclass

from anpr.contract.health import encode_health, health_key
from anpr.contract.image import ImageHeader, image_header
from anpr.contract.topics import (
    HEALTH_TOPIC,
    IMAGES_TOPIC,
    MAX_IMAGE_BYTES,
    MAX_TRANSIT_BYTES,
    TRANSITS_TOPIC,
    VIEWS_TOPIC,
)
from anpr.contract.transit import encode_transit
from anpr.contract.view import encode_view
from anpr.domain.camera_view import CameraView
from anpr.domain.errors import InputError, MessageError, PoisonReason
from anpr.domain.health import HealthReport
from anpr.domain.transit import ImageRole, Transit
from anpr.transport.records import RecordKind
from anpr.transport.spool import PAGE_BYTES, to_text

_ROW_BYTES = 128  # columns and index entry around a record's own bytes, measured


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One message that waits."""

    kind: RecordKind
    topic: str
    key: bytes
    headers: Mapping[str, bytes]
    value: bytes

    @property
    def size(self) -> int:
        """Bytes on disk: SQLite gives a large value pages of its own."""
        size = len(self.value) + len(self.key) + len(to_text(self.headers)) + _ROW_BYTES
        return size if size < PAGE_BYTES else -(-size // PAGE_BYTES) * PAGE_BYTES


def metadata_row(transit: Transit) -> Row:
    """Raises MessageError when it does not fit the contract."""
    value = encode_transit(transit)
    if len(value) > MAX_TRANSIT_BYTES:
        raise MessageError(PoisonReason.TOO_LARGE, f"transit {transit.id}: {len(value)} bytes of metadata")
    # Keyed by gate: one partition, so the centre sees the transits of one gate in the order they were made.
    return Row(kind=RecordKind.METADATA, topic=TRANSITS_TOPIC, key=transit.gate_id.encode(), headers={}, value=value)


def health_row(report: HealthReport) -> Row:
    """Raises MessageError when it does not fit the contract."""
    value = encode_health(report)
    if len(value) > MAX_TRANSIT_BYTES:
        raise MessageError(PoisonReason.TOO_LARGE, f"health of {report.kind} {report.id}: {len(value)} bytes")
    return Row(kind=RecordKind.METADATA, topic=HEALTH_TOPIC, key=health_key(report), headers={}, value=value)


def view_row(view: CameraView) -> Row:
    """Raises MessageError when it does not fit the contract. Sent with images: it gives way to transits."""
    key = view.camera_id.encode()
    return Row(kind=RecordKind.IMAGES, topic=VIEWS_TOPIC, key=key, headers={}, value=encode_view(view))


def image_row(transit: Transit, role: ImageRole, data: bytes) -> Row:
    """Raises MessageError when it is too large, InputError when the transit names no such image."""
    if len(data) > MAX_IMAGE_BYTES:
        raise MessageError(PoisonReason.TOO_LARGE, f"transit {transit.id}: {len(data)} bytes of {role} image")
    header = image_header(transit=transit, role=role, data=data)
    if not _is_named(transit, header):
        raise InputError(f"transit {transit.id}: the {role} image is not one that the transit names")
    key = str(transit.id).encode()
    return Row(kind=RecordKind.IMAGES, topic=IMAGES_TOPIC, key=key, headers=header.to_headers(), value=data)


def _is_named(transit: Transit, header: ImageHeader) -> bool:
    return any(ref.role == header.role and ref.sha256 == header.sha256 for ref in transit.images)
