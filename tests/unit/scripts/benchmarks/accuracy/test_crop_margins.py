# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ways of reading a plate held against each other, with a recogniser that errs at some cuts."""

import numpy as np

from anpr.capture.image_file import Image
from anpr.domain.read import Box, Candidate
from anpr.reader.recognise import Reading
from scripts.benchmarks.accuracy.crop_margins import ALWAYS, Question, asked, best_of


def reading(text: str, probability: float, other: str = "") -> Reading:
    candidates = [Candidate(text=text, probability=probability)]
    if other:
        candidates.append(Candidate(text=other, probability=1 - probability))
    return Reading(raw=text, confidence=probability, positions=(), candidates=tuple(candidates))


class WrongAtTheUsualCut:
    """Reads a C for the G where the crop is 116 px wide, in doubt, and is right and sure everywhere else."""

    def __init__(self) -> None:
        self.widths: list[int] = []

    def recognise(self, plate: Image) -> Reading:
        self.widths.append(plate.shape[1])
        return reading("CC678CT", 0.6, "CG678CT") if plate.shape[1] == 116 else reading("CG678CT", 0.999)


def test_further_cuts_mend_what_one_gets_wrong() -> None:
    recogniser = WrongAtTheUsualCut()
    question = Question(image=np.zeros((200, 400, 3), np.uint8), box=Box(x=100, y=100, w=100, h=20), text="CG678CT")

    rows = list(asked(recogniser, [question, question]))

    usual = {"margins": [0.15], "below": None, "n": 2, "right": 0, "wrong_and_sure": 0, "read_again": 0}
    assert usual in rows
    assert usual | {"margins": [0.1], "right": 2} in rows
    for below in (ALWAYS, 0.9):
        assert usual | {"margins": [0.15, 0.05, 0.25], "below": below, "right": 2, "read_again": 2} in rows
    assert len(recogniser.widths) == 2 * 7, "each cut of each question is read once"


def test_nothing_read_is_no_text() -> None:
    assert best_of(reading("", 0.9)) == Candidate(text="", probability=0.0)
