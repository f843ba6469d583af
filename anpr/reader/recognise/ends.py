# SPDX-License-Identifier: AGPL-3.0-or-later
"""Blue bands of a level plate: segmented where they can lie, and painted over no wider than they are."""

import numpy as np
import numpy.typing as npt

from anpr.capture.image_file import Image
from anpr.reader.recognise.bands import Mask, Painted, background, blue_mask

_WIDEST = {1: 0.135, 2: 0.19}
"""Of the plate's width, by lines: 40 of 360 mm, 28 of 177 mm, and the margin around the plate."""
_BLUE = 0.3
"""Of a column's rows: a column of a band is bluer than that, whatever letters stand on it."""


def without_bands(line: Image, lines: int = 1) -> Painted:
    """The (upper) line of a level plate without its bands, and which it has."""
    mask = blue_mask(line)
    left = _edge(mask, lines)
    right = _edge(np.ascontiguousarray(mask[:, ::-1]), lines)
    if not left and not right:
        return Painted(image=line, left=False, right=False)
    painted, colour = line.copy(), background(line, mask)
    painted[:, :left] = colour
    painted[:, line.shape[1] - right :] = colour
    return Painted(image=painted, left=left > 0, right=right > 0)


def _edge(mask: Mask, lines: int) -> int:
    """Columns from the left end to the right edge of a band there, px; 0 where there is none."""
    reach = max(2, round(mask.shape[1] * _WIDEST[lines]))
    share: npt.NDArray[np.float64] = mask[:, : reach + 1].mean(axis=0) / 255
    blue = np.flatnonzero(share > _BLUE)
    if not len(blue) or blue[-1] >= reach:  # blue to the limit is bodywork, or the plate itself
        return 0
    return int(blue[-1]) + 2
