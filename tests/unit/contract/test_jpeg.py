# SPDX-License-Identifier: AGPL-3.0-or-later
"""JPEG by its markers."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.contract.jpeg import jpeg_fault, jpeg_size


@pytest.mark.parametrize("options", [[], [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]])
@pytest.mark.parametrize("size", [(1, 1), (640, 360), (1921, 1083)])
def test_it_is_what_was_encoded(size: tuple[int, int], options: list[int]) -> None:
    data = cv2.imencode(".jpg", np.zeros((size[1], size[0], 3), np.uint8), options)[1].tobytes()
    assert jpeg_size(data) == size


def test_a_comment_that_looks_like_a_frame_header_is_passed_over() -> None:
    data = cv2.imencode(".jpg", np.zeros((20, 30, 3), np.uint8))[1].tobytes()
    trap = b"\xff\xc0\x00\x11\x08\x03\xe7\x03\xe7"
    comment = b"\xff\xfe" + (len(trap) + 2).to_bytes(2) + trap
    assert jpeg_size(data[:2] + comment + data[2:]) == (30, 20)


@given(st.binary(max_size=200))
def test_whatever_comes_it_answers(data: bytes) -> None:
    for start in (b"", b"\xff\xd8", b"\xff\xd8\xff"):
        size = jpeg_size(start + data)
        assert size is None or all(0 < px < 65536 for px in size)


def encoded(width: int = 64, height: int = 48, *options: int) -> bytes:
    pixels = np.random.default_rng(3).integers(0, 255, (height, width, 3), np.uint8)
    return cv2.imencode(".jpg", pixels, list(options))[1].tobytes()


@pytest.mark.parametrize(
    "options",
    [
        (),
        (cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
        (cv2.IMWRITE_JPEG_RST_INTERVAL, 1),
        (cv2.IMWRITE_JPEG_OPTIMIZE, 1, cv2.IMWRITE_JPEG_QUALITY, 100),
    ],
)
def test_what_is_encoded_is_whole(options: tuple[int, ...]) -> None:
    assert jpeg_fault(encoded(64, 48, *options)) is None


def test_a_thumbnail_within_is_not_the_end() -> None:
    thumbnail = encoded(8, 8)
    comment = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2) + thumbnail
    data = encoded()
    assert jpeg_fault(data[:2] + comment + data[2:]) is None


@pytest.mark.parametrize("options", [(), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1)])
def test_whatever_is_cut_off_is_not_whole(options: tuple[int, ...]) -> None:
    data = encoded(64, 48, *options)
    assert [length for length in range(len(data)) if jpeg_fault(data[:length]) is None] == []


@pytest.mark.parametrize("behind", [b"\n", b"<script>alert(1)</script>", b"PK\x03\x04", b"\xff\xd9"])
def test_nothing_may_lie_behind_the_end(behind: bytes) -> None:
    assert jpeg_fault(encoded() + behind) == f"{len(behind)} bytes behind the end of the JPEG"


START = b"\xff\xd8"
FRAME = bytes.fromhex("ffc0000b080010001001010000")
SCAN = bytes.fromhex("ffda0008010100003f00") + b"pixels"
END = b"\xff\xd9"


def test_the_parts_that_follow_make_a_picture() -> None:
    assert jpeg_fault(START + FRAME + SCAN + END) is None


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "no JPEG"),
        (b"GIF89a", "no JPEG"),
        (START + END, "no compressed data"),
        (START + FRAME + END, "no compressed data"),
        (START + SCAN + END, "before the frame"),
        (START + FRAME + FRAME + SCAN + END, "too many"),
        (START + b"\xff\xc0\x00\x04\x08\x00" + SCAN + END, "how large"),
        (START + FRAME.replace(b"\x00\x10\x00\x10", b"\x00\x00\x00\x10") + SCAN + END, "how large"),
        (START + FRAME + SCAN * 100 + END, "too many"),
        (START + b"\xff\xfe\x00\x02" * 2_000 + FRAME + SCAN + END, "too many"),
        (START + b"\xff\xfe\x00\x01" + FRAME + SCAN + END, "without a length"),
        (START + b"\xff\xfe\xff\xff" + FRAME + SCAN + END, "cut off"),
        (START + b"no marker" + FRAME + SCAN + END, "marker is missing"),
        (START + b"\xff" * 50, "cut off"),
    ],
)
def test_what_is_wrong_is_named(data: bytes, fault: str) -> None:
    assert fault in str(jpeg_fault(data))


@given(st.binary(max_size=200))
def test_whatever_comes_it_is_judged(data: bytes) -> None:
    for start in (b"", START, START + FRAME, START + FRAME + SCAN):
        fault = jpeg_fault(start + data)
        assert fault is None or fault
