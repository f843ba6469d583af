# SPDX-License-Identifier: AGPL-3.0-or-later
"""The reader process: one worker thread for every plate camera of this machine's gates."""

import logging
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from anpr.domain.errors import SettingsError
from anpr.domain.gate import CameraKind
from anpr.domain.health import DEGRADED_VIEW, UP
from anpr.edge.heartbeat import HealthSink, Heartbeat
from anpr.edge.outbox_writer import TransitSink
from anpr.reader.assemble import Origin
from anpr.reader.camera.worker import CameraWorker
from anpr.reader.plates.plate_finder import PlateFinder
from anpr.reader.plates.plate_reader import build_plate_reader
from anpr.reader.plates.reader_pool import ReaderPool
from anpr.reader.plates.second_opinion import build_second_opinion
from anpr.runtime.clock import Clock
from anpr.runtime.probes import Readiness
from anpr.settings import Settings

log = logging.getLogger(__name__)

_POLL_EVERY_S = 0.2
_STOP_WITHIN_S = 10.0


class EdgeOutbox(TransitSink, HealthSink, Protocol):
    """Where transits and health reports go."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReaderSummary:
    """What a reader did, over all its cameras."""

    cameras: int
    frames: int
    """Frames taken from the cameras."""
    plates: int
    """Plate boxes found in them."""
    transits: int
    """Transits accepted by the outbox."""
    model_errors: int
    """Frames that could not be examined because a model threw."""
    restarts: int
    """How often a camera's worker crashed and started again."""


def run_reader(
    settings: Settings,
    outbox: EdgeOutbox,
    clock: Clock,
    stop: threading.Event,
    plate_finder: PlateFinder | None = None,
    readiness: Readiness | None = None,
) -> ReaderSummary:
    """Read until `stop` is set, or until every source was read to its end where all are files.

    `plate_finder` replaces the models that the settings name, the second opinion's too. `readiness` gets the checks
    "cameras" and "outbox".
    Raises SettingsError when there is no camera to read, and ModelError when the models cannot be loaded; what happens
    later to one camera is logged and counted.
    """
    origins = plate_cameras(settings)
    shared = plate_finder or _pool(settings, len(origins))
    second = build_second_opinion(settings.reader, clock) if plate_finder is None else None
    workers = [
        CameraWorker(origin, settings.reader, shared, outbox, clock, second=second, baseline_dir=settings.sight_dir)
        for origin in origins
    ]
    cameras = {
        origin.camera.id: (origin.gate_id, worker.history) for origin, worker in zip(origins, workers, strict=True)
    }
    heartbeat = Heartbeat(settings.reader.id, cameras, outbox, clock)
    if readiness is not None:
        readiness.add("cameras", lambda: _outage(workers))
        readiness.add("outbox", lambda: "the disk is full, no transit is kept" if outbox.is_full else None)
        readiness.started()
    _run(workers, heartbeat, clock, stop)
    heartbeat.close()
    return ReaderSummary(
        cameras=len(workers),
        frames=sum(worker.totals.frames for worker in workers),
        plates=sum(worker.totals.plates for worker in workers),
        transits=sum(worker.transits for worker in workers),
        model_errors=sum(worker.model_errors for worker in workers),
        restarts=sum(worker.restarts for worker in workers),
    )


def plate_cameras(settings: Settings) -> list[Origin]:
    """The cameras this reader reads. Raises SettingsError when there is none."""
    chosen = set(settings.reader.gates)
    cameras = [
        Origin(camera=camera.to_domain(), gate_id=gate.id, reader_id=settings.reader.id)
        for gate in settings.gates
        if not chosen or gate.id in chosen
        for camera in gate.cameras
        if camera.kind is CameraKind.PLATE
    ]
    if not cameras:
        raise SettingsError(f"gates: reader {settings.reader.id} has no camera of kind 'plate' to read")
    return cameras


def _outage(workers: Sequence[CameraWorker]) -> str | None:
    """One camera that is down is an alert; all of them, and the reader is of no use. A dark night is no fault."""
    states = {worker.camera.id: worker.history.state for worker in workers}
    if {UP, *DEGRADED_VIEW} & set(states.values()):
        return None
    return ", ".join(f"{camera_id} is {state or 'starting'}" for camera_id, state in states.items())


def _pool(settings: Settings, cameras: int) -> ReaderPool:
    cores = len(os.sched_getaffinity(0))
    size = max(1, min(cameras, cores // settings.reader.threads))
    return ReaderPool(lambda: build_plate_reader(settings.reader), size)


def _run(workers: list[CameraWorker], heartbeat: Heartbeat, clock: Clock, stop: threading.Event) -> None:
    threads = [
        threading.Thread(target=worker.run, args=(stop,), name=f"reader-{worker.camera.id}", daemon=True)
        for worker in workers
    ]
    for thread in threads:
        thread.start()
    # Waiting in small steps, in the caller's thread: signals are handled there.
    while any(thread.is_alive() for thread in threads) and not clock.wait(stop, _POLL_EVERY_S):
        heartbeat.tick()
    for worker, thread in zip(workers, threads, strict=True):
        thread.join(_STOP_WITHIN_S)
        if thread.is_alive():
            log.error("camera %s: its thread did not end within %.0f s", worker.camera.id, _STOP_WITHIN_S)
