"""A picture with what was read drawn into it, for people to look at."""

import cv2
import numpy as np

from anpr.domain.read import Box
from anpr.reader.image_file import Image
from anpr.reader.plates import Look

_READ = (60, 200, 60)
_REJECTED = (60, 120, 240)


def mark(image: Image, look: Look) -> Image:
    """A copy with the plates and their texts in green, and what was turned down, with the reason, in orange."""
    drawn = image.copy()
    for one in look.rejected:
        _draw(drawn, one.box, one.reason.value, _REJECTED)
    for read in look.accepted:
        _draw(drawn, read.box, f"{read.text} {read.confidence:.0%}", _READ)
    return drawn


def _draw(image: Image, box: Box, label: str, colour: tuple[int, int, int]) -> None:
    size = max(0.4, image.shape[1] / 1600)
    thick = max(1, round(size * 2))
    corner, opposite = (round(box.x), round(box.y)), (round(box.x + box.w), round(box.y + box.h))
    cv2.rectangle(image, corner, opposite, colour, thick)
    plain = label.translate(str.maketrans("ÄÖÜ", "AOU"))  # OpenCV's letters are ASCII only
    above = (corner[0], max(round(24 * size), corner[1] - 4))
    cv2.putText(image, plain, above, cv2.FONT_HERSHEY_SIMPLEX, size, colour, thick, cv2.LINE_AA)


def encode_jpeg(image: Image, quality: int = 90) -> bytes:
    """The picture as JPEG."""
    ok, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise ValueError(f"a picture of {image.shape} cannot be written as JPEG")
    return np.asarray(data, np.uint8).tobytes()
