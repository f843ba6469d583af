# SPDX-License-Identifier: AGPL-3.0-or-later
"""Verdict of a soak test: whether memory, threads or file descriptors of a process grow. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from scripts.command import CannotRunError
from scripts.reliability.soak.sample import Sample

MOST_GROWTH = 0.03
"""Largest growth of the resident memory in an hour, as a share of it. A leak of one frame (2.7 MB) a minute is 20 times
as much; one of a read a minute is too small for any hour to show."""
LEAST_SAMPLES = 6
"""After the warm-up: two for each third."""
_MOST_POINTS = 400
"""More samples than this are thinned, because slopes are taken between all pairs."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Judgement of the samples after the warm-up."""

    minutes: float
    """Duration without the warm-up."""
    slope_mb_per_hour: float
    """Of the resident memory; the median of the slopes between all pairs of samples (Theil and Sen)."""
    rss_first_mb: float
    """Median of the first third."""
    rss_last_mb: float
    """Median of the last third."""
    rss_most_mb: float
    threads: tuple[int, int]
    """Median of the first third, and of the last: a few come and go with every answer of /metrics."""
    descriptors: tuple[int, int]
    wrong: tuple[str, ...]
    """One message for each problem; empty when the reader is well and nothing grows."""

    @property
    def flat(self) -> bool:
        return not self.wrong

    def fields(self) -> dict[str, Any]:
        """Fields of the line of JSON."""
        rounded = {name: round(value, 2) if isinstance(value, float) else value for name, value in asdict(self).items()}
        return {"flat": self.flat, **rounded}


def judge(samples: Sequence[Sample], warm_up_s: float, *, judges_growth: bool = True) -> Verdict:
    """Judge the samples after the warm-up. Raises CannotRunError when fewer than LEAST_SAMPLES are left."""
    kept = [sample for sample in samples if sample.at_s >= warm_up_s]
    if len(kept) < LEAST_SAMPLES:
        raise CannotRunError(f"{len(kept)} samples after the warm-up say nothing: run longer, or sample more often")
    third = len(kept) // 3
    first, last = kept[:third], kept[-third:]
    slope = 3600 * _slope([(sample.at_s, sample.rss_mb) for sample in kept])
    threads = _median(first, "threads"), _median(last, "threads")
    descriptors = _median(first, "descriptors"), _median(last, "descriptors")
    before, after = (median(sample.rss_mb for sample in part) for part in (first, last))
    growth = _growing(slope, before, after, threads, descriptors) if judges_growth else []
    return Verdict(
        minutes=(kept[-1].at_s - kept[0].at_s) / 60,
        slope_mb_per_hour=slope,
        rss_first_mb=before,
        rss_last_mb=after,
        rss_most_mb=max(sample.rss_mb for sample in kept),
        threads=threads,
        descriptors=descriptors,
        wrong=(*growth, *_unwell(kept)),
    )


def _growing(
    slope: float, before: float, after: float, threads: tuple[int, int], descriptors: tuple[int, int]
) -> list[str]:
    found = []
    if slope > MOST_GROWTH * before and after > before:
        found.append(f"memory grows by {slope:.1f} MB an hour, more than {MOST_GROWTH:.0%} of {before:.0f} MB")
    for name, (early, late) in (("threads", threads), ("file descriptors", descriptors)):
        if late > early:
            found.append(f"{name}: {early} at first, {late} at last")
    return found


def _unwell(kept: Sequence[Sample]) -> list[str]:
    """A reader that did nothing, or crashed, does not count as tested."""
    done = kept[-1]
    found = [f"{name} {getattr(done, name)}" for name in ("falls", "model_errors", "faults") if getattr(done, name)]
    idle = [name for name in ("looks", "reads", "transits") if getattr(done, name) <= getattr(kept[0], name)]
    return found + [f"no {name} after the warm-up" for name in idle]


def _median(samples: Sequence[Sample], name: str) -> int:
    return round(median(float(getattr(sample, name)) for sample in samples))


def _slope(points: Sequence[tuple[float, float]]) -> float:
    """Per second; robust against single spikes (Sen 1968)."""
    thinned = points[:: len(points) // _MOST_POINTS + 1]
    return median((y2 - y1) / (x2 - x1) for i, (x1, y1) in enumerate(thinned) for x2, y2 in thinned[i + 1 :] if x2 > x1)
