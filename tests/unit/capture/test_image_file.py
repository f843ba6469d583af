# SPDX-License-Identifier: AGPL-3.0-or-later
"""A picture is read whole, or an error names the file."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from anpr.capture.image_file import is_image, is_truncated, read_image
from anpr.domain.errors import MediaError


def noise() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 256, (48, 64, 3), dtype=np.uint8)


def encoded(suffix: str) -> bytes:
    return bytes(cv2.imencode(suffix, noise())[1].tobytes())


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tiff", ".webp", ".jpg"])
def test_reads_what_was_written(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"picture{suffix}"
    path.write_bytes(encoded(suffix))

    image = read_image(path)

    assert image.shape == (48, 64, 3)
    assert image.dtype == np.uint8
    if suffix in {".png", ".bmp", ".tiff"}:
        assert np.array_equal(image, noise())


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "the file is empty"),
        (b"not a picture at all\n", "not a picture, or damaged"),
        (b"\xff\xd8\xff", "truncated"),
    ],
)
def test_what_is_no_picture_is_named(tmp_path: Path, content: bytes, complaint: str) -> None:
    path = tmp_path / "bad.jpg"
    path.write_bytes(content)

    with pytest.raises(MediaError, match=complaint) as raised:
        read_image(path)

    assert str(path) in str(raised.value)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("part", [0.3, 0.6, 0.95])
def test_truncated_is_an_error_and_not_a_grey_area(tmp_path: Path, suffix: str, part: float) -> None:
    data = encoded(suffix)
    path = tmp_path / f"cut{suffix}"
    path.write_bytes(data[: int(len(data) * part)])

    with pytest.raises(MediaError, match="truncated"):
        read_image(path)


def test_missing_file_and_folder_are_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.jpg", tmp_path):
        with pytest.raises(MediaError, match=str(path)):
            read_image(path)


def test_a_thumbnail_inside_is_not_the_end_of_the_picture() -> None:
    """Cameras put a small JPEG, with an end marker of its own, into an APP1 segment."""
    whole, thumbnail = encoded(".jpg"), encoded(".jpg")[:600] + b"\xff\xd9"
    segment = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    carrying = whole[:2] + segment + whole[2:]

    assert not is_truncated(carrying)
    assert is_truncated(carrying[: len(carrying) - 400])


def test_a_video_appended_to_a_picture_does_not_make_it_truncated() -> None:
    assert not is_truncated(encoded(".jpg") + b"\xff\xda" + bytes(500))


def test_names_of_pictures() -> None:
    assert is_image(Path("a.JPG"))
    assert not is_image(Path("a.mp4"))
    assert not is_image(Path("a.txt"))


def test_a_header_that_claims_a_gigapixel_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    """675 bytes of such a JPEG took OpenCV 36 s and 6 GB."""
    data = bytearray(encoded(".jpg"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = (30_000).to_bytes(2, "big") + (34_464).to_bytes(2, "big")
    path = tmp_path / "bomb.jpg"
    path.write_bytes(data)

    with pytest.raises(MediaError, match=r"bomb\.jpg: the picture has 34464 x 30000 px, more than 120 million"):
        read_image(path)
