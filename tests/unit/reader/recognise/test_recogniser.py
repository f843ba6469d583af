# SPDX-License-Identifier: AGPL-3.0-or-later
"""Lines, second looks and joining, with a network that answers from a script."""

import numpy as np
import pytest

from anpr.reader.network.blob import Blob
from anpr.reader.network.model_card import Calibration, NetworkInput
from anpr.reader.recognise.alphabet import PLATE_CHARACTERS, folding
from anpr.reader.recognise.prepare import fit, stretch
from anpr.reader.recognise.recogniser import SURE, LineRecogniser

INPUT = NetworkInput(width=320, height=48, colour="BGR", scale=2 / 255, offset=1.0, pad_value=127, widths=(160, 320))
CHARACTERS = [*PLATE_CHARACTERS, "-"]


class Script:
    """Answers each call with the next text, every character as sure as told, then a blank; keeps the shapes it saw."""

    def __init__(self, *answers: tuple[str, float]) -> None:
        self._answers = list(answers)
        self.widths: list[int] = []

    def run(self, blob: Blob) -> np.ndarray:
        self.widths.append(blob.shape[3])
        text, sure = self._answers.pop(0)
        output = np.zeros((1, 2 * len(text) + 1, len(CHARACTERS) + 1), np.float32)
        output[:, :, 0] = 1.0
        for index, sign in enumerate(text):
            output[0, 2 * index + 1, CHARACTERS.index(sign) + 1] = sure
            output[0, 2 * index + 1, 0] = 1 - sure
        return output


def recogniser(network: Script) -> LineRecogniser:
    return LineRecogniser(network, INPUT, folding(CHARACTERS))


def picture(height: int, width: int) -> np.ndarray:
    return np.full((height, width, 3), 200, np.uint8)


def test_a_sure_first_look_is_enough() -> None:
    network = Script(("AB-123CD", 0.99))

    reading = recogniser(network).recognise(picture(40, 180))

    assert network.widths == [160]
    assert reading.raw == "AB123CD"
    assert reading.groups == (2, 5)
    assert reading.lines == 1
    assert reading.confidence == pytest.approx(0.99**7, abs=0.01)
    assert len(reading.positions) == 7


def test_an_unsure_first_look_is_checked_by_a_wide_one() -> None:
    network = Script(("AB123C", 0.8), ("AB123CD", 0.99), ("X", 0.1), ("X", 0.1))

    reading = recogniser(network).recognise(picture(40, 180))

    assert network.widths[:2] == [160, 320]
    assert reading.raw == "AB123CD"
    assert reading.candidates[0].text == "AB123CD"
    assert 0.4 < reading.candidates[0].probability < 0.6
    assert "AB123C" in {c.text for c in reading.candidates}


@pytest.mark.parametrize(("bands", "blue"), [("painted", False), ("seen", True)])
def test_bands_are_painted_over_only_for_a_network_that_needs_it(bands: str, blue: bool) -> None:
    plate = picture(40, 180)
    plate[:, :20] = (160, 70, 20)
    seen: list[Blob] = []

    class Eye(Script):
        def run(self, blob: Blob) -> np.ndarray:
            seen.append(blob)
            return super().run(blob)

    wanted = INPUT.model_copy(update={"bands": bands})
    LineRecogniser(Eye(("AB123CD", 0.99)), wanted, folding(CHARACTERS)).recognise(plate)

    first_column = seen[0][0, :, 24, 5]  # blue, green, red, from −1 to 1
    assert bool(first_column[0] - first_column[2] > 0.5) is blue


def test_two_lines_are_read_from_above_and_joined() -> None:
    network = Script(("ZA", 0.98), ("151YM", 0.97))

    reading = recogniser(network).recognise(picture(100, 140))

    assert reading.raw == "ZA151YM"
    assert reading.lines == 2
    assert reading.groups == (2, 5)
    assert reading.candidates[0].probability == pytest.approx(0.98**2 * 0.97**5, abs=0.01)


def test_a_shape_between_is_read_both_ways_and_the_surer_counts() -> None:
    network = Script(("AB1", 0.95), ("7", 0.9), ("AB123CD", 0.99))

    reading = recogniser(network).recognise(picture(50, 100))

    assert reading.raw == "AB123CD"
    assert reading.lines == 1


def test_a_plate_still_in_doubt_is_straightened_and_the_surer_look_counts() -> None:
    doubtful = (("8AB123CD", 0.8), ("8AB123CD", 0.8))

    assert recogniser(Script(*doubtful, ("AB123CD", 0.99))).recognise(picture(40, 180)).raw == "AB123CD"
    assert recogniser(Script(*doubtful, ("AB", 0.3), ("AB", 0.3))).recognise(picture(40, 180)).raw == "8AB123CD"


@pytest.mark.parametrize(("sure", "raw"), [(0.9, "ZA151YM"), (0.8, "151YM")])
def test_one_line_of_two_is_not_the_plate_unless_the_other_was_hardly_read(sure: float, raw: str) -> None:
    upper = [("ZA", sure)] * (1 if sure**2 >= SURE else 2)
    as_it_is = [*upper, ("151YM", sure), ("151YM", sure)]
    network = Script(*as_it_is, *as_it_is, ("151YM", 0.99))

    assert recogniser(network).recognise(picture(100, 140)).raw == raw


@pytest.mark.parametrize(("upper", "raw"), [("ZA", "ZA151YM"), ("", "151YM")])
def test_where_one_of_two_lines_says_nothing_the_plate_is_set_upright(upper: str, raw: str) -> None:
    nothing = [("", 1.0), ("", 1.0)]
    first = [("ZA", 0.98)] if upper else nothing
    network = Script(*nothing, ("151YM", 0.99), *first, ("151YM", 0.97))

    assert recogniser(network).recognise(picture(100, 140)).raw == raw


def test_a_leaning_plate_of_two_lines_is_read_level() -> None:
    doubtful = [("ZA1", 0.8), ("ZA1", 0.8), ("151Y", 0.8), ("151Y", 0.8)]
    network = Script(*doubtful, ("ZA", 0.98), ("151YM", 0.97))

    assert recogniser(network).recognise(picture(100, 140)).raw == "ZA151YM"


def test_candidates_are_calibrated_and_the_claim_is_kept() -> None:
    doubting = LineRecogniser(Script(("AB-123CD", 0.99)), INPUT, folding(CHARACTERS), Calibration(doubt=0.2))

    reading = doubting.recognise(picture(40, 180))

    assert reading.confidence > 0.9
    assert reading.candidates[0].probability == pytest.approx(reading.confidence * 0.8, abs=0.01)


def test_nothing_seen_is_an_empty_reading() -> None:
    reading = recogniser(Script(("", 1.0), ("", 1.0))).recognise(picture(40, 180))

    assert reading.raw == ""
    assert reading.candidates[0].text == ""


@pytest.mark.parametrize("size", [(40, 180), (10, 300), (40, 20), (1, 1)])
def test_inputs_have_the_shapes_of_the_card(size: tuple[int, int]) -> None:
    for width in INPUT.widths:
        assert stretch(picture(*size), INPUT, width).shape == (1, 3, 48, width)
        assert fit(picture(*size), INPUT, width).shape == (1, 3, 48, width)


def test_fitting_keeps_proportions_and_pads_with_grey() -> None:
    blob = fit(picture(48, 100), INPUT, 320)

    assert np.allclose(blob[..., :100], 200 * 2 / 255 - 1, atol=1e-3)
    assert np.allclose(blob[..., 100:], 127 * 2 / 255 - 1, atol=1e-3)
