# SPDX-License-Identifier: AGPL-3.0-or-later
"""Fields of the forms about users: what a typed last day stands for, and what is wrong with it."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import Form, Path

from anpr.console.fields import Line
from anpr.console.state import Console
from anpr.domain.errors import AnprError
from anpr.domain.organisation import MANAGER
from anpr.store.database.connection import Connection
from anpr.store.organisations.registry import organisation_names

Day = Annotated[Line, Form(max_length=20)]
"""A day as the browser's own field sends it, 2026-12-31; empty: none."""

UserName = Annotated[Line, Path(max_length=64)]
"""The name of a user in an address."""


class UserFaultError(AnprError):
    """A form about a user that cannot be done; `key` is the message that says why."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


def administered(console: Console, conn: Connection) -> dict[str, str]:
    """The organisations, with their names by id, whose users the visitor administers: all of them for the manager's."""
    names = organisation_names(conn)
    own = console.scope.organisation_id
    return names if own == MANAGER else {own: names[own]}


def last_day(text: str, now: datetime) -> date | None:
    """The last day (UTC) that was typed; None when it is empty. Raises UserFaultError."""
    if not text.strip():
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        raise UserFaultError("users.no_day") from None
    if day < now.astimezone(UTC).date():
        raise UserFaultError("users.past_day")
    return day
