# SPDX-License-Identifier: AGPL-3.0-or-later
"""JPEG encoder for images that people look at."""

import cv2
import numpy as np

from anpr.capture.image_file import Image


def encode_jpeg(image: Image, quality: int = 90) -> bytes:
    """The image as JPEG bytes; `quality` 0 to 100. Raises ValueError when it cannot be encoded."""
    ok, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not ok:
        raise ValueError(f"a picture of {image.shape} cannot be written as JPEG")
    return np.asarray(data, np.uint8).tobytes()
