"""What each process counted in each of its lives: the last look at its metrics before it ended."""

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

LOOK_EVERY_S = 0.4
_TIMEOUT_S = 2.0

Sample = tuple[str, tuple[tuple[str, str], ...]]
"""Name of a counter, and its labels in order."""


@dataclass
class Life:
    """One process from its start to its end. Times are seconds since 1970, by the clock that the database has too."""

    part: str
    port: int
    began: float
    ended: float = float("inf")
    asked: float = 0.0
    """When the last look was begun that was answered: what was counted before this moment is in `counts`."""
    counts: dict[Sample, float] = field(default_factory=dict)

    def look(self) -> None:
        """Ask for its metrics; one that does not answer now keeps its last ones."""
        asked = time.time()
        try:
            text = _get(self.port, "/metrics")
        except (OSError, HTTPException):
            return
        counts = {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
        if asked > self.asked:  # another thread may have looked meanwhile
            self.asked, self.counts = asked, counts

    def was_unseen(self, at: float) -> bool:
        """Whether what this life counted at that moment may be missing in `counts`."""
        return max(self.asked, self.began) <= at <= self.ended

    def count(self, name: str, **labels: str) -> int:
        """As last seen, summed over the labels that are not given."""
        wanted = labels.items()
        return int(sum(value for (sample, has), value in self.counts.items() if sample == name and wanted <= set(has)))


def why_not_ready(port: int) -> str | None:
    """None when it says that it can do its work, else what it says."""
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
def watched(lives: Sequence[list[Life]]) -> Iterator[None]:
    """Look at the last life of each every LOOK_EVERY_S, in a thread, while the context lasts."""

    def look() -> None:
        for each in lives:
            if each and each[-1].ended == float("inf"):
                each[-1].look()

    with every(LOOK_EVERY_S, look, "process-metrics", SystemClock(), at_once=False):
        yield
