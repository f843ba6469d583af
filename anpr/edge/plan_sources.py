# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sources of a reader's plan: a compacted topic, or in the direct form a file that ingest on this machine writes."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from anpr.contract.gate_plan import SignedPlan
from anpr.contract.topics import MAX_PLAN_BYTES
from anpr.domain.errors import MessageError, TransportError
from anpr.runtime.background import running
from anpr.runtime.backoff import Backoff
from anpr.runtime.clock import Clock
from anpr.settings import Settings
from anpr.transport.kafka.plans import PlanTail

log = logging.getLogger(__name__)

_MOST_WAIT_S = 30.0
_MOST_FILE = MAX_PLAN_BYTES + 1024


class PlanSource(Protocol):
    """Where plans come from."""

    def take(self) -> SignedPlan | None:
        """The newest one that came since the last call; None where none did. Raises nothing."""


class FilePlans:
    """A file that is replaced whole; it is read when it was replaced. For one thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None

    def take(self) -> SignedPlan | None:
        try:
            found = self._path.stat()
            seen = (found.st_ino, found.st_mtime_ns, found.st_size)
            if seen == self._seen:
                return None
            content = self._path.read_bytes() if found.st_size <= _MOST_FILE else b""
            self._seen = seen
            return SignedPlan.from_file(content)
        except FileNotFoundError:
            return None
        except (OSError, MessageError) as exc:
            log.warning("plan %s: %s", self._path, exc)
            return None


class TopicPlans:
    """What comes on the topic while `run` runs. `take` is for another thread."""

    def __init__(self, tail: PlanTail, clock: Clock) -> None:
        self._tail = tail
        self._clock = clock
        self._lock = threading.Lock()
        self._newest: SignedPlan | None = None

    def run(self, stop: threading.Event) -> None:
        """Read until `stop` is set; a broker that is away is tried again."""
        retry = Backoff(most_s=_MOST_WAIT_S)
        while not stop.is_set():
            try:
                found = self._tail.poll()
            except TransportError as exc:
                wait_s = retry.next_s()
                log.warning("%s; plans are looked for again in %.0f s", exc, wait_s)
                self._clock.wait(stop, wait_s)
                continue
            retry.reset()
            if found is not None:
                with self._lock:
                    self._newest = found
        self._tail.close()

    def take(self) -> SignedPlan | None:
        with self._lock:
            newest, self._newest = self._newest, None
        return newest


@contextmanager
def plan_source(settings: Settings, clock: Clock) -> Iterator[PlanSource]:
    """The plans of this machine's reader, for as long as the context lasts."""
    if settings.kafka.bootstrap is None:
        yield FilePlans(settings.gate_plans_dir / settings.reader.id)
        return
    plans = TopicPlans(PlanTail(settings.kafka, settings.reader.id), clock)
    with running(plans.run, "gate-plans"):
        yield plans
