# SPDX-License-Identifier: AGPL-3.0-or-later
"""Supervisor of the cameras' workers: a thread each; those whose settings change are started anew, the others go on."""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from anpr.edge.heartbeat import Heartbeat
from anpr.edge.state_history import StateHistory
from anpr.reader.assemble import Origin
from anpr.reader.camera.views import CameraViews
from anpr.reader.camera.worker import CameraWorker
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import CAMERA_UP

log = logging.getLogger(__name__)

_STOP_WITHIN_S = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Tally:
    """What workers did; see ReaderSummary."""

    frames: int = 0
    plates: int = 0
    transits: int = 0
    model_errors: int = 0
    restarts: int = 0

    @classmethod
    def of(cls, worker: CameraWorker) -> Self:
        """What this one did until now."""
        return cls(
            frames=worker.totals.frames,
            plates=worker.totals.plates,
            transits=worker.transits,
            model_errors=worker.model_errors,
            restarts=worker.restarts,
        )

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in Tally.__slots__})


MakeWorker = Callable[[Origin, StateHistory], CameraWorker]


@dataclass(frozen=True, kw_only=True)
class _Running:
    origin: Origin
    worker: CameraWorker
    stop: threading.Event
    thread: threading.Thread
    until: list[float]
    """When it should have ended (monotonic seconds), once it was told to; emptied when that was logged."""


class CameraFleet:
    """All cameras of one reader. For one thread.

    A camera whose settings changed ends first, its last transits included, and keeps its history of states.
    """

    def __init__(self, make: MakeWorker, heartbeat: Heartbeat, clock: Clock) -> None:
        self._make = make
        self._heartbeat = heartbeat
        self._clock = clock
        self._wanted: dict[str, Origin] = {}
        self._running: dict[str, _Running] = {}
        self._leaving: dict[str, _Running] = {}
        self._histories: dict[str, StateHistory] = {}
        self._ended = Tally()

    @property
    def workers(self) -> Sequence[CameraWorker]:
        """Those that run, or ran to their end."""
        return [each.worker for each in self._running.values()]

    @property
    def is_alive(self) -> bool:
        """Whether any thread runs."""
        return any(each.thread.is_alive() for each in (*self._running.values(), *self._leaving.values()))

    @property
    def tally(self) -> "Tally":
        """What all of them did, also those that ended."""
        present = (*self._running.values(), *self._leaving.values())
        return sum((Tally.of(each.worker) for each in present), self._ended)

    def views(self, camera_id: str) -> CameraViews | None:
        """Who makes this camera's views; None for a camera of another reader."""
        running = self._running.get(camera_id)
        return running.worker.views if running else None

    def apply(self, origins: Iterable[Origin]) -> None:
        """Run these cameras and no others."""
        self._wanted = {origin.camera.id: origin for origin in origins}
        for camera_id, running in list(self._running.items()):
            if self._wanted.get(camera_id) != running.origin:
                running.stop.set()
                running.until.append(self._clock.monotonic() + _STOP_WITHIN_S)
                self._leaving[camera_id] = self._running.pop(camera_id)
        self.tick()

    def tick(self) -> None:
        """Start what waits for its former self to end. Called several times a second, and never waits."""
        for camera_id, leaving in list(self._leaving.items()):
            if leaving.thread.is_alive():
                self._complain(leaving)
                continue
            del self._leaving[camera_id]
            self._ended += Tally.of(leaving.worker)
            if camera_id not in self._wanted:
                self._forget(camera_id)
        for camera_id, origin in self._wanted.items():
            if camera_id not in self._running and camera_id not in self._leaving:
                self._start(origin)

    def stop(self) -> None:
        """End all of them; what hangs is logged."""
        ending = [*self._running.values(), *self._leaving.values()]
        for each in ending:
            each.stop.set()
        for each in ending:
            each.thread.join(_STOP_WITHIN_S)
            if each.thread.is_alive():
                log.error("camera %s: its thread did not end within %.0f s", each.origin.camera.id, _STOP_WITHIN_S)

    def _start(self, origin: Origin) -> None:
        camera_id = origin.camera.id
        history = self._histories.setdefault(camera_id, StateHistory())
        worker = self._make(origin, history)
        stop = threading.Event()
        thread = threading.Thread(target=worker.run, args=(stop,), name=f"reader-{camera_id}", daemon=True)
        self._heartbeat.watch(camera_id, origin.gate_id, worker.history)
        self._running[camera_id] = _Running(origin=origin, worker=worker, stop=stop, thread=thread, until=[])
        thread.start()

    def _forget(self, camera_id: str) -> None:
        log.info("camera %s: is not this reader's any more", camera_id)
        self._heartbeat.forget(camera_id)
        self._histories.pop(camera_id, None)
        CAMERA_UP.remove(camera_id)

    def _complain(self, leaving: _Running) -> None:
        if leaving.until and self._clock.monotonic() > leaving.until[0]:
            leaving.until.clear()
            log.error(
                "camera %s: its thread did not end within %.0f s; it starts anew once it has",
                leaving.origin.camera.id,
                _STOP_WITHIN_S,
            )
