# SPDX-License-Identifier: AGPL-3.0-or-later
"""Author of a change: whom its row in the audit names, and when it was made."""

from dataclasses import dataclass
from datetime import datetime

from anpr.store.database.connection import Connection

_SET = b"SELECT set_config('anpr.author', %s, true), set_config('anpr.at', %s, true)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Author:
    """Who changes something, and when (UTC)."""

    name: str
    at: datetime


def act_as(conn: Connection, author: Author) -> None:
    """What this transaction puts on lists, it does for this author and at this moment (migration 41)."""
    conn.execute(_SET, (author.name, author.at.isoformat()))
