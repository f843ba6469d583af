# SPDX-License-Identifier: AGPL-3.0-or-later
"""Raw network output to boxes."""

import numpy as np
import pytest

from anpr.domain.errors import ModelError
from anpr.reader.detect.decode import decode, overlaps, suppress


def raw(*rows: tuple[float, ...]) -> np.ndarray:
    """Rows of cx cy w h score … as the network gives them: (1, 4 + classes, n)."""
    return np.array(rows, np.float32).T[None]


def test_boxes_come_as_corners_best_first() -> None:
    boxes, scores = decode(raw((50, 20, 40, 10, 0.5), (200, 100, 60, 20, 0.9)), least_score=0.1)

    assert boxes.tolist() == [[170, 90, 230, 110], [30, 15, 70, 25]]
    assert scores.tolist() == pytest.approx([0.9, 0.5])


def test_scores_below_the_least_are_left_out() -> None:
    boxes, scores = decode(raw((50, 20, 40, 10, 0.09), (200, 100, 60, 20, 0.1001)), least_score=0.1)

    assert len(boxes) == len(scores) == 1


def test_of_boxes_on_the_same_plate_the_best_stays() -> None:
    boxes, scores = decode(raw((50, 20, 40, 10, 0.6), (51, 20, 40, 10, 0.8), (52, 20, 40, 10, 0.7)), least_score=0.1)

    assert boxes.tolist() == [[31, 15, 71, 25]]
    assert scores.tolist() == pytest.approx([0.8])


def test_the_best_class_counts() -> None:
    _, scores = decode(raw((50, 20, 40, 10, 0.2, 0.7)), least_score=0.5)

    assert scores.tolist() == pytest.approx([0.7])


def test_nothing_found_is_empty() -> None:
    boxes, scores = decode(np.zeros((1, 5, 100), np.float32), least_score=0.1)

    assert boxes.shape == (0, 4)
    assert scores.shape == (0,)


@pytest.mark.parametrize("shape", [(5, 10), (2, 5, 10), (1, 4, 10)])
def test_another_shape_is_an_error(shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="a detector gives"):
        decode(np.zeros(shape, np.float32), least_score=0.1)


def test_suppression_agrees_with_its_definition() -> None:
    rng = np.random.default_rng(5)
    corner = rng.uniform(0, 100, (60, 2))
    boxes = np.concatenate([corner, corner + rng.uniform(5, 40, (60, 2))], axis=1).astype(np.float32)

    kept = suppress(boxes, 0.5)

    for index in range(60):
        overlapped = any(float(overlaps(boxes[k], boxes[index : index + 1])[0]) > 0.5 for k in kept if k < index)
        assert (index in kept) == (not overlapped)


def test_overlap_of_a_box_with_itself_with_half_and_with_nothing() -> None:
    box = np.array([0, 0, 10, 10], np.float32)

    shares = overlaps(box, np.array([[0, 0, 10, 10], [0, 0, 10, 5], [20, 20, 30, 30]], np.float32))

    assert shares.tolist() == pytest.approx([1, 0.5, 0])
