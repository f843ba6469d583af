# SPDX-License-Identifier: AGPL-3.0-or-later
"""Input tensors: pixels in the layout and scale that a model card asks for."""

import cv2
import numpy as np
import numpy.typing as npt

from anpr.capture.image_file import Image
from anpr.reader.network.model_card import NetworkInput

Blob = npt.NDArray[np.float32 | np.uint8]
"""(1, 3, height, width): floats, or pixels where the network takes them."""


def to_blob(image: Image, wanted: NetworkInput) -> Blob:
    """An image of the input's size as (1, 3, height, width), in its colour order, scaled where it wants that."""
    swapped = wanted.colour == "RGB"
    if wanted.values == "pixels":
        return np.asarray(cv2.dnn.blobFromImage(image, swapRB=swapped, ddepth=cv2.CV_8U), np.uint8)
    blob = cv2.dnn.blobFromImage(image, scalefactor=wanted.scale, swapRB=swapped)
    return np.asarray(blob - np.float32(wanted.offset) if wanted.offset else blob, np.float32)
