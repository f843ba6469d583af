# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writes transits to the outbox, with a bounded retry buffer for what the outbox cannot take now."""

import logging
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Protocol

from anpr.domain.errors import InputError, OutboxFullError, TransportError
from anpr.domain.reasons import Drop
from anpr.domain.transit import ImageRole, Transit
from anpr.edge.made_transit import MadeTransit
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import DROPS, TRANSITS_HELD

log = logging.getLogger(__name__)

_RETRY_S = 1.0
_MAX_HELD = 64
"""Transits of about 0.3 MB each. While the outbox stays full the oldest are dropped and counted, so that memory stays
bounded."""


class TransitSink(Protocol):
    """Where transits go: the outbox."""

    def put_transit(self, transit: Transit, images: Mapping[ImageRole, bytes]) -> None:
        """Store a transit with its JPEG bytes by role.

        Raises OutboxFullError or TransportError when that is not possible now, InputError when it never will be.
        """


class OutboxWriter:
    """Writes the transits of one camera. Not thread-safe."""

    def __init__(self, camera_id: str, sink: TransitSink, clock: Clock) -> None:
        self._camera_id = camera_id
        self._sink = sink
        self._clock = clock
        self._held: deque[MadeTransit] = deque()
        self._retry_at = 0.0
        self.delivered = 0
        """Transits that the sink accepted."""

    def put(self, transits: Iterable[MadeTransit]) -> None:
        """Write these after those held back. Never raises for a full or unreachable outbox."""
        self._held.extend(transits)
        while len(self._held) > _MAX_HELD:
            self._lose(self._held.popleft(), Drop.OUTBOX_FULL)
        if self._held and self._clock.monotonic() >= self._retry_at:
            self._deliver()
        TRANSITS_HELD.labels(self._camera_id).set(len(self._held))

    def close(self) -> None:
        """Try once more; what cannot be delivered is dropped, counted and logged."""
        self._retry_at = 0.0
        self.put(())
        while self._held:
            self._lose(self._held.popleft(), Drop.OUTBOX_FULL)
        TRANSITS_HELD.labels(self._camera_id).set(0)

    def _deliver(self) -> None:
        while self._held:
            made = self._held[0]
            try:
                self._sink.put_transit(made.transit, made.images)
                self.delivered += 1
            except (OutboxFullError, TransportError) as exc:
                self._retry_at = self._clock.monotonic() + _RETRY_S
                log.error(
                    "camera %s: %d transits wait, the outbox takes none: %s", self._camera_id, len(self._held), exc
                )
                return
            except InputError as exc:
                log.error("camera %s: a transit was refused by the outbox: %s", self._camera_id, exc)
                self._lose(made, Drop.OUTBOX_REFUSED)
            self._held.popleft()

    def _lose(self, made: MadeTransit, reason: Drop) -> None:
        DROPS.labels(self._camera_id, reason).inc()
        log.error("camera %s: transit %s is lost: %s", self._camera_id, made.transit.id, reason)
