# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a camera does: each step does what it says, and the same seed the same thing."""

import numpy as np
import pytest

from anpr.drawing import Damage, degrade, draw_plate
from anpr.drawing.degrade import Image, blocks, blur, coarse, gamma, glare, infrared, motion_blur, night, noise, shadow


@pytest.fixture
def plate() -> Image:
    return draw_plate("it_car", text="AB123CD", rng=np.random.default_rng(0)).image


def sharpness(image: Image, axis: int) -> float:
    return float((np.diff(image.astype(float), axis=axis) ** 2).mean())


def test_same_seed_same_pixels(plate: Image) -> None:
    for seed in range(10):
        one = degrade(plate, np.random.default_rng(seed))
        assert np.array_equal(one, degrade(plate, np.random.default_rng(seed)))
        assert one.shape == plate.shape
        assert one.dtype == np.uint8


def test_no_damage_changes_nothing(plate: Image) -> None:
    none = Damage(
        blur=0, motion=0, night=0, infrared=0, glare=0, shadow=0, noise=0, coarse=0, blocks=0
    )  # fmt: skip
    assert np.array_equal(degrade(plate, np.random.default_rng(0), none), plate)


def test_input_is_left_alone(plate: Image) -> None:
    before = plate.copy()
    for seed in range(10):
        degrade(plate, np.random.default_rng(seed))
    assert np.array_equal(plate, before)


def test_horizontal_motion_blurs_along_only() -> None:
    edges = np.full((60, 60, 3), 40, np.uint8)
    edges[20:40, 20:40] = 220
    moved = motion_blur(edges, 9, 0)
    assert moved[25, 14:26, 0].tolist() == sorted(moved[25, 14:26, 0].tolist())
    assert 60 < moved[30, 20, 0] < 200  # the side is smeared
    assert (moved[15:25, 30, 0] == edges[15:25, 30, 0]).all()  # the top is not


def test_blur_and_coarse_lose_detail(plate: Image) -> None:
    assert sharpness(blur(plate, 2), 1) < sharpness(plate, 1)
    assert sharpness(coarse(plate, 0.3), 1) < sharpness(plate, 1)


def test_light(plate: Image) -> None:
    assert night(plate, 0.3).mean() < plate.mean() * 0.5
    assert glare(plate, 1.6).mean() > plate.mean()
    grey = infrared(plate, 0.5)
    assert np.array_equal(grey[..., 0], grey[..., 2])


def test_shadow_darkens_a_part(plate: Image) -> None:
    shaded = shadow(plate, np.random.default_rng(3))
    share = float(np.mean(np.any(shaded < plate, axis=2)))
    assert 0.05 < share < 0.95
    assert (shaded <= plate).all()


def test_noise_and_blocks_keep_the_mean(plate: Image) -> None:
    rng = np.random.default_rng(1)
    grey = np.full((60, 60, 3), 120, np.uint8)
    assert noise(grey, 10, rng).mean() == pytest.approx(120, abs=1)
    assert noise(grey, 10, rng).std() == pytest.approx(10, abs=1)
    assert blocks(plate, 20).mean() == pytest.approx(plate.mean(), abs=4)


def test_a_curve_keeps_black_and_white_and_moves_what_is_between() -> None:
    tones = np.array([[[0] * 3, [128] * 3, [255] * 3]], np.uint8)
    assert gamma(tones, 1.0).tolist() == tones.tolist()
    dark, bright = gamma(tones, 2.2)[0, :, 0], gamma(tones, 0.45)[0, :, 0]
    assert (dark[0], dark[2], bright[0], bright[2]) == (0, 255, 0, 255)
    assert dark[1] < 128 < bright[1]
