# SPDX-License-Identifier: AGPL-3.0-or-later
"""Heartbeat: reports reader and camera health on every change, and at a fixed interval so that silence is detected.

It also notices that it was not called for a while: then the whole process did not run.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from anpr.domain.errors import MessageError, OutboxFullError, TransportError
from anpr.domain.gate_plan import PlanState
from anpr.domain.health import DISK_FULL, MAX_CHANGES, PAUSED, STOPPED, UP, Change, HealthReport, SubjectKind
from anpr.edge.state_history import StateHistory
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import READER_PAUSED_S

log = logging.getLogger(__name__)

READER_EVERY_S = 30.0
"""The centre marks a reader away after three missed reports."""
CAMERA_EVERY_S = 600.0
_CHECK_EVERY_S = 1.0
_RETRY_S = 10.0
PAUSE_S = 3.0
"""A reader that is not called for so long did not run; it is called several times a second."""


class HealthSink(Protocol):
    """Where health reports go: the outbox."""

    @property
    def is_full(self) -> bool:
        """Whether it refuses transits because the disk is full."""

    def put_health(self, report: HealthReport) -> None:
        """Store a report in place of the subject's last one. Raises OutboxFullError or TransportError."""


class Heartbeat:
    """The heartbeat of one reader. Not thread-safe.

    A report that cannot be stored is made again later: each report holds what the ones before it said.
    """

    def __init__(
        self,
        reader_id: str,
        cameras: Mapping[str, tuple[str, StateHistory]],
        sink: HealthSink,
        clock: Clock,
        plan_state: Callable[[], PlanState | None] = lambda: None,
    ) -> None:
        """`cameras` gives the gate id and the state history of each camera by its id; `plan_state` says what a reader
        whose gates come from the centre runs on."""
        self._reader_id = reader_id
        self._cameras = dict(cameras)
        self._gone: dict[str, tuple[str, StateHistory]] = {}
        self._sink = sink
        self._clock = clock
        self._plan_state = plan_state
        self._told_plan: PlanState | None = None
        self._own: tuple[Change, ...] = (Change(state=UP, since=clock.now()),)
        self._reported: dict[str, Sequence[Change]] = {}
        self._due: dict[str, float] = {}
        self._check_at = float("-inf")
        self._called_at = clock.now()

    def watch(self, camera_id: str, gate_id: str, history: StateHistory) -> None:
        """Report this camera too, or at this gate from now on."""
        self._gone.pop(camera_id, None)
        self._cameras[camera_id] = (gate_id, history)
        self._reported.pop(f"{SubjectKind.CAMERA}/{camera_id}", None)

    def forget(self, camera_id: str) -> None:
        """Report this camera for the last time: how it ended."""
        if camera_id in self._cameras:
            self._gone[camera_id] = self._cameras.pop(camera_id)

    def tick(self) -> None:
        """Report what is due. Called several times a second, and cheap. Never raises for an outbox that accepts nothing
        now."""
        self._note_pause()
        for _, history in self._cameras.values():
            history.check(self._clock.now())
        if self._clock.monotonic() >= self._check_at:
            self._check_at = self._clock.monotonic() + _CHECK_EVERY_S
            self._report()
        self._called_at = self._clock.now()  # what the outbox took is no pause: the cameras' threads went on

    def close(self) -> None:
        """Report that the reader stops, so that its silence is not taken for an outage."""
        self._become(STOPPED)
        self._report()

    def _note_pause(self) -> None:
        """By the wall clock, since the monotonic one stands still while a machine sleeps."""
        paused_s = (self._clock.now() - self._called_at).total_seconds()
        if paused_s > PAUSE_S:
            log.warning("reader %s: did not run for %.1f s", self._reader_id, paused_s)
            READER_PAUSED_S.inc(paused_s)
            self._become(PAUSED, self._called_at)
            self._check_at = float("-inf")

    def _become(self, state: str, since: datetime | None = None) -> None:
        """`since` (UTC): now, unless it is given."""
        last = self._own[-1]
        if state != last.state:
            change = Change(state=state, since=max(since or self._clock.now(), last.since))
            self._own = (*self._own, change)[-MAX_CHANGES:]

    def _report(self) -> None:
        if self._own[-1].state != STOPPED:
            self._become(DISK_FULL if self._sink.is_full else UP)
        try:
            self._send_own()
            for camera_id, (gate_id, history) in self._cameras.items():
                self._send(SubjectKind.CAMERA, camera_id, (gate_id,), history.changes)
            for camera_id, (gate_id, history) in list(self._gone.items()):
                self._send(SubjectKind.CAMERA, camera_id, (gate_id,), history.changes)
                self._forget_now(camera_id)
        except (OutboxFullError, TransportError, MessageError) as exc:
            self._check_at = self._clock.monotonic() + _RETRY_S
            log.error("reader %s: its state cannot be told, next try in %.0f s: %s", self._reader_id, _RETRY_S, exc)

    def _forget_now(self, camera_id: str) -> None:
        del self._gone[camera_id]
        for known in (self._reported, self._due):
            known.pop(f"{SubjectKind.CAMERA}/{camera_id}", None)

    def _send_own(self) -> None:
        plan = self._plan_state()
        if plan != self._told_plan:
            self._due.pop(f"{SubjectKind.READER}/{self._reader_id}", None)
        gate_ids = tuple(sorted({gate_id for gate_id, _ in self._cameras.values()}))
        self._send(SubjectKind.READER, self._reader_id, gate_ids, self._own, plan)
        self._told_plan = plan

    def _send(
        self,
        kind: SubjectKind,
        subject_id: str,
        gate_ids: tuple[str, ...],
        changes: tuple[Change, ...],
        plan: PlanState | None = None,
    ) -> None:
        key = f"{kind}/{subject_id}"
        is_due = self._clock.monotonic() >= self._due.get(key, float("-inf"))
        if not changes or (changes == self._reported.get(key) and not is_due):
            return
        report = HealthReport(
            kind=kind,
            id=subject_id,
            reader_id=self._reader_id,
            gate_ids=gate_ids,
            at=max(self._clock.now(), changes[-1].since),
            changes=changes,
            plan=plan,
        )
        self._sink.put_health(report)
        self._reported[key] = changes
        self._due[key] = self._clock.monotonic() + (READER_EVERY_S if kind is SubjectKind.READER else CAMERA_EVERY_S)
