# SPDX-License-Identifier: AGPL-3.0-or-later
"""Damage inside a picture is an error that names the file, where OpenCV would conceal it."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from anpr.capture.image_damage import damage_of
from anpr.capture.image_file import read_image
from anpr.domain.errors import MediaError
from tests.support.streets import write_street

Damage = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> np.ndarray:
    """With grain, as a camera gives it: a flat picture has hardly any coded data to damage."""
    image = read_image(write_street(tmp_path_factory.mktemp("street") / "street.png", "GB456MN").path)
    grain = np.random.default_rng(5).normal(0, 12, image.shape)
    return np.clip(image + grain, 0, 255).astype(np.uint8)


def encoded(image: np.ndarray, suffix: str, *options: int) -> bytes:
    return bytes(cv2.imencode(suffix, image, list(options))[1].tobytes())


def coded_part(data: bytes) -> int:
    """Where a JPEG's coded data begin."""
    return data.index(b"\xff\xda") + 20


def without_a_part(data: bytes) -> bytes:
    middle = (coded_part(data) + len(data)) // 2
    return data[:middle] + data[middle + 4096 :]


def cut_and_ended(data: bytes) -> bytes:
    return data[: coded_part(data) + len(data) // 3] + b"\xff\xd9"


def with_zeros(data: bytes) -> bytes:
    """As after a sector of the disk was lost."""
    middle = (coded_part(data) + len(data)) // 2
    return data[:middle] + bytes(4096) + data[middle + 4096 :]


@pytest.mark.parametrize("damage", [without_a_part, cut_and_ended, with_zeros])
@pytest.mark.parametrize("progressive", [0, 1])
def test_a_damaged_jpeg_is_named_and_no_library_speaks(
    damage: Damage, progressive: int, street: np.ndarray, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "scene.jpg"
    path.write_bytes(damage(encoded(street, ".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, progressive)))

    with pytest.raises(MediaError, match=r"scene\.jpg: the picture is damaged: "):
        read_image(path)

    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("part", [0.3, 0.5, 0.9])
def test_a_changed_byte_of_a_png_is_noticed_by_its_checksum(
    part: float, street: np.ndarray, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    data = bytearray(encoded(street, ".png"))
    data[int(len(data) * part)] ^= 0x40
    path = tmp_path / "scene.png"
    path.write_bytes(data)

    with pytest.raises(MediaError, match=r"scene\.png: the picture is damaged: the checksum of its part IDAT is wrong"):
        read_image(path)

    assert capfd.readouterr().err == ""


def test_a_webp_that_lost_its_end_is_truncated(street: np.ndarray, tmp_path: Path) -> None:
    data = encoded(street, ".webp")
    path = tmp_path / "scene.webp"
    path.write_bytes(data[: len(data) * 2 // 3])

    with pytest.raises(MediaError, match=r"scene\.webp: the picture is truncated"):
        read_image(path)


@pytest.mark.parametrize("suffix", [".tiff", ".bmp"])
def test_a_tiff_or_bmp_without_a_part_is_named(suffix: str, street: np.ndarray, tmp_path: Path) -> None:
    data = encoded(street, suffix)
    path = tmp_path / f"scene{suffix}"
    path.write_bytes(data[: len(data) // 2] + data[len(data) // 2 + 4096 :])

    with pytest.raises(MediaError, match=rf"scene\{suffix}: "):
        read_image(path)


@pytest.mark.parametrize("options", [(), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1), (cv2.IMWRITE_JPEG_RST_INTERVAL, 8)])
def test_a_sound_jpeg_of_each_kind_has_no_damage(options: tuple[int, ...], street: np.ndarray) -> None:
    for image in (street, street[:, :, 0]):
        assert damage_of(encoded(image, ".jpg", *options)) is None
        assert damage_of(encoded(image, ".jpg", *options) + b"the film that some telephones append") is None


def test_a_part_of_a_png_that_the_picture_does_not_need_may_be_damaged(street: np.ndarray) -> None:
    data = encoded(street, ".png")
    comment = (4).to_bytes(4) + b"tEXt" + b"a\0bc" + b"\0\0\0\0"
    assert damage_of(data[:33] + comment + data[33:]) is None


def test_other_formats_are_left_to_their_decoders(street: np.ndarray) -> None:
    for suffix in (".bmp", ".tiff", ".webp"):
        assert damage_of(encoded(street, suffix)) is None


@pytest.mark.shared_data
def test_no_real_picture_is_called_damaged(shared_data: Path) -> None:
    paths = sorted((shared_data / "italy" / "images").iterdir())[:100]
    assert paths
    assert {path.name: damage for path in paths if (damage := damage_of(path.read_bytes()))} == {}
