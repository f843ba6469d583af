# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cut-out plates in a plain margin."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from scripts.training.detector.compose import Sources
from scripts.training.detector.framed import framed_plate

STREET, PLATE = 90, 250


def sources(tmp_path: Path, width: int) -> Sources:
    """One grey image of 320 × 192 px with a white plate of this width."""
    image = np.full((192, 320, 3), STREET, np.uint8)
    image[100:120, 60 : 60 + width] = PLATE
    picture = tmp_path / "one.png"
    cv2.imwrite(str(picture), image)
    row = f"0 {(60 + width / 2) / 320} {110 / 192} {width / 320} {20 / 192}\n"
    (tmp_path / "one.txt").write_text(row, encoding="ascii")
    return Sources(with_plates=(picture,), without_plates=(), labels=tmp_path)


@pytest.mark.parametrize("seed", range(8))
def test_the_box_is_the_plate_and_the_margin_is_plain(tmp_path: Path, seed: int) -> None:
    scene = framed_plate(sources(tmp_path, 100), np.random.default_rng(seed))

    ((x1, y1, x2, y2),) = scene.boxes
    assert (x2 - x1, y2 - y1) == pytest.approx((100, 20), abs=0.01)
    assert (scene.image[round(y1) : round(y2), round(x1) : round(x2)] == PLATE).all()
    height, width = scene.image.shape[:2]
    assert width > x2 + 50
    assert x1 > 50
    edge = int(scene.image[0, 0, 0])
    assert (scene.image[: height // 4] == edge).all()
    assert (scene.image[:, :40] == edge).all()


def test_where_no_plate_is_large_enough_a_street_is_drawn(tmp_path: Path) -> None:
    scene = framed_plate(sources(tmp_path, 40), np.random.default_rng(3))
    assert scene.image.shape[1] > 320
