# SPDX-License-Identifier: AGPL-3.0-or-later
"""The detector's figures: pure functions on made-up boxes."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from scripts.training.detector.score import Boxes, Picture, average_precision, figures, match, overlaps, with_labels


def boxes(*rows: tuple[float, ...]) -> Boxes:
    return np.array(rows, np.float32)


def picture(predicted: Boxes, truth: Boxes, scale: float = 1.0) -> Picture:
    return Picture(predicted=predicted.reshape(-1, 5), truth=truth.reshape(-1, 4), scale=scale)


def test_overlaps() -> None:
    table = overlaps(boxes((0, 0, 10, 10)), boxes((0, 0, 10, 10), (5, 0, 15, 10), (20, 20, 30, 30)))
    assert table[0].tolist() == pytest.approx([1, 1 / 3, 0])


def test_a_plate_is_hit_once_by_the_best_box() -> None:
    hit, found = match(picture(boxes((0, 0, 10, 10, 0.6), (0, 0, 10, 9, 0.9)), boxes((0, 0, 10, 10))))
    assert hit.tolist() == [False, True]
    assert found.tolist() == pytest.approx([0.9])


def test_perfect_and_missing_predictions() -> None:
    truth = boxes((0, 0, 50, 10), (60, 0, 90, 10))
    sure = np.concatenate([truth, np.full((2, 1), 0.8, np.float32)], axis=1)
    perfect = figures([picture(sure, truth)])
    assert perfect["map50"] == 1.0
    assert perfect["at_score"]["0.25"] == {"recall": 1.0, "precision": 1.0}
    nothing = figures([picture(np.zeros((0, 5), np.float32), truth)])
    assert nothing["map50"] == 0.0
    assert nothing["at_score"]["0.25"] == {"recall": 0.0, "precision": 0.0}


def test_picture_without_plates_costs_precision_only() -> None:
    truth = boxes((0, 0, 50, 10))
    right = picture(boxes((0, 0, 50, 10, 0.9)), truth)
    false = picture(boxes((5, 5, 20, 10, 0.5)), np.zeros((0, 4), np.float32))
    made = figures([right, false])
    assert made["n_images"] == 2
    assert made["n_plates"] == 1
    assert made["at_score"]["0.25"] == {"recall": 1.0, "precision": 0.5}
    assert made["map50"] == 1.0  # the false box scores below the true one


def test_false_box_before_the_true_one_halves_the_precision() -> None:
    value = average_precision(np.array([0.9, 0.8], np.float32), np.array([False, True]), 1)
    assert value == pytest.approx(0.5)


def test_width_is_that_in_the_network_input() -> None:
    truth = boxes((0, 0, 100, 20))
    made = figures([picture(boxes((0, 0, 100, 20, 0.9), (0, 50, 300, 90, 0.3), (0, 0, 9, 9, 0.2)), truth, scale=0.3)])
    assert made["by_input_width_px"] == {
        "24-40": {"plates": 1, "recall": 1.0, "boxes": 1, "precision": 1.0},
        "64-100": {"plates": 0, "recall": 0.0, "boxes": 1, "precision": 0.0},
    }


def test_what_was_found_can_be_held_against_other_labels(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((50, 100, 3), np.uint8))
    (tmp_path / "a.txt").write_text("0 0.25 0.1 0.5 0.2", encoding="ascii")
    seen = picture(boxes((0, 0, 50, 10, 0.9)), np.zeros((0, 4), np.float32))

    (mended,) = with_labels([seen], [tmp_path / "a.png"], tmp_path)

    assert figures([seen])["at_score"]["0.25"]["precision"] == 0.0
    assert figures([mended])["at_score"]["0.25"] == {"recall": 1.0, "precision": 1.0}
