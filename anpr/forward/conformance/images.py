# SPDX-License-Identifier: AGPL-3.0-or-later
"""Drawn images of a conformance run (Pillow): within a rule's limits, beyond them, and damaged."""

import io

from PIL import Image, ImageDraw, ImageFont

from anpr.domain.transit import ImageRole
from anpr.forward.profile.image_rule import ImageRule

_SIZES = {ImageRole.PLATE: (160, 40), ImageRole.CONTEXT: (320, 180)}
"""px."""
_MOST_IN_A_COMMENT = 65_533
_LOST = 300
"""Bytes: less than a drawn image beyond the limits has of compressed px."""
_QUALITIES = (80, 50, 20, 5)


def draw_image(role: ImageRole, plate: str, rule: ImageRule | None) -> bytes:
    """A JPEG of this role within the rule's limits, with the invented plate drawn in it."""
    width, height = _SIZES[role]
    most_width, most_height, most_bytes = width, height, 2**20
    if rule is not None:
        most_width, most_height = rule.max_width_px or width, rule.max_height_px or height
        most_bytes = rule.max_bytes
    size = (min(width, most_width), min(height, most_height))
    while True:
        for quality in _QUALITIES:
            data = _jpeg(size, plate, quality)
            if len(data) <= most_bytes:
                return data
        size = (max(16, size[0] // 2), max(16, size[1] // 2))


def too_large(role: ImageRole, plate: str, rule: ImageRule) -> bytes:
    """A whole JPEG beyond the limits of the rule: in px where it has any, and in bytes by comments in it."""
    width, height = _SIZES[role]
    if rule.max_width_px is not None:
        width = max(width, rule.max_width_px + 16)
    elif rule.max_height_px is not None:
        height = max(height, rule.max_height_px + 16)
    data = _jpeg((width, height), plate, 80)
    comments = b""
    while len(data) + len(comments) <= rule.max_bytes:
        text = b"prova " * (_MOST_IN_A_COMMENT // 6)
        comments += b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text
    return data[:2] + comments + data[2:]


def damaged(data: bytes) -> bytes:
    """The JPEG without its last bytes: its size can be read, its px cannot."""
    return data[:-_LOST]


def _jpeg(size: tuple[int, int], plate: str, quality: int) -> bytes:
    image = Image.new("RGB", size, (214, 218, 222))
    draw = ImageDraw.Draw(image)
    for line in range(0, size[0], 8):  # something to compress
        draw.line((line, 0, size[0] - line, size[1]), fill=(120 + line % 100, 130, 140), width=2)
    draw.text((size[0] // 8, size[1] // 4), plate, fill=(0, 0, 0), font=ImageFont.load_default(max(8, size[1] // 4)))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()
