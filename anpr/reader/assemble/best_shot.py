# SPDX-License-Identifier: AGPL-3.0-or-later
"""Best shot: the frame in which a plate was read best, and the two JPEG images made of it."""

from dataclasses import dataclass

import cv2
import numpy as np

from anpr.capture.frame import Frame
from anpr.capture.image_file import Image
from anpr.domain.errors import ModelError
from anpr.domain.read import Box, PlateRead
from anpr.domain.transit import ImageRole

_QUALITY = 85
_CONTEXT_SIDE_PX = 1280
_MARGIN = 0.15
"""Share of the plate's height added on every side: the rim tells forgeries apart, and boxes are not exact."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class BestShot:
    """A plate read together with the frame it was made in."""

    frame: Frame
    read: PlateRead


@dataclass(frozen=True, kw_only=True, slots=True)
class EncodedImages:
    """JPEG bytes by role; `box` is the plate in px of the context image."""

    images: dict[ImageRole, bytes]
    box: Box


def encode_images(shot: BestShot) -> EncodedImages:
    """The plate crop in the frame's own px, and the whole frame with its long side at most 1280 px.

    Raises ModelError when they cannot be encoded.
    """
    image = shot.frame.image
    height, width = image.shape[:2]
    scale = min(1.0, _CONTEXT_SIDE_PX / max(height, width))
    context = image
    if scale < 1.0:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        context = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    box = _inside(shot.read.box, width, height)
    plate = _crop(image, box)
    return EncodedImages(
        images={ImageRole.PLATE: _jpeg(plate), ImageRole.CONTEXT: _jpeg(context)},
        box=_scaled(box, context.shape[1] / width, context.shape[0] / height),
    )


def _inside(box: Box, width: int, height: int) -> Box:
    """The part of the box that lies in the frame, at least 1 px: a plate that leaves it is clipped at its border."""
    left, top = min(max(box.x, 0.0), width - 1.0), min(max(box.y, 0.0), height - 1.0)
    right, bottom = min(max(box.x + box.w, left + 1), width), min(max(box.y + box.h, top + 1), height)
    return Box(x=left, y=top, w=right - left, h=bottom - top)


def _scaled(box: Box, x: float, y: float) -> Box:
    return Box(x=box.x * x, y=box.y * y, w=box.w * x, h=box.h * y)


def _crop(image: Image, box: Box) -> Image:
    margin = _MARGIN * box.h
    left, top = int(max(0, box.x - margin)), int(max(0, box.y - margin))
    right, bottom = int(box.x + box.w + margin) + 1, int(box.y + box.h + margin) + 1
    return image[top:bottom, left:right]


def _jpeg(image: Image) -> bytes:
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    if not done:
        raise ModelError(f"a picture of {image.shape[1]} x {image.shape[0]} px could not be written as JPEG")
    return data.tobytes()
