# SPDX-License-Identifier: AGPL-3.0-or-later
"""Deskewing: sets a leaning plate level by shear, and crops it to the rows of its largest line."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from anpr.capture.image_file import Image

_WIDTH = 160
"""px at which rows are judged: fine enough for letters of 20 px, and quick."""
_LEANS = np.tan(np.deg2rad(np.arange(-18, 19, 3)))
_BRIGHTEST = 97
"""Percent: edges above it (screws, the rim in the sun) count no more than this one."""
_BORDER = 8
"""px at each side that do not count: the rim."""
_OF_THE_FULLEST = 0.5
"""Rows with more edges than this share of the fullest are text."""
_MARGIN = 0.12
"""Of the text's height, above and below."""


@dataclass(frozen=True, kw_only=True)
class Upright:
    """A plate set level."""

    whole: Image
    line: Image
    """Its largest line alone."""


def upright(plate: Image) -> Upright:
    """Set a plate level: a line of characters has many upright edges and few beside it, so its rows differ most."""
    height, width = plate.shape[:2]
    edges = _edges(plate)
    lean, rows = max(((lean, _rows(edges, lean)) for lean in _LEANS), key=lambda tried: float(np.var(tried[1])))
    top, bottom = _text(rows)
    level = cv2.warpAffine(plate, _shear(lean, width), (width, height), borderMode=cv2.BORDER_REPLICATE)
    scale = height / len(rows)
    first = int(top * scale)
    line = level[first : max(first + 4, int(np.ceil(bottom * scale)))]
    return Upright(whole=np.asarray(level, np.uint8), line=np.asarray(line, np.uint8))


def _edges(plate: Image) -> npt.NDArray[np.float32]:
    """Upright edges of the plate at _WIDTH px."""
    height = max(8, round(plate.shape[0] * _WIDTH / plate.shape[1]))
    small = cv2.resize(plate, (_WIDTH, height), interpolation=cv2.INTER_AREA)
    edges = np.abs(cv2.Sobel(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), cv2.CV_32F, 1, 0, ksize=3))
    edges = np.asarray(np.minimum(edges, np.percentile(edges, _BRIGHTEST)), np.float32)
    edges[:, :_BORDER] = edges[:, -_BORDER:] = 0
    return edges


def _rows(edges: npt.NDArray[np.float32], lean: float) -> npt.NDArray[np.float32]:
    """Edges in each row when the image is set upright by `lean` (rise ÷ run)."""
    height, width = edges.shape
    summed: npt.NDArray[np.float32] = cv2.warpAffine(edges, _shear(lean, width), (width, height)).sum(axis=1)
    return summed


def _shear(lean: float, width: int) -> npt.NDArray[np.float32]:
    return np.array([[1, 0, 0], [-lean, 1, lean * width / 2]], np.float32)


def _text(rows: npt.NDArray[np.float32]) -> tuple[int, int]:
    """The run of rows that is fuller than the rest (the subarray of largest sum, Kadane), with its margin."""
    smooth = cv2.GaussianBlur(rows.reshape(-1, 1), (1, 0), sigmaX=1, sigmaY=max(1.0, len(rows) * 0.03))[:, 0]
    best, top, bottom = -1.0, 0, len(rows)
    summed, begin = 0.0, 0
    for row, fullness in enumerate((smooth - smooth.max() * _OF_THE_FULLEST).tolist()):
        if summed <= 0.0:
            summed, begin = 0.0, row
        summed += fullness
        if summed > best:
            best, top, bottom = summed, begin, row + 1
    margin = max(1, round((bottom - top) * _MARGIN))
    return max(0, top - margin), min(len(rows), bottom + margin)
