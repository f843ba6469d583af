# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fits an image to the limits of a profile: scaled down and encoded anew (Pillow). Pure.

The same bytes come of the same input, as long as Pillow is of the same version: a file that a killed run makes again
is the one that it made before.
"""

import io
from dataclasses import dataclass
from math import sqrt
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from anpr.contract.jpeg import jpeg_size
from anpr.forward.profile.image_rule import ImageRule

MAX_PIXELS = 24_000_000
"""More than any camera of ours gives. A progressive JPEG of so many takes up to 6 bytes a px while it is decoded."""
_LEAST_SIDE = 16
"""px; a smaller image shows nothing."""
_TRIES = 8
"""Sizes that are tried at most; each is smaller by a tenth at least."""
_NEAR = 6
"""So near to the best quality that fits is near enough: each try costs one encoding."""
_OPTIONS: dict[str, dict[str, Any]] = {"jpeg": {}, "png": {"compress_level": 6}, "webp": {"method": 4}}


@dataclass(frozen=True, slots=True)
class Unfit:
    """An image that cannot be sent as the profile demands; `reason` says why."""

    reason: str


def fit_image(rule: ImageRule, data: bytes) -> bytes | Unfit:
    """The image within the rule's limits: byte for byte as it came where it fits, otherwise made anew without metadata.

    What was made by it is returned as it is when it is asked for again. An image whose size in bytes fits, and of which
    the rule wants nothing else, is not looked at.
    """
    if not rule.looks_into and (rule.too_large != "recompress" or len(data) <= rule.max_bytes):
        return data if len(data) <= rule.max_bytes else _too_many_bytes(rule, data)
    width, height = jpeg_size(data) or (1, 1)
    if width * height > MAX_PIXELS:
        return Unfit(f"{width} x {height} px, too many to be decoded")
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as image:
            return _fitted(rule, data, image)
    except (OSError, SyntaxError, ValueError, EOFError, UnidentifiedImageError):
        return Unfit("damaged")


def _too_many_bytes(rule: ImageRule, data: bytes) -> Unfit:
    return Unfit(f"{len(data)} bytes, at most {rule.max_bytes}")


def _fitted(rule: ImageRule, data: bytes, image: Image.Image) -> bytes | Unfit:
    most = (rule.max_width_px or image.width, rule.max_height_px or image.height)
    is_small = image.width <= most[0] and image.height <= most[1]
    if is_small and len(data) <= rule.max_bytes and image.format == rule.format.upper():
        return data
    if rule.too_large != "recompress":
        if not is_small:
            return Unfit(f"{image.width} x {image.height} px, at most {most[0]} x {most[1]}")
        if len(data) > rule.max_bytes:
            return _too_many_bytes(rule, data)
    return _made_anew(rule, image, most)


def _made_anew(rule: ImageRule, image: Image.Image, most: tuple[int, int]) -> bytes | Unfit:
    image.draft("RGB", most)  # the decoder of JPEG gives an eighth, a quarter or a half of the size at once
    upright = ImageOps.exif_transpose(image)  # metadata are dropped, and with them which side is up
    upright.thumbnail(most, Image.Resampling.BICUBIC)
    whole = upright if upright.mode in ("RGB", "L") else upright.convert("RGB")
    whole.info.clear()  # or the comment and the colour profile would come along
    return _squeezed(rule, whole)


def _squeezed(rule: ImageRule, whole: Image.Image) -> bytes | Unfit:
    """Smaller and smaller, by how far the size before missed; without `recompress` in its own size only."""
    scale, size, tried = 1.0, whole.size, 0
    for _ in range(_TRIES):
        encoded = _encoded(rule, whole if scale == 1.0 else whole.resize(size, Image.Resampling.BICUBIC))
        if len(encoded) <= rule.max_bytes:
            return encoded
        tried = len(encoded)
        scale *= min(0.9, 0.95 * sqrt(rule.max_bytes / tried))
        size = (round(whole.width * scale), round(whole.height * scale))
        if rule.too_large != "recompress" or min(size) < _LEAST_SIDE:
            break
    return Unfit(f"{tried} bytes at its smallest, at most {rule.max_bytes}")


def _encoded(rule: ImageRule, image: Image.Image) -> bytes:
    """In the best quality that fits, or in the least one."""
    best = _encode(rule, image, rule.quality.most)
    if len(best) <= rule.max_bytes or rule.format == "png":
        return best
    fitting, fits, fails = _encode(rule, image, rule.quality.least), rule.quality.least, rule.quality.most
    if len(fitting) > rule.max_bytes:
        return fitting
    while fails - fits > _NEAR:
        middle = (fits + fails) // 2
        tried = _encode(rule, image, middle)
        if len(tried) <= rule.max_bytes:
            fitting, fits = tried, middle
        else:
            fails = middle
    return fitting


def _encode(rule: ImageRule, image: Image.Image, quality: int) -> bytes:
    file = io.BytesIO()
    options = {} if rule.format == "png" else {"quality": quality}
    image.save(file, rule.format.upper(), **_OPTIONS[rule.format], **options)
    return file.getvalue()
