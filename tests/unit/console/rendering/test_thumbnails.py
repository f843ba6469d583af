# SPDX-License-Identifier: AGPL-3.0-or-later
"""Small pictures: bounded in size, in number and in time; what is no picture is refused."""

import io

import pytest
from PIL import Image

from anpr.console.rendering.thumbnails import FORGET_AFTER_S, SIDE, ThumbnailError, Thumbnails, make_thumbnail
from anpr.contract.jpeg import jpeg_size
from anpr.runtime.clock import ManualClock


def jpeg(width: int, height: int, mode: str = "RGB", **options: object) -> bytes:
    """A picture whose left half is dark and whose right half is light."""
    image = Image.new(mode, (width, height), 0 if mode == "L" else (40, 10, 10) if mode == "RGB" else (0, 0, 0, 200))
    image.paste(
        200 if mode == "L" else (200, 220, 230) if mode == "RGB" else (0, 0, 0, 20), (width // 2, 0, width, height)
    )
    data = io.BytesIO()
    image.save(data, "JPEG", quality=95, **options)
    return data.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_large_picture_becomes_small_and_still_shows_the_same(mode: str) -> None:
    small = make_thumbnail(jpeg(2592, 1944, mode))
    assert jpeg_size(small) == (480, 360)
    with Image.open(io.BytesIO(small)) as image:
        left, right = (image.convert("L").getpixel((x, 180)) for x in (120, 360))
    assert isinstance(left, int)
    assert isinstance(right, int)
    assert left < 90
    assert right > 170


def test_a_progressive_and_a_tall_one_too() -> None:
    assert jpeg_size(make_thumbnail(jpeg(1920, 1080, progressive=True))) == (480, 270)
    assert jpeg_size(make_thumbnail(jpeg(300, 1200))) == (120, SIDE)


def test_what_is_small_already_stays_as_it_is() -> None:
    plate = jpeg(200, 60)
    assert make_thumbnail(plate) is plate


def test_what_else_was_in_the_file_does_not_come_along() -> None:
    noted = jpeg(1280, 720, comment=b"where it was taken")
    assert b"where it was taken" in noted
    assert b"where it was taken" not in make_thumbnail(noted)


def test_what_cannot_be_made_smaller_is_refused() -> None:
    png = io.BytesIO()
    Image.new("RGB", (800, 600)).save(png, "PNG")
    whole = jpeg(1280, 720)
    huge = bytearray(whole)
    at = whole.index(b"\xff\xc0")
    huge[at + 5 : at + 9] = b"\xff\xff\xff\xff"  # height and width: 4 Gpx to decode
    for data in (b"", b"nothing of the kind", png.getvalue(), whole[:700], bytes(huge)):
        with pytest.raises(ThumbnailError):
            make_thumbnail(data)


def test_one_that_was_made_is_kept_for_a_while_after_the_last_question(clock: ManualClock) -> None:
    thumbnails = Thumbnails(clock)
    assert thumbnails.get("a") is None
    small = thumbnails.make("a", jpeg(1280, 720))
    clock.advance(FORGET_AFTER_S - 1)
    assert thumbnails.get("a") == small
    clock.advance(FORGET_AFTER_S - 1)
    assert thumbnails.get("a") == small
    clock.advance(FORGET_AFTER_S)
    assert thumbnails.get("a") is None
    assert thumbnails._bytes == 0


def test_memory_is_bounded_and_what_was_asked_for_last_stays(clock: ManualClock) -> None:
    picture = jpeg(1280, 720)
    size = len(make_thumbnail(picture))
    thumbnails = Thumbnails(clock, max_bytes=3 * size)
    for number in range(3):
        thumbnails.make(number, picture)
    assert thumbnails.get(0)
    thumbnails.make(3, picture)
    thumbnails.make(3, picture)
    assert [number for number in range(4) if thumbnails.get(number)] == [0, 2, 3]
    assert thumbnails._bytes == 3 * size


def test_what_failed_leaves_nothing_and_holds_nobody_up(clock: ManualClock) -> None:
    thumbnails = Thumbnails(clock)
    for number in range(10):
        with pytest.raises(ThumbnailError):
            thumbnails.make(number, b"nothing")
    assert thumbnails.make("a", jpeg(640, 480))
