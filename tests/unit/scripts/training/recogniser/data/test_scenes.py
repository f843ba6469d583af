# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plates of labelled scenes: taken where two recognisers agree, and never the texts of the exam."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from anpr.capture.image_file import Image
from anpr.domain.read import Candidate
from anpr.reader.recognise.reading import Reading
from scripts.training.detector.folder import Folder, read_picture
from scripts.training.recogniser.data.scenes import Judges, scene_crops

PLATE = np.zeros((20, 90, 3), np.uint8)


@dataclass
class Says:
    """A recogniser that reads the same on every plate."""

    text: str
    probability: float = 0.95
    lines: int = 1
    asked: int = 0

    def recognise(self, plate: Image) -> Reading:
        del plate
        self.asked += 1
        candidates = (Candidate(text=self.text, probability=self.probability),) if self.text else ()
        return Reading(raw=self.text, confidence=self.probability, positions=(), candidates=candidates,
                       lines=self.lines)  # fmt: skip


def test_both_judges_give_the_text() -> None:
    judges = Judges(first=Says("AB123CD"), second=Says("AB123CD"), barred=())

    assert judges.agree(PLATE) == ("AB123CD", 1)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Says("AB123CD"), Says("AB123CO")),
        (Says("AB123CD"), Says("AB123CD", lines=2)),
        (Says("AB123CD"), Says("AB123CD", probability=0.01)),
        (Says("AB123CD"), Says("")),
        (Says("AB12"), Says("AB12")),
        (Says("EX123AM"), Says("EX123AM")),
    ],
)
def test_what_is_not_taken(first: Says, second: Says) -> None:
    assert Judges(first=first, second=second, barred={"EX123AM"}).agree(PLATE) is None


def test_the_plates_are_cut_out_once_and_the_narrow_left_alone(tmp_path: Path) -> None:
    folder = scenes(tmp_path, "0 0.5 0.5 0.5 0.2\n0 0.1 0.1 0.05 0.02\n")
    judge = Says("AB123CD")
    judges = Judges(first=judge, second=Says("AB123CD"), barred=())

    (crop,) = scene_crops(folder, tmp_path / "work", lambda: judges, lambda _: None)
    again = scene_crops(folder, tmp_path / "work", lambda: pytest.fail("asked anew"), lambda _: None)

    assert (crop.text, crop.lines, judge.asked) == ("AB123CD", 1, 1)
    assert read_picture(crop.path).shape[1] >= 200
    assert again == (crop,)


def scenes(root: Path, labels: str) -> Folder:
    """One image of 400 × 200 px with these labels, and one of a source whose plates are partly unreadable."""
    (root / "labels").mkdir()
    pictures = (root / "street_1.png", root / "uc3m_1.png")
    for picture in pictures:
        cv2.imwrite(str(picture), np.full((200, 400, 3), 90, np.uint8))
        (root / "labels" / f"{picture.stem}.txt").write_text(labels, encoding="ascii")
    return Folder(train=pictures, val=pictures, labels=root / "labels")
