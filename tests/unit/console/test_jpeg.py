"""The size in a JPEG's header."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.console.jpeg import jpeg_size


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
