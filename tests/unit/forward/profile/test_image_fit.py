# SPDX-License-Identifier: AGPL-3.0-or-later
"""Images within a profile's limits: made anew where they are beyond one, byte for byte where they are not."""

import io
import random
from typing import Any

import pytest
from PIL import Image
from pydantic import ValidationError

from anpr.forward.profile.image_fit import MAX_PIXELS, Unfit, fit_image
from anpr.forward.profile.image_rule import ImageRule


def rule(**changes: Any) -> ImageRule:
    values = {"role": "context", "how": "embed", "max_bytes": 20_000, "too_large": "recompress", **changes}
    return ImageRule.model_validate(values, strict=False)


def photo(width: int = 640, height: int = 360, quality: int = 90, **options: Any) -> bytes:
    """Noise in large patches: it compresses as scenes do, neither as nothing nor as flat colour."""
    noise = Image.frombytes(
        "RGB", (width // 8, height // 8), random.Random(1).randbytes(width // 8 * (height // 8) * 3)
    )
    return encoded(noise.resize((width, height), Image.Resampling.BICUBIC), "JPEG", quality=quality, **options)


def encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def fitted(rule: ImageRule, data: bytes) -> bytes:
    found = fit_image(rule, data)
    assert isinstance(found, bytes), found
    return found


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.fixture(scope="module")
def scene() -> bytes:
    return photo()


def test_an_image_within_all_limits_is_sent_byte_for_byte(scene: bytes) -> None:
    assert fitted(rule(max_bytes=len(scene), max_width_px=640, max_height_px=360), scene) is scene


def test_too_many_px_are_scaled_down_in_proportion(scene: bytes) -> None:
    assert opened(fitted(rule(max_bytes=10**6, max_width_px=320), scene)).size == (320, 180)
    assert opened(fitted(rule(max_bytes=10**6, max_width_px=640, max_height_px=90), scene)).size == (160, 90)


def test_too_many_bytes_cost_quality_first_and_px_then(scene: bytes) -> None:
    lesser = rule(max_bytes=len(scene) // 2)
    assert opened(fitted(lesser, scene)).size == (640, 360)
    tiny = fitted(rule(max_bytes=2_000), scene)
    assert len(tiny) <= 2_000
    width, height = opened(tiny).size
    assert width < 640
    assert width / height == pytest.approx(16 / 9, rel=0.05)


def test_the_best_quality_that_fits_is_taken(scene: bytes) -> None:
    best, least = (
        len(fitted(rule(max_bytes=len(scene) - 1, quality={"least": 30, "most": most}), scene)) for most in (85, 30)
    )
    assert least < best < len(scene)


@pytest.mark.parametrize("form", ["jpeg", "png", "webp"])
def test_the_same_image_gives_the_same_bytes_and_stays_as_it_is_when_it_fits(scene: bytes, form: str) -> None:
    wanted = rule(max_bytes=40_000, format=form, max_width_px=200)
    once = fitted(wanted, scene)
    assert fitted(wanted, scene) == once
    assert fitted(wanted, once) is once
    assert opened(once).format == form.upper()


@pytest.mark.parametrize("form", ["jpeg", "png", "webp"])
def test_what_is_made_anew_has_no_metadata(form: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "camera of Mario Rossi"
    exif[0x0112] = 6  # lies on its side
    data = photo(exif=exif, comment=b"comment of Mario Rossi", icc_profile=b"profile of Mario Rossi")
    assert b"Mario Rossi" in data
    made = fitted(rule(max_bytes=200_000, max_width_px=300, format=form), data)
    assert b"Mario Rossi" not in made
    image = opened(made)
    assert image.getexif() == {}
    assert image.width < image.height  # it stands upright without being told


def test_grey_and_cmyk_images_are_made_anew_too() -> None:
    for mode in ("L", "CMYK"):
        image = opened(fitted(rule(max_width_px=64), encoded(Image.new(mode, (128, 128)), "JPEG")))
        assert image.size == (64, 64)


def test_without_recompress_an_image_beyond_a_limit_does_not_fit(scene: bytes) -> None:
    assert fit_image(rule(too_large="leave-out"), scene) == Unfit(f"{len(scene)} bytes, at most 20000")
    wide = rule(too_large="reject", max_bytes=10**6, max_width_px=100)
    assert fit_image(wide, scene) == Unfit("640 x 360 px, at most 100 x 360")


def test_another_format_is_made_also_without_recompress(scene: bytes) -> None:
    assert opened(fitted(rule(too_large="leave-out", max_bytes=10**6, format="webp"), scene)).size == (640, 360)
    found = fit_image(rule(too_large="leave-out", max_bytes=20_000, format="png"), photo(quality=30))
    assert isinstance(found, Unfit)


def test_a_damaged_image_is_told_and_never_raised(scene: bytes) -> None:
    chance = random.Random(7)
    for _ in range(60):
        broken = bytearray(scene[: chance.randrange(4, len(scene))])
        for _ in range(chance.randrange(20)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        found = fit_image(rule(max_bytes=1024, max_width_px=100), bytes(broken))
        assert isinstance(found, Unfit) or len(found) <= 1024
    assert fit_image(rule(max_bytes=1024), scene[:-2000]) == Unfit("damaged")
    assert fit_image(rule(max_bytes=1024), b"no image at all" * 100) == Unfit("damaged")


def test_an_image_that_would_fill_memory_is_not_decoded() -> None:
    side = 8_000
    header = bytes.fromhex("ffd8 ffc0000b08") + side.to_bytes(2, "big") * 2 + bytes.fromhex("01011100")
    assert side * side > MAX_PIXELS
    found = fit_image(rule(max_width_px=100), header + bytes(100))
    assert found == Unfit("8000 x 8000 px, too many to be decoded")


def test_an_image_that_cannot_be_made_small_enough_does_not_fit() -> None:
    line = encoded(Image.effect_noise((4000, 20), 200).convert("RGB"), "JPEG", quality=95)
    found = fit_image(rule(max_bytes=1024, quality={"least": 90, "most": 95}), line)
    assert isinstance(found, Unfit)
    assert "at its smallest, at most 1024" in found.reason


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"quality": {"least": 90, "most": 50}}, "least 90 is more than most 50"),
        ({"quality": {"least": 10, "most": 50}, "format": "png"}, "png has none"),
        ({"quality": {"least": 10, "most": 50}, "too_large": "reject"}, "without too_large: recompress"),
        ({"max_width_px": 3}, "greater than or equal to 16"),
        ({"how": "file", "file_name": "{transit_id}.jpg", "format": "png"}, "ends with .png"),
    ],
)
def test_limits_without_sense_are_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        rule(**changes)
