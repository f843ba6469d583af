# SPDX-License-Identifier: AGPL-3.0-or-later
"""Metrics of a process over its restarts: the last scrape of each run before it ended."""

import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException

from prometheus_client.parser import text_string_to_metric_families

from anpr.runtime.background import every
from anpr.runtime.clock import SystemClock

POLL_EVERY_S = 0.4
_TIMEOUT_S = 2.0

Sample = tuple[str, tuple[tuple[str, str], ...]]
"""Name of a counter, and its labels in order."""


@dataclass
class ProcessRun:
    """One run of a process from its start to its end. Times are seconds since 1970, on the database's clock."""

    process: str
    port: int
    began: float
    ended: float = float("inf")
    scraped_at: float = 0.0
    """When the last answered scrape began: what was counted before this moment is in `counts`."""
    counts: dict[Sample, float] = field(default_factory=dict)

    def scrape(self) -> None:
        """Scrape /metrics; a process that does not answer keeps its last values."""
        scraped_at = time.time()
        try:
            text = _get(self.port, "/metrics")
        except (OSError, HTTPException):
            return
        counts = {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
        if scraped_at > self.scraped_at:  # another thread may have scraped meanwhile
            self.scraped_at, self.counts = scraped_at, counts

    def may_be_missed(self, at: float) -> bool:
        """Whether what this run counted at that moment may be missing in `counts`."""
        return max(self.scraped_at, self.began) <= at <= self.ended

    def count(self, name: str, **labels: str) -> int:
        """Value at the last scrape, summed over the labels that are not given."""
        wanted = labels.items()
        return int(sum(value for (sample, has), value in self.counts.items() if sample == name and wanted <= set(has)))


def why_not_ready(port: int) -> str | None:
    """None when /readyz answers 200, else its answer."""
    try:
        _get(port, "/readyz")
    except urllib.error.HTTPError as exc:
        return exc.read().decode(errors="replace").strip()
    except (OSError, HTTPException) as exc:
        return f"no answer: {exc}"
    return None


def _get(port: int, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=_TIMEOUT_S) as answer:
        return str(answer.read().decode())


@contextmanager
def scraping(runs: Sequence[list[ProcessRun]]) -> Iterator[None]:
    """Scrape the last run of each process every POLL_EVERY_S, in a thread, for the duration of the context."""

    def scrape() -> None:
        for each in runs:
            if each and each[-1].ended == float("inf"):
                each[-1].scrape()

    with every(POLL_EVERY_S, scrape, "metrics", SystemClock(), at_once=False):
        yield
