# SPDX-License-Identifier: AGPL-3.0-or-later
"""Samples of a process: its memory, threads, file descriptors and counters at one moment."""

import urllib.request
from collections import Counter
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from scripts.lab.held import held_by

_TIMEOUT_S = 10.0
_COUNTED = {
    "anpr_frames_total": "looks",
    "anpr_still_frames_total": "still",
    "anpr_reads_total": "reads",
    "anpr_transits_total": "transits",
    "anpr_camera_faults_total": "faults",
    "anpr_camera_worker_restarts_total": "falls",
    "anpr_model_errors_total": "model_errors",
}


@dataclass(frozen=True, kw_only=True)
class Sample:
    """`at_s` since the soak began; counts are since the process began, over all its cameras."""

    at_s: float
    rss_mb: float
    threads: int
    descriptors: int
    looks: int = 0
    """Frames in which the detector ran."""
    still: int = 0
    """Frames skipped because nothing moved."""
    reads: int = 0
    transits: int = 0
    late: int = 0
    """Frames dropped in favour of a newer one."""
    faults: int = 0
    falls: int = 0
    model_errors: int = 0


def take_sample(pid: int, metrics_url: str, at_s: float) -> Sample:
    """Sample a running process. Raises OSError when it has ended or does not answer."""
    rss_kb, threads, descriptors = held_by(pid)
    with urllib.request.urlopen(metrics_url, timeout=_TIMEOUT_S) as answer:
        counts = counted(answer.read().decode())
    return Sample(at_s=at_s, rss_mb=rss_kb / 1024, threads=threads, descriptors=descriptors, **counts)


def counted(metrics: str) -> dict[str, int]:
    """Sum the counters in the text of /metrics over all cameras; keys are the names of Sample's fields."""
    sums = Counter(dict.fromkeys((*_COUNTED.values(), "late"), 0))
    for family in text_string_to_metric_families(metrics):
        for sample in family.samples:
            if sample.name in _COUNTED:
                sums[_COUNTED[sample.name]] += int(sample.value)
            elif sample.name == "anpr_drops_total" and sample.labels["reason"] == "frame-late":
                sums["late"] += int(sample.value)
    return dict(sums)
