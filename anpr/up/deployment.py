# SPDX-License-Identifier: AGPL-3.0-or-later
"""What `anpr up` runs on one machine, and its summary at the end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from anpr.domain.access import Role
from anpr.domain.organisation import MANAGER
from anpr.settings import Settings
from anpr.store.database.connection import Connection

Echo = Callable[[str], None]
"""Shows one line to the person at the terminal."""


def _no_preparation(_conn: Connection) -> None:
    """No preparation of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstUser:
    """A user who is made with a one-time password at the first start."""

    name: str
    role: Role
    organisation_id: str = MANAGER


FIRST_USERS = (
    FirstUser(name="operatore", role=Role.OPERATOR),
    FirstUser(name="revisore", role=Role.AUDITOR),
    FirstUser(name="amministratore", role=Role.ADMINISTRATOR),
)


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """The settings, the file that the parts read them from, and what to put into the database first."""

    settings: Settings
    settings_file: Path | None
    prepare: Callable[[Connection], None] = _no_preparation
    """Before the gates are stored."""
    first_users: Sequence[FirstUser] = FIRST_USERS
    notes: Sequence[str] = ()
    """Further lines for the person at the terminal, once everything runs."""


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What happened from the moment everything ran; `restarts` counts parts that crashed and were started again."""

    frames: int
    plates: int
    transits: int
    alarms: int
    forwarded: int
    seconds: float
    restarts: int
