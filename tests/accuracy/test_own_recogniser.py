# SPDX-License-Identifier: AGPL-3.0-or-later
"""Floors under what our own small recogniser reads right; docs/benchmarks.md has the figures and their intervals."""

from pathlib import Path

import pytest

from anpr.reader.recognise import build_recogniser
from anpr.settings import RecogniserSettings
from scripts.training.recogniser.data.samples import read_crops
from scripts.training.recogniser.evaluation import examine, real_questions
from scripts.training.recogniser.reliability import calibration_error, reliability

pytestmark = pytest.mark.shared_data


@pytest.mark.parametrize("model", ["plate_recogniser_small", "plate_recogniser_small_int8"])
def test_real_crops_kept_apart_from_training(model: str, shared_data: Path) -> None:
    recogniser = build_recogniser(RecogniserSettings(model=model), threads=1)

    marks = examine(recogniser, real_questions(read_crops(shared_data / "rec", "val")))

    assert len(marks) == 273
    assert sum(mark.strict for mark in marks) >= 257
    two_lines = [mark for mark in marks if mark.question.lines == 2]
    assert sum(mark.strict for mark in two_lines) >= 26
    assert calibration_error(reliability([(mark.confidence, mark.strict) for mark in marks])) <= 0.05
