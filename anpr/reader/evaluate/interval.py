# SPDX-License-Identifier: AGPL-3.0-or-later
"""Confidence interval of a share (Wilson score)."""

from math import sqrt

_Z = 1.959964
"""95 % of a normal distribution lie within so many standard deviations."""


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of the share `hits` / `of` by Wilson's score (Wilson 1927), which holds for small numbers and
    for shares near 0 or 1. (0, 1) when nothing was counted.
    """
    if of == 0:
        return 0.0, 1.0
    share = hits / of
    middle = share + _Z**2 / (2 * of)
    spread = _Z * sqrt(share * (1 - share) / of + _Z**2 / (4 * of**2))
    scale = 1 + _Z**2 / of
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
