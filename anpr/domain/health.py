"""Who was looking, and when: the states of cameras and readers, as they change."""

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

STATES = (
    UP,
    CONNECTING,
    FINISHED,
    STOPPED,
    MODEL_ERROR,
    *POOR_SIGHT,
    DISK_FULL,
    AWAY,
    *(fault.value for fault in CameraFault),
)
"""Those this version knows; a newer reader may send others."""

MAX_CHANGES = 50
"""Changes that one report carries: enough that none is missing when reports between two of them are lost."""


class SubjectKind(StrEnum):
    """Whose state it is."""

    CAMERA = "camera"
    READER = "reader"


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
