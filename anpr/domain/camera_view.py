# SPDX-License-Identifier: AGPL-3.0-or-later
"""View of a camera: the figures that its reader knows, the boxes of plates, and what the figures ask to be changed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from anpr.domain.area import Point

WIDE_PX = 100
"""docs/benchmarks.md, Italian plates on Italian streets: 100 px and wider 37 of 38 read right, below 60 px 6 of 9."""
NARROW_PX = 60
_FEW_A_SECOND = 8.0
"""A vehicle is in view for one to three seconds, its plate large enough for half of that at the least: four looks,
of which `reader.assemble.min_reads` must succeed."""
_LOST_SHARE = 0.8
"""Of the announced rate; below it frames are lost, and not counted otherwise by a clock that is a little off."""
_KEY_EVERY_S = 4.0
"""The longest that cameras are usually set to. Damage, and the time until the first frame, last until the next one."""
HIGH_SHARE = 0.05
"""Of damaged frames. Three seconds of a minute: a vehicle passes a gate in one to three."""
SOFT = 0.008
"""Sharpness below which an image is blurred by any standard (sigma of 2 to 4 px in real clips): for a camera that is
too new to have a baseline, and for one whose lens got dirty so slowly that the baseline followed it."""

IMAGE_LIFE = timedelta(minutes=10)
"""So long the centre keeps and shows the image of a view; it is asked for again after that."""
REQUEST_LIFE = timedelta(minutes=1)
"""A request that no reader took by then is not answered any more."""
MAX_BOXES = 50


class Finding(StrEnum):
    """What is not as it should be."""

    NARROW_PLATES = "narrow-plates"
    UNSURE_READS = "unsure-reads"
    NO_PLATE = "no-plate"
    FEW_FRAMES = "few-frames"
    LOST_FRAMES = "lost-frames"
    DAMAGED_FRAMES = "damaged-frames"
    RARE_KEY_FRAMES = "rare-key-frames"
    DARK = "dark"
    BLURRED = "blurred"


@dataclass(frozen=True, kw_only=True, slots=True)
class CameraFigures:
    """What is known of a camera over some time; None where it is not."""

    width: int
    """Of the image, px."""
    height: int
    rate: float | None = None
    """Frames a second that came."""
    announced_rate: float | None = None
    """Frames a second that the camera claims."""
    frames: int = 0
    damaged: int = 0
    """Frames that were not whole."""
    key_every_s: float | None = None
    widest_px: float | None = None
    """Of the plates that were seen, read or too small to be read."""
    has_plates: bool = False
    """Whether a plate was seen at all."""
    near: int = 0
    """Plates that are wide enough to be read; others are in the background."""
    unsure: int = 0
    """Those of them that were read with less than `min_confidence`."""
    bright: float | None = None
    """95th percentile of the brightness, level 0 to 255."""
    sharpness: float | None = None
    min_confidence: float = 0.0
    """Of the reader's settings, as the next two: the rules go by them."""
    min_reads: int = 1
    dark_below: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class SeenBox:
    """A plate in the image of a view, in fractions of its width and height; never its text."""

    x: float
    y: float
    w: float
    h: float
    width_px: float
    """In the camera's own image."""
    confidence: float | None
    """Of its read, 0 to 1; None where it was not read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CameraView:
    """What a reader tells of one of its cameras."""

    camera_id: str
    gate_id: str
    reader_id: str
    at: datetime
    """When it was made (UTC)."""
    state: str | None
    """The camera's state, as in health reports; None before the first."""
    figures: CameraFigures | None
    """None where no frame came."""
    regions: tuple[tuple[Point, ...], ...] = ()
    """What the reader goes by now, as polygons of fractions."""
    masks: tuple[tuple[Point, ...], ...] = ()
    boxes: tuple[SeenBox, ...] = ()
    image: bytes = b""
    """JPEG, small, every plate that was found made unreadable; empty where none was asked for or could be made."""


def findings(figures: CameraFigures) -> tuple[Finding, ...]:
    """What to change at this camera, most important first; nothing where all is well."""
    return tuple([*_of_plates(figures), *_of_image(figures), *_of_stream(figures)])


def _of_plates(figures: CameraFigures) -> Iterator[Finding]:
    if figures.widest_px is not None and figures.widest_px < WIDE_PX:
        yield Finding.NARROW_PLATES
    if figures.unsure:
        yield Finding.UNSURE_READS
    if not figures.has_plates:
        yield Finding.NO_PLATE


def _of_image(figures: CameraFigures) -> Iterator[Finding]:
    if figures.bright is None:
        return
    if figures.bright < figures.dark_below:
        yield Finding.DARK
    elif figures.sharpness is None or figures.sharpness < SOFT:
        yield Finding.BLURRED


def _of_stream(figures: CameraFigures) -> Iterator[Finding]:
    rate, announced = figures.rate, figures.announced_rate
    if rate is not None and rate < _FEW_A_SECOND:
        yield Finding.FEW_FRAMES
    if rate is not None and announced is not None and rate < _LOST_SHARE * announced:
        yield Finding.LOST_FRAMES
    if figures.damaged > HIGH_SHARE * figures.frames:
        yield Finding.DAMAGED_FRAMES
    if figures.key_every_s is not None and figures.key_every_s > _KEY_EVERY_S:
        yield Finding.RARE_KEY_FRAMES
