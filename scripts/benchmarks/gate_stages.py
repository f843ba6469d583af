# SPDX-License-Identifier: AGPL-3.0-or-later
"""Where the time from the gate to the board goes, step by step: histograms of the reader, exact delays of the rest."""

import math
import statistics
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from prometheus_client.parser import text_string_to_metric_families

from anpr.domain.reasons import DelayStep

_METRIC = "anpr_transit_delay_seconds"
_PERCENTILES = {"p50": 0.5, "p95": 0.95}

Stages = dict[str, dict[str, float]]
"""Percentiles in ms by step."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Steps:
    """What a reader has counted so far: by step, how many took at most so many seconds (the last bound is infinite)."""

    counts: Mapping[str, Mapping[float, float]]


def steps_in(text: str) -> Steps:
    """The histograms in what a reader's /metrics shows."""
    counts: dict[str, dict[float, float]] = {str(step): {} for step in DelayStep}
    for family in text_string_to_metric_families(text):
        for sample in family.samples if family.name == _METRIC else ():
            if sample.name == f"{_METRIC}_bucket":
                counts[sample.labels["step"]][float(sample.labels["le"])] = sample.value
    return Steps(counts=counts)


def steps_at(port: int) -> Steps:
    """Those of the reader whose metrics are on this port. Raises OSError when it does not answer."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return steps_in(answer.read().decode())


def stages_of(before: Steps, after: Steps, exact: Mapping[str, Sequence[float]]) -> Stages:
    """What came between, in ms, and the `exact` delays (ms). A step that nothing took is left out.

    Percentiles of histograms are interpolated within a bucket, as Prometheus does it.
    """
    stages: Stages = {}
    for step, counts in after.counts.items():
        earlier = before.counts.get(step, {})
        grown = {bound: count - earlier.get(bound, 0.0) for bound, count in sorted(counts.items())}
        if grown and max(grown.values()) > 0:
            stages[str(step)] = {name: round(1000 * quantile(grown, share), 1) for name, share in _PERCENTILES.items()}
    for name, delays in exact.items():
        cuts = statistics.quantiles(delays, n=100, method="inclusive")
        stages[name] = {"p50": round(cuts[49], 1), "p95": round(cuts[94], 1)}
    return stages


def quantile(counts: Mapping[float, float], share: float) -> float:
    """Of cumulative counts by upper bound (s), in order of the bounds; past the last finite one it is that one."""
    wanted = share * max(counts.values())
    for (low, below), (high, count) in pairwise([(0.0, 0.0), *counts.items()]):
        if count >= wanted and count > below:
            return low if math.isinf(high) else low + (high - low) * (wanted - below) / (count - below)
    return 0.0
