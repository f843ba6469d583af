# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reliability of stated confidences: expected calibration error by bins."""

from collections.abc import Sequence
from dataclasses import dataclass

BINS = 10


@dataclass(frozen=True, kw_only=True)
class Bin:
    """The reads whose confidence lies in one tenth."""

    reads: int
    right: int
    confidence: float
    """Mean of what was stated."""


def reliability(judged: Sequence[tuple[float, bool]]) -> tuple[Bin, ...]:
    """Ten bins of (confidence, whether it was right); empty ones are left out."""
    bins = []
    for number in range(BINS):
        members = [(c, right) for c, right in judged if min(int(c * BINS), BINS - 1) == number]
        if members:
            mean = sum(c for c, _ in members) / len(members)
            bins.append(Bin(reads=len(members), right=sum(right for _, right in members), confidence=mean))
    return tuple(bins)


def calibration_error(bins: Sequence[Bin]) -> float:
    """The expected calibration error: mean distance of share right and stated confidence, weighed by reads."""
    reads = sum(one.reads for one in bins)
    return sum(abs(one.right - one.confidence * one.reads) for one in bins) / reads if reads else 0.0
