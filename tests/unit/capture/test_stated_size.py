# SPDX-License-Identifier: AGPL-3.0-or-later
"""The size a picture says it has, against what OpenCV makes of it."""

import struct

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.capture.stated_size import stated_size

FORMATS = (".jpg", ".png", ".bmp", ".webp", ".tiff")


def written(suffix: str, width: int, height: int, *options: int) -> bytes:
    image = np.random.default_rng(1).integers(0, 255, (height, width, 3), np.uint8)
    return cv2.imencode(suffix, image, list(options))[1].tobytes()


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("size", [(1, 1), (3, 7), (640, 480), (1, 5000), (5000, 1)])
def test_the_size_of_every_format(suffix: str, size: tuple[int, int]) -> None:
    assert stated_size(written(suffix, *size)) == size


@pytest.mark.parametrize("quality", [50, 101])
def test_webp_with_and_without_loss(quality: int) -> None:
    assert stated_size(written(".webp", 333, 222, cv2.IMWRITE_WEBP_QUALITY, quality)) == (333, 222)


def test_a_progressive_jpeg() -> None:
    assert stated_size(written(".jpg", 333, 222, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)) == (333, 222)


def test_a_thumbnail_inside_a_segment_is_not_the_picture() -> None:
    outer, thumbnail = written(".jpg", 640, 480), written(".jpg", 16, 12)
    segment = b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 2) + thumbnail
    assert stated_size(outer[:2] + segment + outer[2:]) == (640, 480)


def test_extended_webp() -> None:
    head = (
        b"RIFF\0\0\0\0WEBPVP8X" + struct.pack("<II", 10, 0) + (699).to_bytes(3, "little") + (41).to_bytes(3, "little")
    )
    assert stated_size(head) == (700, 42)


def test_big_endian_tiff_with_short_sides() -> None:
    entries = struct.pack(">HHIHH", 256, 3, 1, 321, 0) + struct.pack(">HHIHH", 257, 3, 1, 123, 0)
    assert stated_size(b"MM\0*" + struct.pack(">I", 8) + struct.pack(">H", 2) + entries) == (321, 123)


@pytest.mark.parametrize(
    "data", [b"", b"hello", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"BM", b"RIFF", b"II*\0\xff\xff\xff\xff"]
)
def test_what_has_none(data: bytes) -> None:
    assert stated_size(data) is None


@given(suffix=st.sampled_from(FORMATS), cut=st.integers(0, 400), noise=st.binary(max_size=60))
def test_damage_never_throws(suffix: str, cut: int, noise: bytes) -> None:
    data = written(suffix, 64, 48)
    size = stated_size(data[:cut] + noise + data[cut + len(noise) :])
    assert size is None or min(size) > 0
