# SPDX-License-Identifier: AGPL-3.0-or-later
"""Transits: one vehicle past one gate, and the references to its images."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from anpr.domain.gate import Direction
from anpr.domain.plate import normalise
from anpr.domain.read import Box, Candidate


class ImageRole(StrEnum):
    """What an image of a transit shows."""

    PLATE = "plate"
    CONTEXT = "context"


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageRef:
    """Reference to an image of a transit, by its SHA-256; the bytes travel apart."""

    role: ImageRole
    sha256: str
    size: int
    """Bytes."""

    def __post_init__(self) -> None:
        if len(self.sha256) != 64 or self.size <= 0:
            raise ValueError("an image is named by 64 hex digits of SHA-256 and has a positive size")


@dataclass(frozen=True, kw_only=True, slots=True)
class Transit:
    """One vehicle past one gate. Identity and times are made at the edge.

    `captured_at` is the time of the frame that was read best, in UTC; `raw` is that frame's read before the grammar;
    `candidates` come from the vote over all `reads`; `box` is in px of the context image.
    """

    id: UUID
    gate_id: str
    camera_id: str
    reader_id: str
    captured_at: datetime
    first_seen: datetime
    last_seen: datetime
    plate: str
    raw: str
    confidence: float
    candidates: tuple[Candidate, ...]
    reads: int
    box: Box
    country: str | None = None
    direction: Direction | None = None
    lane: str | None = None
    images: tuple[ImageRef, ...] = ()
    software: str | None = None
    """What the reader ran then: words NAME/VERSION of the program and NAME/VERSION@DIGEST of each model. None: it did
    not say, or it was not asked for: a stored transit has it where it is fetched alone."""

    def __post_init__(self) -> None:
        if None in (self.captured_at.utcoffset(), self.first_seen.utcoffset(), self.last_seen.utcoffset()):
            names = ("captured_at", "first_seen", "last_seen")
            bare = next(name for name in names if getattr(self, name).utcoffset() is None)
            raise ValueError(f"{bare} needs a time zone")
        if self.plate != normalise(self.plate):
            raise ValueError("plate must be in its normal form")
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"confidence lies between 0 and 1, not {self.confidence}")
        if self.reads < 1:
            raise ValueError("a transit was read at least once")
