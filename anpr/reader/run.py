"""The reader: every plate camera of this machine's gates, each in a thread of its own."""

import logging
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from anpr.domain.errors import SettingsError
from anpr.domain.gate import CameraKind
from anpr.domain.health import POOR_SIGHT, UP
from anpr.edge.delivery import TransitSink
from anpr.edge.heartbeat import HealthSink, Heartbeat
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

_LOOK_EVERY_S = 0.2
_STOP_WITHIN_S = 10.0


class EdgeOutbox(TransitSink, HealthSink, Protocol):
    """Where both go."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReaderSummary:
    """What a reader did, over all its cameras."""

    cameras: int
    frames: int
    """Taken from the cameras."""
    plates: int
    """Boxes found in them."""
    transits: int
    """Accepted by the outbox."""
    model_errors: int
    """Frames that could not be looked at because a model threw."""
    falls: int
    """Cameras' threads that had to start over."""


def run_reader(
    settings: Settings,
    outbox: EdgeOutbox,
    clock: Clock,
    stop: threading.Event,
    looker: PlateFinder | None = None,
    readiness: Readiness | None = None,
) -> ReaderSummary:
    """Read until `stop` is set, or until every source was read to its end where all are files.

    `looker` replaces the models that the settings name, the second opinion's too; `readiness` is told when it looks,
    and asks whether it does.
    Raises SettingsError when there is no camera to read, and ModelError when the models cannot be loaded; what happens
    later to one camera is logged and counted.
    """
    origins = plate_cameras(settings)
    shared = looker or _pool(settings, len(origins))
    second = build_second_opinion(settings.reader, clock) if looker is None else None
    workers = [
        CameraWorker(origin, settings.reader, shared, outbox, clock, second=second, sight_dir=settings.sight_dir)
        for origin in origins
    ]
    cameras = {
        origin.camera.id: (origin.gate_id, worker.history) for origin, worker in zip(origins, workers, strict=True)
    }
    heartbeat = Heartbeat(settings.reader.id, cameras, outbox, clock)
    if readiness is not None:
        readiness.add("cameras", lambda: _why_blind(workers))
        readiness.add("outbox", lambda: "the disk is full, no transit is kept" if outbox.is_full else None)
        readiness.started()
    _run(workers, heartbeat, clock, stop)
    heartbeat.close()
    return ReaderSummary(
        cameras=len(workers),
        frames=sum(worker.tally.frames for worker in workers),
        plates=sum(worker.tally.plates for worker in workers),
        transits=sum(worker.transits for worker in workers),
        model_errors=sum(worker.model_errors for worker in workers),
        falls=sum(worker.falls for worker in workers),
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


def _why_blind(workers: Sequence[CameraWorker]) -> str | None:
    """One camera that is down is an alert; all of them, and the reader is of no use. A dark night is no fault."""
    states = {worker.camera.id: worker.history.state for worker in workers}
    if {UP, *POOR_SIGHT} & set(states.values()):
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
    while any(thread.is_alive() for thread in threads) and not clock.wait(stop, _LOOK_EVERY_S):
        heartbeat.tick()
    for worker, thread in zip(workers, threads, strict=True):
        thread.join(_STOP_WITHIN_S)
        if thread.is_alive():
            log.error("camera %s: its thread did not end within %.0f s", worker.camera.id, _STOP_WITHIN_S)
