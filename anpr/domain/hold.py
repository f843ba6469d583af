# SPDX-License-Identifier: AGPL-3.0-or-later
"""Legal hold: transits with their images are kept past their day for a case, until an end that somebody has set."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from anpr.domain.errors import InputError

LONGEST = timedelta(days=5 * 366)
"""From today. What is kept longer belongs in the case's own file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hold:
    """What passed in [since, until) (UTC) is kept: one transit, a plate, a gate, or a plate at a gate; or
    only the transits that are listed with it.

    `ends_on` is the last day (UTC) on which it is kept; `ended_at` when it was over, None while it holds.
    """

    id: int = 0
    case_reference: str
    reason: str
    author: str
    made_at: datetime
    since: datetime
    until: datetime
    ends_on: date
    plate: str | None = None
    gate_id: str | None = None
    transit_id: UUID | None = None
    is_listed: bool = False
    """Whether it keeps the transits that were listed when it was made, and no others."""
    ended_at: datetime | None = None
    ended_by: str | None = None


def check_range(since: datetime, until: datetime) -> None:
    """Raises InputError when nothing lies in it."""
    if until <= since:
        raise InputError("--until: expected a time after --since")


def check_end(ends_on: date, today: date) -> None:
    """Raises InputError for a last day that is over already, or very far away."""
    if ends_on < today:
        raise InputError(f"--ends-on: {ends_on.isoformat()} is over")
    if ends_on > today + LONGEST:
        raise InputError(f"--ends-on: at most five years from today, {(today + LONGEST).isoformat()}")
