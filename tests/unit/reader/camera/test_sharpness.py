# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sharpness and light of drawn and of real images."""

from pathlib import Path

import av
import numpy as np
import pytest

from anpr.capture.decode import to_image
from anpr.capture.image_file import Image
from anpr.domain.camera_view import SOFT
from anpr.reader.camera.sharpness import measure_quality
from tests.unit.reader.camera.view_scenes import blurred, dimmed, headlights, labelled, lorry, street

CLIPS = ("fr_paris_1920x1080_30fps.mp4", "uk_LS15EBC_1280x720_30fps.mp4", "vn_tollgate_1280x720.mp4")


def sharpness(image: Image) -> float:
    found = measure_quality(image).sharpness
    assert found is not None
    return found


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080), (640, 480), (320, 180), (65, 33), (8, 8)])
def test_more_blur_is_less_sharp_at_every_size(size: tuple[int, int]) -> None:
    image = street(3, *size)
    if min(size) < 100:
        assert measure_quality(image).bright >= measure_quality(image).middle
        return
    steps = [sharpness(image), *(sharpness(blurred(image, sigma)) for sigma in (1, 2, 4))]
    assert steps == sorted(steps, reverse=True)
    assert steps[2] < 0.1 * steps[0]


def test_light_and_haze_change_little_of_it() -> None:
    image = street(1)
    hazy = (image * 0.35 + 110).astype(np.uint8)
    assert 0.5 < sharpness(hazy) / sharpness(image) < 2
    assert 0.5 < sharpness((image * 0.3).astype(np.uint8)) / sharpness(image) < 2


@pytest.mark.slow
def test_a_lorry_or_headlights_leave_most_of_it() -> None:
    image = street(1)
    assert sharpness(lorry(image, 0.5)) > 0.3 * sharpness(image)
    assert sharpness(headlights(image)) > 0.3 * sharpness(image)


def test_what_is_written_into_the_picture_stays_sharp_and_tells_nothing() -> None:
    image = street(1)
    written = labelled(image)
    assert 0.5 < sharpness(written) / sharpness(image) < 2
    assert sharpness(labelled(blurred(image, 2))) < 0.1 * sharpness(written)
    assert measure_quality(labelled(np.full((720, 1280, 3), 140, np.uint8))).sharpness is None


def test_a_picture_of_nothing_has_no_sharpness() -> None:
    assert measure_quality(np.full((720, 1280, 3), 140, np.uint8)).sharpness is None


def test_levels_are_those_of_the_picture() -> None:
    image = np.zeros((720, 1280, 3), np.uint8)
    image[:, :960] = 40
    image[:72] = 250
    look = measure_quality(image)
    assert (look.middle, look.bright) == (40, 250)
    assert measure_quality(dimmed(street(), 0.05)).bright < 16


def real_frames(path: Path) -> list[Image]:
    """One each half a second of the first four."""
    with av.open(str(path)) as container:
        rate = float(container.streams.video[0].average_rate or 30)
        frames = []
        for number, picture in enumerate(container.decode(video=0)):
            if number % round(rate / 2) == 0:
                frames.append(to_image(picture))
            if len(frames) == 8:
                break
    return frames


@pytest.mark.slow
@pytest.mark.parametrize("name", CLIPS)
def test_real_streets_are_far_from_their_blurred_selves(shared_data: Path, name: str) -> None:
    path = shared_data / "video" / name
    if not path.is_file():
        pytest.skip(f"{name} is not in ../shared/data/video")
    frames = real_frames(path)
    sharp = [sharpness(image) for image in frames]
    assert min(sharp) > 0.3 * max(sharp), "traffic moves it little"
    assert min(sharp) > 10 * SOFT
    usual = float(np.median(sharp))
    assert max(sharpness(blurred(image, 2)) for image in frames[:2]) < 0.1 * usual
    assert max(sharpness(blurred(image, 4)) for image in frames[:2]) < min(SOFT, 0.05 * usual)
    assert max(measure_quality(dimmed(image, 0.04)).bright for image in frames[:2]) < 32
    assert min(measure_quality(image).bright for image in frames) > 64
