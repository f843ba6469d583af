# SPDX-License-Identifier: AGPL-3.0-or-later
"""Confidence interval of a share (Wilson score)."""

from math import floor, sqrt

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


def least_number(share: float, threshold: float) -> int | None:
    """The least number of cases from which on `wilson`'s interval around `share` leaves out `threshold`, both 0 to 1.

    None when the two are equal: no number of cases decides then. (Wilson's interval inverts the score test, so that the
    threshold lies outside it exactly when the share is further away than z standard errors under the threshold.)
    """
    if share == threshold:
        return None
    return floor(_Z**2 * threshold * (1 - threshold) / (share - threshold) ** 2) + 1
