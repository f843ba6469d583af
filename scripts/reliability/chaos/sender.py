# SPDX-License-Identifier: AGPL-3.0-or-later
"""Load generator: an `anpr reader` with numbered transits in place of cameras; the chaos test starts and kills it.

    python -m scripts.reliability.chaos.sender '{…SenderOptions…}'

Outbox, publishing, delivery with its retries, heartbeat, metrics, signals: all of it is the reader's own; only what
looks at images is not. Prints the id of each transit once the outbox has taken it. SIGUSR1: make many at once.
SIGUSR2: make no more. SIGTERM: end as a reader does.
"""

import json
import signal
import sys
import threading
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from types import FrameType
from unittest.mock import patch

from anpr.capture.health import CameraState, CameraStatus
from anpr.cli import main as anpr
from anpr.edge.gate_plans import GatePlans
from anpr.edge.heartbeat import Heartbeat
from anpr.edge.outbox_writer import OutboxWriter
from anpr.edge.state_history import StateHistory
from anpr.edge.view_requests import ViewPost
from anpr.reader.assemble import MadeTransit
from anpr.reader.plates.plate_finder import PlateFinder
from anpr.reader.run import ReaderSummary
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import TRANSITS
from anpr.runtime.probes import Readiness
from anpr.settings import Settings
from anpr.transport.age import MaxAge
from scripts.reliability.chaos.outbox_log import LoggingOutbox
from scripts.reliability.chaos.traffic import GATES, Traffic, camera_of, gate_of

BURST = 400


@dataclass(frozen=True, kw_only=True)
class SenderOptions:
    """Command-line options of a sender, as JSON."""

    seed: int
    start: str
    """When number 0 was captured."""
    first: int
    """First number to send."""
    rate: float
    """Transits per second."""
    quota: int
    """Bytes of the outbox."""


@dataclass
class Sender:
    """Makes transits at `rate` per second; each must be accepted by the outbox before the next one is made."""

    traffic: Traffic
    deliveries: dict[str, OutboxWriter]
    clock: Clock
    rate: float
    number: int
    burst: int = 0
    is_paused: bool = False
    _made: int = field(default=0, init=False)

    def step(self, stop: threading.Event) -> None:
        """Make one and wait for the time of the next."""
        if not self.is_paused:
            self._make()
        if self.is_paused or not self.burst:
            self.clock.wait(stop, 1 / self.rate)
        self.burst = max(0, self.burst - 1)

    def _make(self) -> None:
        delivery = self.deliveries[camera_of(self.number)]
        if self._made == self.delivered:
            transit, images = self.traffic.transit(self.number)
            TRANSITS.labels(transit.camera_id).inc()
            self._made += 1
            delivery.put([MadeTransit(transit=transit, images=images, first_frame=0, last_frame=0)])
        else:
            delivery.put(())
        if self._made == self.delivered:
            self.number += 1
        else:
            self.burst = 0

    @property
    def delivered(self) -> int:
        return sum(each.delivered for each in self.deliveries.values())


def run(  # noqa: PLR0913, PLR0917  what `run_reader` takes
    options: SenderOptions,
    settings: Settings,
    outbox: LoggingOutbox,
    clock: Clock,
    stop: threading.Event,
    plate_finder: PlateFinder | None = None,
    readiness: Readiness | None = None,
    post: ViewPost | None = None,
    plans: GatePlans | None = None,
) -> ReaderSummary:
    """In the place of `run_reader`; it finds no plates, its cameras have no views to post and are in no plan."""
    del plate_finder, post, plans
    histories = {camera_of(number): (gate_of(number), StateHistory()) for number in range(GATES)}
    deliveries = {camera: OutboxWriter(camera, outbox, clock) for camera in histories}
    traffic = Traffic(seed=options.seed, start=datetime.fromisoformat(options.start))
    sender = Sender(traffic, deliveries, clock, options.rate, options.first)
    heartbeat = Heartbeat(settings.reader.id, histories, outbox, clock)
    _tell(histories, CameraStatus.UP, clock)
    _heed_signals(sender)
    if readiness is not None:
        readiness.add("outbox", lambda: "the disk is full, no transit is kept" if outbox.is_full else None)
        readiness.started()
    while not stop.is_set():
        heartbeat.tick()
        sender.step(stop)
    _tell(histories, CameraStatus.STOPPED, clock)
    heartbeat.close()
    return ReaderSummary(
        cameras=len(histories), frames=0, plates=0, transits=sender.delivered, model_errors=0, restarts=0
    )


def _tell(histories: dict[str, tuple[str, StateHistory]], status: CameraStatus, clock: Clock) -> None:
    for _, history in histories.values():
        history.add(CameraState(status=status, since=clock.now()))


def _heed_signals(sender: Sender) -> None:
    def many(_signal: int, _frame: FrameType | None) -> None:
        sender.burst = BURST

    def pause(_signal: int, _frame: FrameType | None) -> None:
        sender.is_paused = True

    signal.signal(signal.SIGUSR1, many)
    signal.signal(signal.SIGUSR2, pause)


def main(options: SenderOptions) -> None:
    """The reader's command, with two of its parts replaced."""

    def small(path: Path, _max_bytes: int, clock: Clock, max_age: MaxAge) -> LoggingOutbox:
        # The least quota that settings allow does not fill up soon enough.
        return LoggingOutbox(path, options.quota, clock, max_age)

    with patch("anpr.cli.verbs.reader.run_reader", partial(run, options)), patch("anpr.edge.publishing.Outbox", small):
        sys.argv[1:] = ["reader"]
        anpr()


if __name__ == "__main__":
    main(SenderOptions(**json.loads(sys.argv[1])))
