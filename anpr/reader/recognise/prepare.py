# SPDX-License-Identifier: AGPL-3.0-or-later
"""Input preparation: scales a line of text to the network's height and one of a few widths."""

import cv2
import numpy as np

from anpr.capture.image_file import Image
from anpr.reader.network.blob import Blob, to_blob
from anpr.reader.network.model_card import NetworkInput


def fit(line: Image, wanted: NetworkInput, width: int) -> Blob:
    """The line at the network's height, its proportions kept, padded on the right with grey; squeezed if too wide."""
    height = wanted.height
    w = min(width, max(1, round(line.shape[1] * height / line.shape[0])))
    canvas = np.full((height, width, 3), wanted.pad_value, np.uint8)
    canvas[:, :w] = _scaled(line, w, height)
    return to_blob(canvas, wanted)


def stretch(line: Image, wanted: NetworkInput, width: int) -> Blob:
    """The line drawn out or squeezed to exactly this width."""
    return to_blob(_scaled(line, width, wanted.height), wanted)


def _scaled(line: Image, width: int, height: int) -> Image:
    how = cv2.INTER_CUBIC if line.shape[0] < height else cv2.INTER_AREA
    return np.asarray(cv2.resize(line, (width, height), interpolation=how), np.uint8)
