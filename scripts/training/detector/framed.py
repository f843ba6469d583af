# SPDX-License-Identifier: AGPL-3.0-or-later
"""Framed crops: plates with a plain margin, as the reader looks at close-ups (`anpr.reader.plates.close_up`).

A detector that has learned plates among their surroundings only loses them there: of 273 cut-out plates 0.3.0 without
these found 247, and many of them in part.
"""

import cv2
import numpy as np
import numpy.typing as npt

from scripts.training.detector.compose import Sources, real_picture
from scripts.training.detector.scenes import Image, Scene, drawn_street

_LEAST_PX = 50
"""Width of a plate that is worth cutting out."""
_TRIES = 20
_GROWN = 0.15
"""Most that a cut-out holds beyond its plate, of the plate's size, at each side."""
_MARGIN = (0.5, 1.5)
"""Of the cut-out's width, around it; the reader's is 1."""
_GREYS = (40, 40, 40, 0, 114, 200)
"""Of the margin; the reader's is 40."""


def framed_plate(sources: Sources, rng: np.random.Generator) -> Scene:
    """One real plate of a train image, cut out and framed; a drawn street where none was large enough."""
    for _ in range(_TRIES):
        image, boxes = real_picture(sources, rng)
        large = boxes[boxes[:, 2] - boxes[:, 0] >= _LEAST_PX]
        if len(large):
            return _framed(image, large[int(rng.integers(len(large)))], rng)
    return drawn_street(rng)


def _framed(image: Image, box: npt.NDArray[np.float32], rng: np.random.Generator) -> Scene:
    height, width = image.shape[:2]
    w, h = box[2] - box[0], box[3] - box[1]
    grown = box + rng.uniform(0, _GROWN, 4) * (-w, -h, w, h)
    x1, y1, x2, y2 = np.clip(grown.round(), 0, (width, height, width, height)).astype(int)
    margin = round((x2 - x1) * rng.uniform(*_MARGIN))
    grey = int(rng.choice(_GREYS))
    framed = cv2.copyMakeBorder(
        image[y1:y2, x1:x2], margin, margin, margin, margin, cv2.BORDER_CONSTANT, value=(grey, grey, grey)
    )
    left, top, right, bottom = np.clip(box, (x1, y1, x1, y1), (x2, y2, x2, y2)) - (x1, y1, x1, y1) + margin
    return Scene(image=np.asarray(framed, np.uint8), boxes=((float(left), float(top), float(right), float(bottom)),))
