# SPDX-License-Identifier: AGPL-3.0-or-later
"""Records of an acceptance folder, as they stand in its JSON files: site, session, transit, motion event, drop."""

from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from anpr.domain.gate import Direction
from anpr.domain.reasons import Drop


class Side(StrEnum):
    """Which of its plates a vehicle shows to the camera."""

    FRONT = "front"
    REAR = "rear"

    @classmethod
    def of(cls, direction: Direction) -> "Side":
        """A vehicle that comes near shows its front."""
        return cls.FRONT if direction is Direction.APPROACHING else cls.REAR


class FolderRecord(BaseModel):
    """A line or a file of the folder: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)


class Site(FolderRecord):
    """Which camera is under test. Written once; every session of the folder is of this camera."""

    version: int = 1
    municipality: str
    gate: str
    """As people know the place."""
    camera: str
    """Identifier of the camera."""
    time_zone: str
    """IANA name, in which the count gives its times."""
    latitude: float | None = None
    longitude: float | None = None
    side: Side | None = None
    """The side that the camera sees, when it sees one only."""
    retention_days: Annotated[int, Field(ge=1)] = 7


class SessionState(FolderRecord):
    """A stretch of time in which the camera was read: one run on a live camera, or one recording."""

    source: str
    """`camera`, or the file name of the recording."""
    size: int = 0
    """Bytes of the recording."""
    began: AwareDatetime
    until: AwareDatetime
    """All up to this time was read."""
    frames: int = 0
    complete: bool = False
    laid_out: bool = False
    """Whether its motion events stand in the count sheet."""
    lines: dict[str, int] = {}
    """Lines of each record file that were complete at `until`; what comes after them is read again."""
    outages: tuple[tuple[AwareDatetime, AwareDatetime, str], ...] = ()
    """When the camera gave no images: from, to, fault."""
    damage: str | None = None
    """What of the recording could not be read."""

    @property
    def is_live(self) -> bool:
        """Whether it came from a camera."""
        return self.size == 0

    @property
    def is_over(self) -> bool:
        """Whether nothing will be added: a camera's past does not come back, a recording can be read on."""
        return self.complete or self.is_live


class RecordedTransit(FolderRecord):
    """A transit that the reader made. Images are paths relative to the acceptance folder."""

    plate: str
    raw: str
    confidence: float
    reads: int
    captured_at: AwareDatetime
    first_seen: AwareDatetime
    last_seen: AwareDatetime
    direction: Direction | None = None
    plate_image: str
    context_image: str


class Still(FolderRecord):
    """One image of the camera, in its own size."""

    at: AwareDatetime
    image: str
    """Path relative to the acceptance folder."""


class MotionEvent(FolderRecord):
    """A time in which something moved, found without the plate detector, with stills for the person who counts."""

    label: str
    """Unique in the folder, e.g. `s1m012`."""
    began: AwareDatetime
    ended: AwareDatetime
    peak: AwareDatetime
    """When most of the image moved: a vehicle is nearest."""
    stills: tuple[Still, ...]


class DroppedTrack(FolderRecord):
    """A plate that was followed and came to no transit."""

    at: AwareDatetime
    reason: Drop
    plate: str | None = None
    confidence: float = 0.0
