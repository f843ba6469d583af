# SPDX-License-Identifier: AGPL-3.0-or-later
"""Whether anything moved."""

import av
import numpy as np
import pytest

from anpr.capture.decode import to_luma
from anpr.capture.frame import Frame
from anpr.capture.image_file import Image
from anpr.domain.area import Polygon
from anpr.reader.camera.motion_gate import MotionGate
from tests.unit.reader.assemble.scenes import START, frame

ROAD = np.random.default_rng(3).integers(60, 120, (720, 1280, 3)).astype(np.uint8)


def shown(at_s: float, image: Image = ROAD) -> Frame:
    return frame(at_s, image=image)


def test_a_picture_that_stays_the_same_is_still_for_a_while() -> None:
    gate = MotionGate(0.5)
    assert not gate.is_still(shown(0))
    assert gate.is_still(shown(0.1))
    assert gate.is_still(shown(0.4))
    assert not gate.is_still(shown(0.51)), "looked at all the same"
    assert gate.is_still(shown(0.6))


def test_noise_does_not_count() -> None:
    gate = MotionGate(0.5)
    assert not gate.is_still(shown(0))
    noise = np.random.default_rng(4).integers(-6, 7, ROAD.shape)
    assert gate.is_still(shown(0.1, (ROAD + noise).astype(np.uint8)))


@pytest.mark.parametrize("x", [0, 637, 1248])
def test_the_smallest_readable_plate_is_noticed(x: int) -> None:
    gate = MotionGate(0.5)
    assert not gate.is_still(shown(0))
    with_plate = ROAD.copy()
    with_plate[400:416, x : x + 32] = 230
    assert not gate.is_still(shown(0.1, with_plate))


def test_what_creeps_is_noticed() -> None:
    """Each step is below the threshold; against the frame looked at last it adds up."""
    gate = MotionGate(100)
    assert not gate.is_still(shown(0))
    looked = [gate.is_still(shown(0.1 * step, ROAD + np.uint8(4 * step))) for step in range(1, 6)]
    assert looked[0]
    assert not all(looked)


def test_a_clock_under_a_mask_does_not_count_and_what_moves_beside_it_does() -> None:
    corner = Polygon(((0.0, 0.0), (0.25, 0.0), (0.25, 0.1), (0.0, 0.1)))
    gate = MotionGate(0.5, [corner])
    assert not gate.is_still(shown(0))
    clock = ROAD.copy()
    clock[10:60, 20:300] = 255
    assert gate.is_still(shown(0.1, clock))
    clock[300:316, 600:632] = 230
    assert not gate.is_still(shown(0.2, clock))
    small = ROAD[:480, :640].copy()
    assert not gate.is_still(shown(0.3, small))
    small[5:40, 10:150] = 255
    assert gate.is_still(shown(0.4, small)), "the mask goes with the picture's size"


def test_another_size_or_a_stream_that_starts_again_is_looked_at() -> None:
    gate = MotionGate(0.5)
    assert not gate.is_still(shown(10))
    assert not gate.is_still(shown(10.1, ROAD[:480, :640].copy()))
    assert not gate.is_still(shown(0.1, ROAD[:480, :640].copy()))


def test_a_still_frame_never_makes_its_pixels() -> None:
    def pixels() -> Image:
        raise AssertionError("nobody needs them")

    gate = MotionGate(0.5)
    assert not gate.is_still(shown(0))
    luma = np.ascontiguousarray(ROAD[::8, ::8, 1])
    still = Frame(camera_id="cam-1", image=pixels, captured_at=START, index=1, at_s=0.1, luma=lambda: luma)

    assert gate.is_still(still)


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuvj420p", "nv12", "yuv422p"])
def test_luma_is_taken_from_the_decoders_memory(pixel_format: str) -> None:
    grey = np.repeat(np.linspace(40, 200, 354, dtype=np.uint8)[None, :, None], 90, axis=0).repeat(3, axis=2)
    picture = av.VideoFrame.from_ndarray(grey, format="bgr24").reformat(format=pixel_format)

    luma = to_luma(picture)

    assert luma is not None
    assert luma.shape == (12, 45)  # every 8th of 90 x 354: rows end before the padding of the decoder's memory
    assert np.all(np.diff(luma[0].astype(int)) > 0)


def test_formats_without_a_plane_of_brightness_give_none() -> None:
    assert to_luma(av.VideoFrame(64, 32, "bgr24")) is None
