# SPDX-License-Identifier: AGPL-3.0-or-later
"""Find, gate, read, weigh: with a detector and a recogniser that answer from a script."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from anpr.capture.image_file import Image
from anpr.domain.read import Box, Candidate
from anpr.domain.reasons import Drop
from anpr.reader.detect import Detection
from anpr.reader.plates.crop import cut
from anpr.reader.plates.plate_reader import PlateReader
from anpr.reader.plates.thresholds import Thresholds
from anpr.reader.recognise import Reading
from anpr.reader.recognise.bands import Painted
from anpr.reader.rectify.corners import Corners
from anpr.reader.rectify.look import LevelReader
from anpr.reader.rectify.quad import quad_of

STREET = np.zeros((720, 1280, 3), np.uint8)
THRESHOLDS = Thresholds(min_score=0.25, min_confidence=0.4)


class Boxes:
    """Finds these boxes in a street, and one over the middle third of anything else."""

    def __init__(self, *detections: Detection) -> None:
        self._detections = detections

    def detect(self, image: Image) -> list[Detection]:
        if image.shape == STREET.shape:
            return list(self._detections)
        height, width = image.shape[:2]
        margin = width / 3
        return [Detection(box=Box(x=margin, y=margin, w=width - 2 * margin, h=height - 2 * margin), score=0.8)]


class Texts:
    """Reads these, one after the other and then the last one again and again, and keeps the sizes of the crops."""

    def __init__(self, *readings: Reading) -> None:
        self._readings = list(readings)
        self.sizes: list[tuple[int, ...]] = []

    def recognise(self, plate: Image) -> Reading:
        self.sizes.append(plate.shape[:2])
        return self._readings.pop(0) if len(self._readings) > 1 else self._readings[0]


def detection(x: float, w: float = 120, h: float = 30, score: float = 0.9) -> Detection:
    return Detection(box=Box(x=x, y=400, w=w, h=h), score=score)


def reading(raw: str, *shares: tuple[str, float], groups: tuple[int, ...] = (), right_band: bool = False) -> Reading:
    texts = shares or ((raw, 0.95),)
    return Reading(
        raw=raw,
        confidence=texts[0][1],
        positions=(),
        candidates=tuple(Candidate(text=text, probability=share) for text, share in texts),
        groups=groups,
        right_band=right_band,
    )


def reader(detections: Sequence[Detection], *readings: Reading) -> PlateReader:
    return PlateReader(Boxes(*detections), Texts(*readings), Thresholds(min_score=0.25, min_confidence=0.4))


def test_a_plate_is_read_with_all_that_was_seen() -> None:
    seen = reading("AB123CD", groups=(2, 5), right_band=True)

    (read,) = reader([detection(100)], seen).read(STREET)

    assert (read.text, read.raw, read.country, read.lines) == ("AB123CD", "AB123CD", "IT", 1)
    assert read.box == detection(100).box
    assert read.detector_score == 0.9
    assert read.confidence == read.candidates[0].probability > 0.9


def test_the_grammar_decides_between_what_was_seen_and_raw_stays() -> None:
    (read,) = reader([detection(100)], reading("ABO23CD", ("ABO23CD", 0.6), ("AB023CD", 0.4))).read(STREET)

    assert read.text == "AB023CD"
    assert read.raw == "ABO23CD"
    assert [c.text for c in read.candidates] == ["AB023CD", "ABO23CD"]


@pytest.mark.parametrize(
    ("found", "text", "reason"),
    [
        (detection(100, score=0.2), None, Drop.PLATE_LOW_SCORE),
        (detection(100, w=20, h=12), None, Drop.PLATE_TOO_SMALL),
        (detection(100, w=400, h=30), None, Drop.PLATE_SHAPE),
        (detection(100), reading("", ("", 0.99)), Drop.PLATE_NO_TEXT),
        (detection(100), reading("CAM"), Drop.PLATE_NO_TEXT),
        (detection(100), reading("AB123CD", ("AB123CD", 0.01)), Drop.READ_LOW_CONFIDENCE),
    ],
)
def test_each_refusal_says_why(found: Detection, text: Reading | None, reason: Drop) -> None:
    look = reader([found], *([text] if text else [])).read_all(STREET)

    assert look.accepted == ()
    assert [one.reason for one in look.rejected] == [reason]
    assert look.rejected[0].box == found.box
    assert look.rejected[0].score == found.score


def test_a_second_box_on_the_same_plate_is_turned_down() -> None:
    look = reader([detection(100), detection(110, w=90, h=28, score=0.5)], reading("AB123CD")).read_all(STREET)

    assert [read.text for read in look.accepted] == ["AB123CD"]
    assert [one.reason for one in look.rejected] == [Drop.PLATE_TWICE]


def test_two_plates_side_by_side_are_two_reads() -> None:
    reads = reader([detection(100), detection(230)], reading("AB123CD"), reading("EF456GH")).read(STREET)

    assert [read.text for read in reads] == ["AB123CD", "EF456GH"]


def test_nothing_found_is_nothing_read() -> None:
    look = reader([]).read_all(STREET)

    assert not look.accepted
    assert not look.rejected


def test_finding_alone_reads_nothing() -> None:
    found = reader([detection(100), detection(600, score=0.1)]).find(STREET)

    assert [one.box.x for one in found.detections] == [100]
    assert [one.reason for one in found.rejected] == [Drop.PLATE_LOW_SCORE]


@pytest.mark.parametrize("size", [(50, 200), (214, 297), (150, 640)])
def test_a_picture_that_a_plate_fills_is_read_whole(size: tuple[int, int]) -> None:
    texts = Texts(reading("AB123CD"))
    whole = PlateReader(Boxes(), texts, Thresholds(min_score=0.25, min_confidence=0.4))

    (read,) = whole.read(np.zeros((*size, 3), np.uint8))

    assert read.box == Box(x=0, y=0, w=size[1], h=size[0])
    assert read.detector_score == 0.8
    assert texts.sizes == [size]


def test_a_read_in_doubt_is_cut_closer_and_wider() -> None:
    closer_and_wider = reading("CG678CT", ("CG678CT", 0.9))
    texts = Texts(reading("CC678CT", ("CC678CT", 0.6), ("CG678CT", 0.4)), closer_and_wider)
    doubting = PlateReader(Boxes(detection(100)), texts, Thresholds(min_score=0.25, min_confidence=0.4))

    (read,) = doubting.read(STREET)

    assert (read.text, read.raw) == ("CG678CT", "CG678CT")
    assert [c.text for c in read.candidates] == ["CG678CT", "CC678CT"]
    assert texts.sizes == [cut(STREET, detection(100).box, turn).shape[:2] for turn in range(3)]


def test_a_sure_read_is_not_checked() -> None:
    texts = Texts(reading("AB123CD", ("AB123CD", 0.999)))

    PlateReader(Boxes(detection(100)), texts, Thresholds(min_score=0.25, min_confidence=0.4)).read(STREET)

    assert len(texts.sizes) == 1


def test_frames_that_follow_each_other_are_cut_in_turn() -> None:
    texts = Texts(reading("AB123CD", ("AB123CD", 0.5)))
    following = PlateReader(Boxes(), texts, Thresholds(min_score=0.25, min_confidence=0.4))

    for turn in range(4):
        following.read_box(STREET, detection(100), turn)

    first, closer, wider, again = texts.sizes
    assert closer < first < wider
    assert again == first


class Corner:
    """Finds the box's own corners, and is this sure that it is a plate."""

    def __init__(self, plate: float = 0.99) -> None:
        self._plate = plate

    def find(self, image: Image, box: Box) -> Corners | None:  # noqa: ARG002
        return Corners(quad=quad_of(box), spread=6.0, plate=self._plate, two_lines=0.0)


class LevelTexts:
    """Reads this from every level plate."""

    def __init__(self, answer: Reading) -> None:
        self._answer = answer
        self.asked = 0

    def read_lines(self, lines: Sequence[Painted]) -> Reading:  # noqa: ARG002
        self.asked += 1
        return self._answer


def test_a_plate_whose_corners_are_known_is_read_level() -> None:
    boxes, texts = Boxes(detection(100)), Texts(reading("ZZ999ZZ"))
    level = LevelTexts(reading("AB123CD", ("AB123CD", 0.99)))
    plates = PlateReader(boxes, texts, THRESHOLDS, level=LevelReader(Corner(), level))

    assert [read.text for read in plates.read(STREET)] == ["AB123CD"]
    assert texts.sizes == [], "a sure level read asks for no other cut"


def test_a_level_read_in_doubt_is_held_against_the_box_as_it_is() -> None:
    texts = Texts(reading("AB123CD", ("AB123CD", 0.9)))
    level = LevelTexts(reading("AB123CO", ("AB123CO", 0.55), ("AB123CD", 0.45)))
    plates = PlateReader(Boxes(detection(100)), texts, THRESHOLDS, level=LevelReader(Corner(), level))

    assert plates.read(STREET)[0].text == "AB123CD"
    assert len(texts.sizes) == 1


def test_what_the_corner_network_holds_for_no_plate_is_turned_down() -> None:
    level = LevelTexts(reading("MAN6"))
    plates = PlateReader(
        Boxes(detection(100)), Texts(reading("MAN6")), THRESHOLDS, level=LevelReader(Corner(0.001), level)
    )

    look = plates.read_all(STREET)

    assert look.accepted == ()
    assert [one.reason for one in look.rejected] == [Drop.PLATE_LOW_SCORE]
    assert level.asked == 0


def test_a_plate_that_the_edge_cuts_is_unsure() -> None:
    level = LevelTexts(reading("AB123CD", ("AB123CD", 0.99)))
    cut_off = detection(-40)
    plates = PlateReader(Boxes(cut_off), Texts(reading("AB123CD")), THRESHOLDS, level=LevelReader(Corner(), level))

    assert plates.read(STREET)[0].confidence < 0.5


def test_in_a_video_the_level_plate_and_the_box_take_turns() -> None:
    texts, level = Texts(reading("AB123CD")), LevelTexts(reading("AB123CD"))
    plates = PlateReader(Boxes(), texts, THRESHOLDS, level=LevelReader(Corner(), level))

    for turn in range(6):
        plates.read_box(STREET, detection(100), turn)

    assert len(texts.sizes) == 2
    assert level.asked == 4


@pytest.mark.parametrize(("lines", "plate", "sure"), [(2, 0.45, False), (2, 0.95, True), (1, 0.45, True)])
def test_two_lines_of_what_may_have_a_third_are_unsure(lines: int, plate: float, sure: bool) -> None:
    level = LevelTexts(replace(reading("AB1234", ("AB1234", 0.99)), lines=lines))
    plates = PlateReader(
        Boxes(detection(100)), Texts(reading("AB1234")), THRESHOLDS, level=LevelReader(Corner(plate), level)
    )

    assert (plates.read(STREET)[0].confidence > 0.9) is sure
