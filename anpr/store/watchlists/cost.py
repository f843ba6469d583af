# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cost preview of a list (backtest): what it, or a file, would have raised in the transits that are stored, day by day.

The whole week of a large site takes seconds, so each question is for one day: whoever asks sees them come, and stops it
by not asking for the next one. It is done in SQL alone, with the rules of `anpr.domain.watchlist`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from anpr.domain.watchlist import MatchMode
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries
from anpr.store.watchlists.entries import NewEntry, stage_entries

DAYS = 7
EXAMPLES = 12
"""Pictures at most, of all days."""
_MOST_LOOSE = 50
"""Partial plates without a known beginning or end, such as `*B12C*`, that are looked for: each is compared with every
transit."""
_SQL = load_queries("list_cost")


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """How a list would compare plates."""

    watchlist_id: str
    match: MatchMode
    min_probability: float


@dataclass(frozen=True, kw_only=True, slots=True)
class DayCost:
    """Of one day: transits seen, those that would raise an alarm, and of these the ones with another plate read."""

    transits: int
    alarms: int
    doubtful: int
    left_out: int
    """Partial plates that were not looked for."""
    examples: Sequence[UUID]
    """Transits that would raise one, the doubtful first."""


def replay(
    conn: Connection,
    rule: Rule,
    since: datetime,
    before: datetime,
    *,
    examples: int = EXAMPLES,
    file: Sequence[NewEntry] | None = None,
) -> DayCost:
    """What the list would have raised of what was captured in [since, before); `file`: what these entries would."""
    stage_entries(conn, file or ())
    if file:
        conn.execute("ANALYZE staging_entries")
    conn.execute(_SQL["plan"])
    values = {
        "watchlist_id": rule.watchlist_id,
        "match": str(rule.match),
        "min_probability": rule.min_probability,
        "since": since,
        "before": before,
        "examples": examples,
        "from_file": file is not None,
        "most_loose": _MOST_LOOSE,
    }
    return DayCost(**one_row(conn, _SQL["replay"], values))
