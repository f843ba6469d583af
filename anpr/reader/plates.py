"""From a picture to plate reads: find, gate, read, weigh."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from anpr.domain.grammar import country, weigh
from anpr.domain.read import Box, PlateRead
from anpr.metrics import Drop
from anpr.reader.detect import Detection, Detector, build_detector
from anpr.reader.image_file import Image
from anpr.reader.recognise import Reading, Recogniser, build_recogniser
from anpr.settings import ReaderSettings

MARGIN = 0.15
"""Of the box's width and height, added around it in all: half at each side."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gates:
    """What a detection and its text must have to count as a plate."""

    min_score: float
    """Of the detector."""
    min_confidence: float
    """Of the text."""
    min_width_px: float = 28.0
    """Of the box: 7 characters of 4 px each are the least that anybody can read."""
    min_height_px: float = 9.0
    shape: tuple[float, float] = (0.8, 7.5)
    """Least and most width ÷ height. 177×177 mm leaning, to 520×110 mm seen from above."""
    min_signs: int = 3
    """The shortest plates have so many; overlay text and stickers are often shorter."""
    max_signs: int = 12
    """POLIZIAH1234."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejected:
    """A detection that did not become a plate read, and why."""

    box: Box
    score: float
    reason: Drop
    raw: str = ""
    confidence: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What one look at a picture gave."""

    accepted: tuple[PlateRead, ...]
    rejected: tuple[Rejected, ...]
    unread: tuple[Box, ...] = ()
    """Plates that nobody asked to read."""


class PlateReader:
    """Finds and reads the plates in a picture. One per thread."""

    def __init__(self, detector: Detector, recogniser: Recogniser, gates: Gates) -> None:
        self._detector = detector
        self._recogniser = recogniser
        self._gates = gates

    def read(self, image: Image) -> list[PlateRead]:
        """The plates in the picture, best detector score first. Raises ModelError."""
        return list(self.look(image).accepted)

    def look(self, image: Image, wanted: Callable[[Box], bool] = lambda _: True) -> Look:
        """The plates, and the detections that were turned down with the reason. Raises ModelError.

        `wanted` says whether a plate at this place is worth the reading: one that was read often enough is not.
        """
        accepted: list[PlateRead] = []
        rejected: list[Rejected] = []
        unread: list[Box] = []
        for detection in self._detector.detect(image):
            reason = self._detection_fault(detection)
            if reason is not None:
                rejected.append(Rejected(box=detection.box, score=detection.score, reason=reason))
                continue
            if not wanted(detection.box):
                unread.append(detection.box)
                continue
            result = self.read_box(image, detection)
            if isinstance(result, Rejected):
                rejected.append(result)
            else:
                accepted.append(result)
        return Look(accepted=tuple(accepted), rejected=tuple(rejected), unread=tuple(unread))

    def read_box(self, image: Image, detection: Detection) -> PlateRead | Rejected:
        """Read the plate in this box of the picture."""
        reading = self._recogniser.recognise(cut(image, detection.box))
        candidates = tuple(c for c in weigh(reading.candidates) if c.text)
        best = candidates[0] if candidates else None
        reason = self._text_fault(reading, best.text if best else "", best.probability if best else 0.0)
        if reason is not None or best is None:
            return Rejected(
                box=detection.box,
                score=detection.score,
                reason=reason or Drop.PLATE_NO_TEXT,
                raw=reading.raw,
                confidence=best.probability if best else 0.0,
            )
        return PlateRead(
            text=best.text,
            raw=reading.raw,
            confidence=best.probability,
            box=detection.box,
            detector_score=detection.score,
            candidates=candidates,
            positions=reading.positions,
            country=country(best.text),
            lines=reading.lines,
        )

    def _detection_fault(self, detection: Detection) -> Drop | None:
        box, gates = detection.box, self._gates
        if detection.score < gates.min_score:
            return Drop.PLATE_LOW_SCORE
        if box.w < gates.min_width_px or box.h < gates.min_height_px:
            return Drop.PLATE_TOO_SMALL
        if not gates.shape[0] <= box.w / box.h <= gates.shape[1]:
            return Drop.PLATE_SHAPE
        return None

    def _text_fault(self, reading: Reading, text: str, confidence: float) -> Drop | None:
        if not reading.raw or not self._gates.min_signs <= len(text) <= self._gates.max_signs:
            return Drop.PLATE_NO_TEXT
        if confidence < self._gates.min_confidence:
            return Drop.READ_LOW_CONFIDENCE
        return None


def cut(image: Image, box: Box, margin: float = MARGIN) -> Image:
    """The part of the picture in the box and a margin around it, as far as the picture goes."""
    height, width = image.shape[:2]
    dx, dy = box.w * margin / 2, box.h * margin / 2
    x1, y1 = max(0, int(box.x - dx)), max(0, int(box.y - dy))
    x2, y2 = min(width, int(np.ceil(box.x + box.w + dx))), min(height, int(np.ceil(box.y + box.h + dy)))
    return image[y1:y2, x1:x2]


def build_plate_reader(settings: ReaderSettings) -> PlateReader:
    """The reader that the settings ask for. Raises ModelError."""
    return PlateReader(
        build_detector(settings.detector, settings.threads),
        build_recogniser(settings.recogniser, settings.threads),
        Gates(min_score=settings.detector.min_score, min_confidence=settings.recogniser.min_confidence),
    )
