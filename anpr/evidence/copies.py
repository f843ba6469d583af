# SPDX-License-Identifier: AGPL-3.0-or-later
"""Marked copies of images: the plate's box and a strip with id, time and SHA-256 of the original, as JPEG (Pillow)."""

import io

from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

from anpr.contract.jpeg import jpeg_size
from anpr.domain.read import Box

MAX_PIXELS = 24_000_000
_STRIP_LINES = 2
_RED, _WHITE, _BLACK = (196, 16, 48), (255, 255, 255), (0, 0, 0)
_QUALITY = 88


class CopyError(ValueError):
    """No copy can be made of this image; the message says why."""


def marked_copy(data: bytes, box: Box | None, lines: tuple[str, ...], side: int | None = None) -> bytes:
    """The JPEG with the box (px of the image) and the lines of text below it; `side`: at most so many px wide and high.

    Raises CopyError for what is no JPEG, is damaged, or has more than MAX_PIXELS.
    """
    width, height = jpeg_size(data) or (0, 0)
    if not 0 < width * height <= MAX_PIXELS:
        raise CopyError(f"an image of {width} x {height} px")
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
            whole = image.convert("RGB")
    except (OSError, SyntaxError, ValueError, UnidentifiedImageError) as exc:
        raise CopyError(f"{type(exc).__name__}: {exc}") from exc
    if box is not None:
        _draw_box(whole, box)
    if side is not None:
        whole.thumbnail((side, side))
    return _saved(_with_strip(whole, lines))


def _draw_box(image: Image.Image, box: Box) -> None:
    draw, line = ImageDraw.Draw(image), max(2, image.width // 400)
    left, top = max(0.0, box.x - line), max(0.0, box.y - line)
    right, bottom = min(image.width - 1.0, box.x + box.w + line), min(image.height - 1.0, box.y + box.h + line)
    if right > left and bottom > top:  # a box outside the image is drawn nowhere
        draw.rectangle((left, top, right, bottom), outline=_RED, width=line)


def _with_strip(image: Image.Image, lines: tuple[str, ...]) -> Image.Image:
    if not lines:
        return image
    width = max(image.width, 640)
    font = ImageFont.load_default(max(11, min(22, width // 62)))
    step = int(font.size * 1.5) if isinstance(font, ImageFont.FreeTypeFont) else 16
    page = Image.new("RGB", (width, image.height + step * len(lines) + step // 2), _WHITE)
    page.paste(image, (0, 0))
    draw = ImageDraw.Draw(page)
    for number, line in enumerate(lines):
        draw.text((6, image.height + step // 4 + step * number), line, fill=_BLACK, font=font)
    return page


def _saved(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()
