# SPDX-License-Identifier: AGPL-3.0-or-later
"""Flat pieces laid into a picture."""

import numpy as np
import pytest

from anpr.demo.scene.face import Face, Image, Texture, lay
from anpr.demo.scene.view import View

VIEW = View(width=200, height=100, focal_px=100, x=0, y=1, yaw_deg=0, pitch_deg=0)


def square(z: float, colour: tuple[int, int, int] = (255, 255, 255), *, turned: bool = False) -> Face:
    corners = [(-0.5, 1.5, z), (0.5, 1.5, z), (0.5, 0.5, z), (-0.5, 0.5, z)]
    texture = Texture.of(np.full((64, 64, 3), colour, np.uint8))
    return Face(np.array(corners[::-1] if turned else corners), texture)


def black() -> Image:
    return np.zeros((100, 200, 3), np.uint8)


def test_a_square_covers_what_it_should() -> None:
    frame = black()
    lay(frame, square(2.0), VIEW)  # 1 m at 2 m with 100 px of focal length: 50 px
    assert int(np.count_nonzero(frame[:, :, 0] > 127)) == pytest.approx(50 * 50, rel=0.06)
    assert frame[50, 100].tolist() == [255, 255, 255]


def test_its_back_is_not_drawn() -> None:
    frame = black()
    lay(frame, square(2.0, turned=True), VIEW)
    assert not frame.any()


@pytest.mark.parametrize("z", [-3.0, 0.1])
def test_what_is_behind_the_camera_is_not_drawn(z: float) -> None:
    frame = black()
    lay(frame, square(z), VIEW)
    assert not frame.any()


def test_a_road_that_starts_behind_the_camera_is_drawn_as_far_as_it_is_seen() -> None:
    frame = black()
    corners = np.array([(-1.0, 0.0, 20.0), (1.0, 0.0, 20.0), (1.0, 0.0, -5.0), (-1.0, 0.0, -5.0)])
    lay(frame, Face(corners, Texture.of(np.full((64, 64, 3), 200, np.uint8)), two_sided=True), VIEW)
    assert frame[99, 100, 0] > 190, "right before the camera"
    assert frame[60, 100, 0] > 190, "far away"
    assert frame[40, 100, 0] == 0, "above the horizon"


def test_a_clear_texture_lets_through_what_is_behind() -> None:
    frame = np.full((100, 200, 3), 80, np.uint8)
    texture = Texture.of(np.full((64, 64, 3), 255, np.uint8), np.zeros((64, 64), np.float32))
    lay(frame, Face(square(2.0).corners, texture), VIEW)
    assert (frame == 80).all()


def test_a_far_texture_is_taken_small() -> None:
    texture = Texture.of(np.zeros((512, 512, 3), np.uint8))
    assert texture.at(500)[1].shape == (512, 512)
    assert texture.at(40)[1].shape == (64, 64)
