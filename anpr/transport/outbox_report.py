# SPDX-License-Identifier: AGPL-3.0-or-later
"""Metrics and log lines of an outbox."""

import logging
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from anpr.domain.reasons import Drop
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import DROPS, OUTBOX_BYTES, OUTBOX_FULL, OUTBOX_RECORDS
from anpr.transport.records import RecordKind, Waiting

log = logging.getLogger(__name__)

_LOG_EVERY_S = 60.0
_TOO_OLD = {RecordKind.METADATA: Drop.TRANSIT_AGE, RecordKind.IMAGES: Drop.IMAGE_AGE}


class OutboxReport:
    """Says what happens to one outbox. Numbers of what was dropped are by camera."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._silent_until = 0.0
        self.is_full = False
        """Whether the last transit was refused because the disk is full."""

    def waiting(self, counts: Mapping[RecordKind, Waiting]) -> None:
        """Set the gauges."""
        for kind, waiting in counts.items():
            OUTBOX_RECORDS.labels(kind).set(waiting.records)
            OUTBOX_BYTES.labels(kind).set(waiting.bytes)

    def no_room(self, dropped: Counter[str]) -> None:
        """Images were given up to make room."""
        for camera, number in dropped.items():
            DROPS.labels(camera, Drop.IMAGE_QUOTA).inc(number)
        if dropped:
            self.seldom(f"no room: gave up {dropped.total()} images, the oldest first")

    def too_old(self, kind: RecordKind, dropped: Counter[str]) -> None:
        """Records were given up because they waited for too long."""
        for camera, number in dropped.items():
            DROPS.labels(camera, _TOO_OLD[kind]).inc(number)
        if dropped:
            log.error("outbox %s: %d %s waited for too long and were given up", self._path, dropped.total(), kind)

    def full(self, is_full: bool) -> None:
        """Whether a transit was refused just now; logged when that changes."""
        if is_full != self.is_full:
            log.error(
                "outbox %s: %s", self._path, "the disk is full, no transit is taken" if is_full else "has room again"
            )
        self.is_full = is_full
        OUTBOX_FULL.set(is_full)

    def seldom(self, what: str) -> None:
        """Log at most once in _LOG_EVERY_S: a full outbox would say it at each transit; the metric counts them all."""
        if self._clock.monotonic() >= self._silent_until:
            self._silent_until = self._clock.monotonic() + _LOG_EVERY_S
            log.error("outbox %s: %s", self._path, what)
