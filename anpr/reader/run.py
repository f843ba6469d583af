# SPDX-License-Identifier: AGPL-3.0-or-later
"""The reader process: one worker thread for every plate camera of this machine's gates."""

import logging
import os
import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol

from anpr.domain.errors import AnprError, SettingsError
from anpr.domain.gate import CameraKind, Gate
from anpr.domain.gate_plan import PlanOrigin
from anpr.domain.health import DEGRADED_VIEW, UP
from anpr.edge.gate_plans import GatePlans
from anpr.edge.heartbeat import HealthSink, Heartbeat
from anpr.edge.outbox_writer import TransitSink
from anpr.edge.state_history import StateHistory
from anpr.edge.view_requests import ViewPost
from anpr.reader.assemble import Origin
from anpr.reader.camera.turns import Turns
from anpr.reader.camera.views import CameraViews
from anpr.reader.camera.worker import CameraWorker
from anpr.reader.fleet import CameraFleet
from anpr.reader.plates.plate_finder import PlateFinder
from anpr.reader.plates.plate_reader import build_plate_reader
from anpr.reader.plates.reader_pool import ReaderPool
from anpr.reader.plates.second_opinion import build_second_opinion
from anpr.reader.software import software_of
from anpr.runtime.clock import Clock
from anpr.runtime.probes import Readiness
from anpr.settings import Settings

log = logging.getLogger(__name__)

_POLL_EVERY_S = 0.2


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


def run_reader(  # noqa: PLR0913, PLR0917  what it needs, and four helps it can do without
    settings: Settings,
    outbox: EdgeOutbox,
    clock: Clock,
    stop: threading.Event,
    plate_finder: PlateFinder | None = None,
    readiness: Readiness | None = None,
    post: ViewPost | None = None,
    plans: GatePlans | None = None,
) -> ReaderSummary:
    """Read until `stop` is set, or until every source was read to its end where all are files.

    `plate_finder` replaces the models that the settings name, the second opinion's too. `readiness` gets the checks
    "cameras" and "outbox". `post` carries views of cameras to the centre; without it none is made. With `plans` the
    cameras are those of the plan, also when it changes, and none before there is one.
    Raises SettingsError when there is no camera to read, and ModelError when the models cannot be loaded; what happens
    later to one camera is logged and counted.
    """
    software = software_of(settings.reader) if plate_finder is None else None
    origins = plate_cameras(settings, software) if plans is None else planned_cameras(plans, settings, software)
    shared = plate_finder or _pool(settings, len(origins))
    turns = Turns(_pool_size(settings, len(origins)))
    second = build_second_opinion(settings.reader, clock) if plate_finder is None else None

    def make(origin: Origin, history: StateHistory) -> CameraWorker:
        views = CameraViews(origin, settings.reader, shared, post.sink, clock) if post else None
        baselines = settings.sight_dir
        return CameraWorker(
            origin, settings.reader, shared, outbox, clock,
            turns=turns, second=second, baseline_dir=baselines, views=views, history=history,
        )  # fmt: skip

    plan_state = (lambda: plans.state) if plans else (lambda: None)
    heartbeat = Heartbeat(settings.reader.id, {}, outbox, clock, plan_state)
    fleet = CameraFleet(make, heartbeat, clock)
    fleet.apply(origins)
    if readiness is not None:
        readiness.add("cameras", lambda: _outage(fleet.workers, plans))
        readiness.add("outbox", lambda: "the disk is full, no transit is kept" if outbox.is_full else None)
        readiness.started()

    def tick() -> None:
        if plans is not None and plans.look():
            changed = planned_cameras(plans, settings, software)
            size = _pool_size(settings, len(changed))
            _grow(shared, size)
            turns.grow(size)
            fleet.apply(changed)
        fleet.tick()
        heartbeat.tick()
        for camera_id in post.requests.take() if post else ():
            if views := fleet.views(camera_id):  # on a topic those of other readers come too
                views.ask()

    # Waiting in small steps, in the caller's thread: signals are handled there.
    while (plans is not None or fleet.is_alive) and not clock.wait(stop, _POLL_EVERY_S):
        tick()
    fleet.stop()
    heartbeat.close()
    return ReaderSummary(cameras=len(fleet.workers), **asdict(fleet.tally))


def planned_cameras(plans: GatePlans, settings: Settings, software: str | None = None) -> list[Origin]:
    """The cameras of the plan that are read. `software`: see Transit."""
    return _origins(plans.gates, settings, software)


def _origins(gates: Iterable[Gate], settings: Settings, software: str | None) -> list[Origin]:
    return [
        Origin(camera=camera, gate_id=gate.id, reader_id=settings.reader.id, software=software)
        for gate in gates
        for camera in gate.cameras
        if camera.kind is CameraKind.PLATE
    ]


def plate_cameras(settings: Settings, software: str | None = None) -> list[Origin]:
    """The cameras this reader reads; `software`: see Transit. Raises SettingsError when there is none."""
    chosen = set(settings.reader.gates)
    gates = (gate.to_domain() for gate in settings.gates if not chosen or gate.id in chosen)
    cameras = _origins(gates, settings, software)
    if not cameras:
        raise SettingsError(f"gates: reader {settings.reader.id} has no camera of kind 'plate' to read")
    return cameras


def _outage(workers: Sequence[CameraWorker], plans: GatePlans | None) -> str | None:
    """One camera that is down is an alert; all of them, and the reader is of no use. A dark night is no fault."""
    if not workers and plans is not None:
        return "there is no plan yet" if plans.state.origin is PlanOrigin.NONE else None
    states = {worker.camera.id: worker.history.state for worker in workers}
    if {UP, *DEGRADED_VIEW} & set(states.values()):
        return None
    return ", ".join(f"{camera_id} is {state or 'starting'}" for camera_id, state in states.items())


def _pool(settings: Settings, cameras: int) -> ReaderPool:
    return ReaderPool(lambda: build_plate_reader(settings.reader), _pool_size(settings, cameras))


def _pool_size(settings: Settings, cameras: int) -> int:
    cores = len(os.sched_getaffinity(0))
    return max(1, min(cameras, cores // settings.reader.threads))


def _grow(shared: PlateFinder, size: int) -> None:
    """In a thread of its own: models take seconds to load, and the heartbeat goes on."""
    if not isinstance(shared, ReaderPool):
        return

    def grow() -> None:
        try:
            shared.grow(size)
        except AnprError as exc:
            log.error("more cameras share the models that are loaded: %s", exc)

    threading.Thread(target=grow, name="reader-pool", daemon=True).start()
