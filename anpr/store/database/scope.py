# SPDX-License-Identifier: AGPL-3.0-or-later
"""Scope of a transaction: for which organisation the console acts. PostgreSQL's row-level security goes by it."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg

_SET = (
    b"SELECT set_config('anpr.organisation', %s, true), set_config('anpr.day', %s, true),"
    b" set_config('anpr.user', %s, true)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """What the rows of a transaction are limited to: what is open to this organisation on this day (local).

    A transaction of the console's role that has no scope sees no row of anything that belongs to an organisation. Other
    roles are not limited by it.
    """

    organisation_id: str
    day: date
    user: str = ""
    """For which person it acts: what is limited to its members, they see. Empty: for none."""


ITSELF = Scope(organisation_id="*", day=date.min)
"""The console itself, on nobody's behalf: accounts and sessions, the whole audit's chain, and alarms to tell of. Not
transits, nor images."""


def limit_to(conn: psycopg.Connection[Any], scope: Scope) -> None:
    """Limit the transaction under way, until its end."""
    conn.execute(_SET, (scope.organisation_id, scope.day.isoformat(), scope.user))
