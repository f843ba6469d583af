"""Who was looking, and when: the states of cameras and readers, as they change."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from anpr.domain.errors import CameraFault

UP = "up"
"""The only state in which all is well."""
CONNECTING = "connecting"
FINISHED = "finished"
STOPPED = "stopped"
MODEL_ERROR = "model-error"
"""Frames arrive and nobody can look at them, because a model throws."""
BLURRED = "blurred"
"""Frames arrive and are looked at, but nothing in them is sharp any more, for at least a minute."""
DARK = "dark"
"""Frames arrive and are looked at, but are darker than any in which a plate was read, for at least a minute."""
POOR_SIGHT = (BLURRED, DARK)
"""A camera in one of these looks, and sees little."""
DISK_FULL = "disk-full"
"""Of a reader that looks and can keep nothing of what it sees."""
AWAY = "away"
"""Of a reader that was not heard of; only the centre says so."""

CLOCK_SKEWED = "clock-skewed"
"""Of a reader's clock, as the centre judges it."""
CLOCK_BEATS = 3
"""So many heartbeats in a row must say the same of a clock: one may have been held up on its way."""

STATES = (
    UP,
    CONNECTING,
    FINISHED,
    STOPPED,
    MODEL_ERROR,
    *POOR_SIGHT,
    DISK_FULL,
    AWAY,
    CLOCK_SKEWED,
    *(fault.value for fault in CameraFault),
)
"""Those this version knows; a newer reader may send others."""

MAX_CHANGES = 50
"""Changes that one report carries: enough that none is missing when reports between two of them are lost."""


class SubjectKind(StrEnum):
    """Whose state it is."""

    CAMERA = "camera"
    READER = "reader"
    CLOCK = "clock"
    """Of the reader with this id; only the centre says so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """The subject has been in this state since then (UTC)."""

    state: str
    since: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthReport:
    """What a reader says of itself or of one of its cameras at `at`: the latest changes, oldest first, never none.

    Each report holds the ones before it, so that only the newest of a subject need arrive.
    """

    kind: SubjectKind
    id: str
    reader_id: str
    gate_ids: tuple[str, ...]
    at: datetime
    changes: tuple[Change, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthInterval:
    """A subject was in one state from `started_at` until `ended_at`; None while it still is."""

    kind: SubjectKind
    id: str
    reader_id: str
    gate_ids: tuple[str, ...]
    state: str
    started_at: datetime
    ended_at: datetime | None
    offset_s: float | None = None
    """Of a clock: by how many seconds it was ahead when last heard of."""


def clock_state(offsets_s: Sequence[float], tolerance_s: float) -> str:
    """UP or CLOCK_SKEWED, by how far it was ahead at the last heartbeats (behind: negative)."""
    latest = offsets_s[-CLOCK_BEATS:]
    is_off = min(latest) > tolerance_s or max(latest) < -tolerance_s
    return CLOCK_SKEWED if len(latest) == CLOCK_BEATS and is_off else UP
