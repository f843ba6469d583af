# SPDX-License-Identifier: AGPL-3.0-or-later
"""Decoding of a raw YOLO head into boxes, in pure numpy."""

import numpy as np
import numpy.typing as npt

from anpr.domain.errors import ModelError
from anpr.reader.detect.letterbox import Boxes

Scores = npt.NDArray[np.float32]
"""(n,), 0..1, best first."""


def decode(raw: npt.NDArray[np.float32], least_score: float, overlap: float = 0.5) -> tuple[Boxes, Scores]:
    """Boxes and scores, best first, from raw output (1, 4 + classes, n) with rows cx, cy, w, h, class scores.

    The score of a box is that of its best class. Of boxes that overlap by more than `overlap` (intersection over
    union) only the best stays.
    """
    if raw.ndim != 3 or raw.shape[0] != 1 or raw.shape[1] < 5:
        raise ModelError(f"a detector gives (1, 4 + classes, n), this one gave {raw.shape}")
    columns = raw[0]
    scores = columns[4:].max(axis=0)
    likely = np.flatnonzero(scores >= least_score)
    order = likely[np.argsort(-scores[likely], kind="stable")]
    centre, size = columns[:2, order].T, columns[2:4, order].T
    boxes = np.concatenate([centre - size / 2, centre + size / 2], axis=1)
    kept = suppress(boxes, overlap)
    return boxes[kept].astype(np.float32), scores[order][kept].astype(np.float32)


def suppress(boxes: Boxes, overlap: float) -> list[int]:
    """Indices of the boxes that stay, given boxes best first."""
    kept: list[int] = []
    left = np.arange(len(boxes))
    while len(left):
        best, left = int(left[0]), left[1:]
        kept.append(best)
        left = left[overlaps(boxes[best], boxes[left]) <= overlap]
    return kept


def overlaps(one: npt.NDArray[np.float32], others: Boxes) -> npt.NDArray[np.float32]:
    """Intersection over union of a box (4,) with each of the others (n, 4)."""
    low = np.maximum(one[:2], others[:, :2])
    high = np.minimum(one[2:], others[:, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    union = np.prod(one[2:] - one[:2]) + np.prod(others[:, 2:] - others[:, :2], axis=1) - shared
    ratio: npt.NDArray[np.float32] = shared / np.maximum(union, np.float32(1e-9))
    return ratio
