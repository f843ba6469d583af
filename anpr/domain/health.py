# SPDX-License-Identifier: AGPL-3.0-or-later
"""Health states of cameras, readers and clocks, and the reports and intervals made of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from anpr.domain.errors import CameraFault
from anpr.domain.gate_plan import PlanState

UP = "up"
"""The only state without a problem."""
CONNECTING = "connecting"
FINISHED = "finished"
STOPPED = "stopped"
MODEL_ERROR = "model-error"
"""Frames arrive and cannot be examined, because a model throws."""
BLURRED = "blurred"
"""Frames arrive and are examined, but have not been sharp for at least a minute."""
DARK = "dark"
"""Frames arrive and are examined, but have been darker than any in which a plate was read for at least a minute."""
DAMAGED = "damaged"
"""Frames arrive, and for two minutes at least one in twenty was damaged; those are not examined."""
DEGRADED_VIEW = (BLURRED, DARK, DAMAGED)
"""States of a camera that works and whose image is too poor to read plates."""
STALLED = "stalled"
"""Frames arrive, and none has been examined for STALLED_AFTER: the thread that examines them hangs."""
DISK_FULL = "disk-full"
"""Of a reader that works and can store no transit."""
PAUSED = "paused"
"""Of a reader whose process did not run: it was stopped by a signal, or its machine stood still or slept. No transit
has a time within it; the same holds for a clock that was put forward."""
AWAY = "away"
"""Of a reader that was not heard of; set by the centre only."""

UNVERIFIED = "unverified"
"""Of a camera whose reader is away: its last report says nothing about now. Shown by the centre, never stored."""

CLOCK_SKEWED = "clock-skewed"
"""Of a reader's clock; set by the centre only."""
CLOCK_BEATS = 3
"""Heartbeats in a row that must agree about a clock: a single one may have been delayed on its way."""

STATES = (
    UP,
    CONNECTING,
    FINISHED,
    STOPPED,
    MODEL_ERROR,
    STALLED,
    *DEGRADED_VIEW,
    DISK_FULL,
    PAUSED,
    AWAY,
    CLOCK_SKEWED,
    *(fault.value for fault in CameraFault),
)
"""The states this version knows; a newer reader may send others."""

STALLED_AFTER = timedelta(seconds=10)

MAX_CHANGES = 50
"""Changes that one report carries: enough that none is missing when a few reports are lost."""


class SubjectKind(StrEnum):
    """The kind of subject that a state belongs to."""

    CAMERA = "camera"
    READER = "reader"
    CLOCK = "clock"
    """The clock of the reader with this id; set by the centre only."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """The subject has been in this state since then (UTC)."""

    state: str
    since: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthReport:
    """What a reader reports of itself or of one of its cameras at `at` (UTC): its latest changes, oldest first, at
    least one.

    Each report holds the ones before it, so that only the newest of a subject need arrive.
    """

    kind: SubjectKind
    id: str
    reader_id: str
    gate_ids: tuple[str, ...]
    at: datetime
    changes: tuple[Change, ...]
    plan: PlanState | None = None
    """Of a reader that takes its gates from the centre: what it runs on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthInterval:
    """A subject was in one state from `started_at` until `ended_at` (UTC); None while it still is."""

    kind: SubjectKind
    id: str
    reader_id: str
    gate_ids: tuple[str, ...]
    state: str
    started_at: datetime
    ended_at: datetime | None
    offset_s: float | None = None
    """Of a clock: by how many seconds it was ahead at the last heartbeat."""


def clock_state(offsets_s: Sequence[float], tolerance_s: float) -> str:
    """UP or CLOCK_SKEWED, by how far a clock was ahead (s; behind: negative) at the last heartbeats, oldest first."""
    latest = offsets_s[-CLOCK_BEATS:]
    is_off = min(latest) > tolerance_s or max(latest) < -tolerance_s
    return CLOCK_SKEWED if len(latest) == CLOCK_BEATS and is_off else UP
