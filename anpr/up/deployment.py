"""What `anpr up` runs, and what comes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from anpr.settings import Settings
from anpr.store.database.connection import Connection

Say = Callable[[str], None]
"""Tell the person at the terminal one line."""


def _nothing(_conn: Connection) -> None:
    """No preparation of its own."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """The settings, the file that the parts read them from, and what to put into the database first."""

    settings: Settings
    settings_file: Path | None
    prepare: Callable[[Connection], None] = _nothing


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What happened from the moment everything ran; `falls` counts parts that fell over and were started again."""

    frames: int
    plates: int
    transits: int
    alarms: int
    forwarded: int
    seconds: float
    falls: int
