# SPDX-License-Identifier: AGPL-3.0-or-later
"""Examination of a camera's frames: plates with their widths, brightness, sharpness, and the frame that shows most."""

import statistics
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

from anpr.capture.image_file import Image
from anpr.capture.source import RawFrame
from anpr.domain.read import PlateRead
from anpr.domain.reasons import Drop
from anpr.reader.annotate import annotate
from anpr.reader.camera.area import Area
from anpr.reader.camera.sharpness import ImageQuality, measure_quality
from anpr.reader.plates.plate_reader import PlateReader, ReadResult

_MOST_PLATES = 50
"""Texts that are kept apart; in a minute no camera sees more vehicles. The rest is counted."""


@dataclass(kw_only=True)
class SeenPlate:
    """One plate text, over the frames in which it was read."""

    text: str
    frames: int = 0
    confidence: float = 0.0
    """The best, 0 to 1."""
    widths: list[float] = field(default_factory=list)
    """px, one a frame."""

    def add(self, read: PlateRead) -> None:
        """Count a read of it."""
        self.frames += 1
        self.confidence = max(self.confidence, read.confidence)
        self.widths.append(read.box.w)


class Examination:
    """Takes frames one by one. Not thread-safe."""

    def __init__(self, build: Callable[[], PlateReader], area: Area) -> None:
        """`build` makes the plate reader when the first frame has come: a camera that cannot be reached need not wait
        for it."""
        self._build = cache(build)
        self._area = area
        self._qualities: list[ImageQuality] = []
        self._plates: dict[str, SeenPlate] = {}
        self._best: tuple[float, Image] | None = None
        """How much its plates show, and the frame with what was seen drawn into it."""
        self.frames = 0
        self.frames_with_plates = 0
        self.unlisted = 0
        """Reads of plates beyond the most that are kept apart."""
        self.rejected: Counter[Drop] = Counter()
        self.too_small: list[float] = []
        """Widths (px) of what was turned down because it is too small to be read."""

    def add(self, raw: RawFrame) -> None:
        """Examine a frame. Raises ModelError."""
        image = raw.image()
        self.frames += 1
        self._qualities.append(measure_quality(image))
        view = self._area.crop(image)
        reader = self._build()
        result = reader.read_found(image, self._area.keep(reader.find(view.image), view))
        self._count(result)
        self._keep_best(image, result)

    @property
    def plates(self) -> tuple[SeenPlate, ...]:
        """The plates, those seen in most frames first."""
        return tuple(sorted(self._plates.values(), key=lambda one: (-one.frames, one.text)))

    @property
    def picture(self) -> Image | None:
        """The frame that shows plates best, with regions, masks, reads and rejections drawn; None before the first."""
        return self._best[1] if self._best else None

    @property
    def middle(self) -> float | None:
        """Median brightness, level 0 to 255; None before the first frame."""
        return statistics.median(one.middle for one in self._qualities) if self._qualities else None

    @property
    def bright(self) -> float | None:
        """95th percentile of the brightness, level 0 to 255; the median of the frames."""
        return statistics.median(one.bright for one in self._qualities) if self._qualities else None

    @property
    def sharpness(self) -> float | None:
        """See `ImageQuality.sharpness`; the median of the frames in which it can be told."""
        told = [one.sharpness for one in self._qualities if one.sharpness is not None]
        return statistics.median(told) if told else None

    def _count(self, result: ReadResult) -> None:
        self.frames_with_plates += bool(result.accepted)
        for read in result.accepted:
            if read.text in self._plates or len(self._plates) < _MOST_PLATES:
                self._plates.setdefault(read.text, SeenPlate(text=read.text)).add(read)
            else:
                self.unlisted += 1
        for one in result.rejected:
            self.rejected[one.reason] += 1
            if one.reason is Drop.PLATE_TOO_SMALL:
                self.too_small.append(one.box.w)

    def _keep_best(self, image: Image, result: ReadResult) -> None:
        shows = sum(read.box.w * read.confidence for read in result.accepted)
        if self._best is None or shows >= self._best[0]:
            self._best = shows, annotate(image, result, self._area)
