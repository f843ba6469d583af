# SPDX-License-Identifier: AGPL-3.0-or-later
"""Blue bands go, letters stay; on drawn plates, where we know which is which."""

import cv2
import numpy as np
import pytest

from anpr.capture.image_file import Image
from anpr.drawing.degrade import blocks, blur
from anpr.drawing.plate import draw_plate
from anpr.reader.recognise.bands import paint_bands


def plate(kind: str, width: int = 200, **text: str) -> Image:
    drawn = draw_plate(kind, rng=np.random.default_rng(1), **text)  # type: ignore[arg-type]
    x1, y1, x2, y2 = drawn.rect
    cut = drawn.image[y1:y2, x1:x2]
    height = round(cut.shape[0] * width / cut.shape[1])
    return np.asarray(cv2.resize(cut, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def blueness(image: Image) -> float:
    """Share of strongly blue px."""
    return float(np.mean((image[:, :, 0].astype(int) - image[:, :, 2]) > 60))


def dark(image: Image) -> np.ndarray:
    """Where letters are."""
    return np.asarray(image.max(axis=2) < 90)


@pytest.mark.parametrize("kind", ["it_car", "it_car_front", "fr_car"])
@pytest.mark.parametrize("width", [90, 200, 400])
def test_both_bands_of_a_plate_are_painted_over(kind: str, width: int) -> None:
    line = plate(kind, width, text="AB123CD")

    painted = paint_bands(line)

    assert blueness(line) > 0.08
    assert blueness(painted.image) < 0.01
    assert painted.left
    assert painted.right


@pytest.mark.parametrize("width", [90, 200, 400])
def test_the_letters_between_them_stay(width: int) -> None:
    line = plate("it_car", width, text="AB123CD")

    painted = paint_bands(line).image

    middle = slice(round(width * 0.12), round(width * 0.88))
    before, after = dark(line)[:, middle], dark(painted)[:, middle]
    assert (before & ~after).sum() <= 0.02 * before.sum()


def test_the_letters_on_the_bands_are_gone() -> None:
    line = plate("it_car", 400, text="AB123CD")

    painted = paint_bands(line).image

    ends = np.concatenate([painted[8:-8, :24], painted[8:-8, -24:]], axis=1)
    assert ends.std(axis=(0, 1)).max() < 12


def test_a_plate_without_bands_is_left_as_it_is() -> None:
    line = plate("it_car_1994")

    painted = paint_bands(line)

    assert painted.image is line
    assert not painted.left
    assert not painted.right


def test_only_the_left_band_of_a_german_plate() -> None:
    painted = paint_bands(plate("de_car"))

    assert painted.left
    assert not painted.right


def test_a_leaning_plate_loses_its_bands_too() -> None:
    line = plate("it_car", 260, text="AB123CD")
    turn = cv2.getRotationMatrix2D((130, line.shape[0] / 2), 4, 1.0)
    leaning = np.asarray(cv2.warpAffine(line, turn, (260, line.shape[0] + 10), borderValue=(70, 70, 70)), np.uint8)

    painted = paint_bands(leaning)

    assert blueness(painted.image) < 0.02
    assert painted.left
    assert painted.right


def test_letters_printed_in_blue_stay() -> None:
    line = plate("sm_car", 300)

    painted = paint_bands(line).image

    assert blueness(painted) > 0.5 * blueness(line)


@pytest.mark.parametrize("width", [90, 100, 119, 140])
def test_a_diplomatic_plate_keeps_its_blue_letters_and_loses_its_bands(width: int) -> None:
    line = blocks(blur(plate("it_diplomatic", width, text="CC813NG"), 0.8), 60)

    painted = paint_bands(line)

    letters = slice(round(width * 0.12), round(width * 0.35))
    assert painted.left
    assert painted.right
    assert np.abs(painted.image[:, letters].astype(int) - line[:, letters]).mean() < 1


@pytest.mark.parametrize("side", ["above", "below"])
def test_a_blue_edge_above_or_below_the_letters_is_no_band(side: str) -> None:
    line = plate("it_car_1994", 200, text="AB123CD")
    rows = slice(0, 10) if side == "above" else slice(-10, None)
    line[rows, :50] = line[rows, 150:] = (158, 66, 12)

    painted = paint_bands(line)

    assert not painted.left
    assert not painted.right
    assert (painted.image[12:-12] == line[12:-12]).all()


def test_a_plate_that_is_blue_all_over_is_left_as_it_is() -> None:
    line = np.full((48, 200, 3), (160, 70, 20), np.uint8)
    cv2.putText(line, "AH3233", (20, 38), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (255, 255, 255), 3)

    assert paint_bands(line).image is line


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (200, 3), (9, 28)])
def test_tiny_pictures_do_no_harm(size: tuple[int, int]) -> None:
    for seed in range(5):
        line = np.random.default_rng(seed).integers(0, 256, (*size, 3), dtype=np.uint8)
        assert paint_bands(line).image.shape == line.shape
        paint_bands(np.full((*size, 3), (160, 70, 20), np.uint8))
