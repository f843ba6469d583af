# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plate reader: finds, filters, reads and re-ranks the plates of one image."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2

from anpr.capture.image_file import Image
from anpr.domain.grammar.rerank import countries, named, weigh
from anpr.domain.read import Box, Candidate, PlateRead
from anpr.domain.reasons import Drop
from anpr.reader.detect import Detection, Detector, build_detector
from anpr.reader.plates.close_up import find_close_up, from_further
from anpr.reader.plates.crop import MARGINS, cut
from anpr.reader.plates.second_opinion import (
    SecondOpinion,
    build_second_opinion,
    evidence_of,
)
from anpr.reader.plates.thresholds import LIKELY_PLATE, Thresholds
from anpr.reader.recognise import Reading, Recogniser, agreed, build_recogniser
from anpr.reader.rectify.build import build_corner_finder
from anpr.reader.rectify.look import MARGINS as LEVEL_MARGINS
from anpr.reader.rectify.look import LevelReader, Placed
from anpr.runtime.clock import SystemClock
from anpr.settings import ReaderSettings

CERTAIN = 0.98
"""The only read of a plate that is less sure than this is checked by cutting the plate closer and wider.

Of 1000 drawn Italian plates in boxes a little off 936 are read right by one read, by three always or by this rule,
which asks about one plate in seven; of those read wrong 5, 1 and 2 are more than .9 sure.
"""
_SAME_PLACE = 0.6
"""Of the smaller of two boxes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejected:
    """A detection that did not become a plate read, and why."""

    box: Box
    score: float
    """The detector's."""
    reason: Drop
    raw: str = ""
    confidence: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """Boxes worth reading, best score first, and those that are not."""

    detections: tuple[Detection, ...]
    rejected: tuple[Rejected, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadResult:
    """The plates read in one image, and the detections that were turned down."""

    accepted: tuple[PlateRead, ...]
    rejected: tuple[Rejected, ...]


class PlateReader:
    """Finds and reads the plates in an image. One per thread."""

    def __init__(
        self,
        detector: Detector,
        recogniser: Recogniser,
        thresholds: Thresholds,
        second: SecondOpinion | None = None,
        level: LevelReader | None = None,
    ) -> None:
        """`second` is asked about plates of single images; of those in a video when their transit is made.

        `level` sets plates level before they are read; without, each is read as its box cuts it out.
        """
        self._level = level
        self._detector = detector
        self._recogniser = recogniser
        self.thresholds = thresholds
        self.second = second

    def read(self, image: Image) -> list[PlateRead]:
        """The plates in the image, best detector score first. Raises ModelError."""
        return list(self.read_all(image).accepted)

    def read_all(self, image: Image) -> ReadResult:
        """The plates, and the detections that were turned down with the reason. Raises ModelError."""
        return self.read_found(image, self.find(image))

    def read_found(self, image: Image, found: Found) -> ReadResult:
        """The same, where `found` has been found in the image already. Raises ModelError."""
        results = [self.read_once(image, detection) for detection in found.detections]
        return ReadResult(
            accepted=tuple(result for result in results if isinstance(result, PlateRead)),
            rejected=(*found.rejected, *(result for result in results if isinstance(result, Rejected))),
        )

    def find(self, image: Image) -> Found:
        """Where plates are, without reading them. Raises ModelError."""
        good: list[Detection] = []
        rejected: list[Rejected] = []
        for detection in self._detect(image):
            reason = self.thresholds.detection_fault(detection)
            if reason is None and any(detection.box.overlap(better.box) > _SAME_PLACE for better in good):
                reason = Drop.PLATE_TWICE
            if reason is None:
                good.append(detection)
            else:
                rejected.append(Rejected(box=detection.box, score=detection.score, reason=reason))
        return Found(detections=tuple(good), rejected=tuple(rejected))

    def _detect(self, image: Image) -> list[Detection]:
        close_up = find_close_up(image, self._detector)
        if close_up is not None:
            return [close_up]
        return from_further(image, self._detector.detect(image), self._detector)

    def read_box(self, image: Image, detection: Detection, turn: int) -> PlateRead | Rejected:
        """Read the plate in this box of a frame that others follow, each cut in its turn. Raises ModelError."""
        placed = self._placed(image, detection)
        if isinstance(placed, Rejected):
            return placed
        if placed is None or not placed.is_sure:
            reading = self._recogniser.recognise(cut(image, detection.box, turn))
            return self._judged(detection, reading, _doubted(placed, reading.lines, weighed(reading)))
        # Every third look is at the box as it is: what it gets wrong it gets wrong otherwise.
        which = turn % (len(LEVEL_MARGINS) + 1)
        reading = (
            placed.read(which) if which < len(LEVEL_MARGINS) else self._recogniser.recognise(cut(image, detection.box))
        )
        return self._judged(detection, reading, _doubted(placed, reading.lines, weighed(reading)))

    def read_once(self, image: Image, detection: Detection) -> PlateRead | Rejected:
        """Read the plate in this box of the only image of it; where in doubt, again. Raises ModelError."""
        placed = self._placed(image, detection)
        if isinstance(placed, Rejected):
            return placed
        level = placed if placed is not None and placed.is_sure else None
        plate = cut(image, detection.box)
        reading = self._recogniser.recognise(plate) if level is None else level.read()
        candidates = weighed(reading)
        if _sure(candidates) < CERTAIN:
            others = self._cut_otherwise(image, detection.box, plate) if level is None else self._both(level, plate)
            reading = agreed(reading, *others)
            candidates = weighed(reading)
        if placed is not None and _may_lack(placed, reading.lines):
            return self._judged(detection, reading, _doubted(placed, reading.lines, candidates))
        if self.second is None or not self.second.wants(_sure(candidates)):
            return self._judged(detection, reading, candidates)
        opinion = self.second.ask(plate, candidates, patient=True)
        return self._judged(detection, reading, opinion.candidates, opinion.raw)

    def _both(self, placed: Placed, plate: Image) -> Iterator[Reading]:
        """The level plate otherwise, and the plate as its box cuts it out."""
        yield from placed.read_otherwise()
        yield self._recogniser.recognise(plate)

    def _placed(self, image: Image, detection: Detection) -> Placed | Rejected | None:
        """The plate with its corners; None where it has none, or why it is not read."""
        if self._level is None:
            return None
        placed = self._level.place(image, detection.box)
        if placed is None:
            return None
        reason = self.thresholds.plate_fault(detection, placed.corners.plate)
        if reason is not None:
            return Rejected(box=detection.box, score=detection.score, reason=reason)
        return placed

    def _cut_otherwise(self, image: Image, box: Box, plate: Image) -> Iterator[Reading]:
        """The plate read from the other cuts; from none where it fills the image."""
        for turn in range(1, len(MARGINS)):
            other = cut(image, box, turn)
            if other.shape != plate.shape:
                yield self._recogniser.recognise(other)

    def _judged(
        self, detection: Detection, reading: Reading, candidates: tuple[Candidate, ...], second_raw: str | None = None
    ) -> PlateRead | Rejected:
        text, confidence = (candidates[0].text, candidates[0].probability) if candidates else ("", 0.0)
        reason = self.thresholds.text_fault(text, confidence)
        if reason is not None:
            return Rejected(
                box=detection.box, score=detection.score, reason=reason, raw=reading.raw, confidence=confidence
            )
        likely = countries(text, evidence_of(reading))
        return PlateRead(
            text=text,
            raw=reading.raw,
            confidence=confidence,
            box=detection.box,
            detector_score=detection.score,
            candidates=candidates,
            positions=reading.positions,
            country=named(likely),
            countries=tuple(likely.items()),
            lines=reading.lines,
            second_raw=second_raw,
        )


def _doubted(placed: Placed | None, lines: int, candidates: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """Each half as likely where the text may lack something."""
    if placed is None or not _may_lack(placed, lines):
        return candidates
    return tuple(Candidate(text=each.text, probability=each.probability / 2) for each in candidates)


def _may_lack(placed: Placed, lines: int) -> bool:
    """Whether a character or a line may be missing: the image's edge runs through the plate, or it has two lines and
    is like no plate the corner network knows, as those of three are."""
    return placed.is_cut or (lines > 1 and placed.corners.plate < LIKELY_PLATE)


def _sure(candidates: Sequence[Candidate]) -> float:
    return candidates[0].probability if candidates else 0.0


def weighed(reading: Reading) -> tuple[Candidate, ...]:
    """What it may say, best first, by what was seen and by the formats of plates."""
    return tuple(c for c in weigh(reading.candidates, evidence_of(reading)) if c.text)


def build_plate_reader(settings: ReaderSettings) -> PlateReader:
    """The reader that the settings ask for. Raises ModelError."""
    cv2.setNumThreads(settings.threads)  # of the whole process: OpenCV would take every core for a resize
    recogniser = build_recogniser(settings.recogniser, settings.threads)
    finder = build_corner_finder(settings.rectifier, settings.threads)
    return PlateReader(
        build_detector(settings.detector, settings.threads),
        recogniser,
        Thresholds(
            min_score=settings.detector.min_score,
            min_confidence=settings.recogniser.min_confidence,
            min_plate=settings.rectifier.min_plate,
        ),
        build_second_opinion(settings, SystemClock()),
        LevelReader(finder, recogniser) if finder is not None else None,
    )
