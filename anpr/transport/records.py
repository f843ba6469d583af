# SPDX-License-Identifier: AGPL-3.0-or-later
"""Records that wait in the outbox."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class RecordKind(StrEnum):
    """Metadata are sent before images, and are kept longer when the disk fills."""

    METADATA = "metadata"
    IMAGES = "images"


@dataclass(frozen=True, kw_only=True, slots=True)
class OutboxRecord:
    """One message on its way to the centre. `seq` grows and is never used twice in one outbox."""

    seq: int
    topic: str
    key: bytes
    headers: Mapping[str, bytes]
    value: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """How much of one kind waits for acknowledgement."""

    records: int
    bytes: int
    """On disk, rounded up to whole pages for records larger than one."""
