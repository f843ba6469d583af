# SPDX-License-Identifier: AGPL-3.0-or-later
"""Chance: how often something so frequent happens by itself (Poisson tail), and of many such findings those that
stand (false discovery rate).

The number of meetings that happen by chance is a sum of independent events with unlike probabilities. Its tail above
the mean is at most that of the binomial with the same mean (Hoeffding 1956), and that one's at most the Poisson tail:
so the values are too large rather than too small.
"""

from collections.abc import Sequence
from math import exp, lgamma, log

_TERMS = 1000
_NEGLIGIBLE = 1e-16


def poisson_tail(least: int, mean: float) -> float:
    """Probability, 0 to 1, of `least` or more events where `mean` are expected."""
    if least <= 0:
        return 1.0
    if mean <= 0:
        return 0.0
    if least <= mean:
        return 1.0 - _sum_below(least, mean)
    term = exp(least * log(mean) - mean - lgamma(least + 1))
    total = term
    for number in range(least + 1, least + _TERMS):
        term *= mean / number
        total += term
        if term < total * _NEGLIGIBLE:
            break
    return min(1.0, total)


def false_discovery_rates(p_values: Sequence[float], tests: int) -> list[float]:
    """The adjusted value of each (Benjamini and Hochberg 1995), in the given order: keeping all findings up to that
    value, this share of them is expected to be chance. `tests`: how many were tried in all, those left out too."""
    count = max(tests, len(p_values))
    order = sorted(range(len(p_values)), key=lambda index: p_values[index], reverse=True)
    adjusted, least = [1.0] * len(p_values), 1.0
    for position, index in enumerate(order):
        rank = len(p_values) - position
        least = min(least, p_values[index] * count / rank)
        adjusted[index] = least
    return adjusted


def _sum_below(least: int, mean: float) -> float:
    return min(1.0, sum(exp(number * log(mean) - mean - lgamma(number + 1)) for number in range(least)))
