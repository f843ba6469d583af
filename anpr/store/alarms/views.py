# SPDX-License-Identifier: AGPL-3.0-or-later
"""Read model of alarms: each with the names of its gate and watchlist, and the images its transit came with.

However many alarms are asked for, and however many entries the watchlists hold, a page of them takes one statement.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from anpr.domain.alarm import Alarm, AlarmState
from anpr.domain.transit import ImageRole
from anpr.domain.watchlist import Priority
from anpr.store.alarms.rows import from_row as alarm_from_row
from anpr.store.alarms.rows import list_alarms
from anpr.store.alarms.tally import AlarmTally, tally_alarms
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

PAGE_LIMIT = 50
"""Alarms on one page of the board or of the closed ones; the rest is on the next ones."""

STEP_LIMIT = 200
"""Alarms in one step of a sweep or replay."""

MAX_ID = 2**63 - 1
_SQL = load_queries("alarms")


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmView:
    """An alarm with what an operator needs beside it. `roles` are the images its transit came with; `country` is
    what the reader made of the plate read."""

    alarm: Alarm
    gate_name: str
    watchlist_name: str
    roles: frozenset[ImageRole]
    has_transit: bool
    country: str | None
    may_handle: bool = True
    """Whether who asks may take and close it: at another organisation's gate an agreement says."""
    may_view: bool = True
    """Whether they may view its images."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmFilter:
    """Which alarms of a page: those of one watchlist (by id), of one priority, or all."""

    watchlist: str | None = None
    priority: Priority | None = None


ALL_ALARMS = AlarmFilter()


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class BoardPlace:
    """Where an alarm stands on the board, as the key of the page after it: `rank` by state and priority, 0 the first
    (see migration 12), then its `id`, the newest first."""

    rank: int = 0
    id: int = MAX_ID


_RANKS = {AlarmState.RAISED: 0, AlarmState.ACKNOWLEDGED: 3, AlarmState.CLOSED: 6}
_PRIORITIES = {Priority.HIGH: 0, Priority.MEDIUM: 1, Priority.LOW: 2}


def board_place(alarm: Alarm) -> BoardPlace:
    """The place of this alarm as it is now; the same as alarm_rank() in the database."""
    return BoardPlace(rank=_RANKS[alarm.state] + _PRIORITIES[alarm.priority], id=alarm.id)


def views_of_transit(conn: Connection, transit_id: UUID) -> list[AlarmView]:
    """All alarms of a transit, oldest first."""
    return _views(conn, "list_of_transit", transit=transit_id)


class StoredAlarms:
    """Alarms read from the database, each time in a transaction of its own. Every method raises StoreError."""

    def __init__(self, transaction: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._transaction = transaction

    def one(self, alarm_id: int) -> AlarmView | None:
        """One alarm; None when there is none (any more)."""
        return next(iter(self.some([alarm_id])), None)

    def some(self, ids: Iterable[int]) -> list[AlarmView]:
        """Those of these ids that there are, oldest first."""
        return self._read("list_by_id", ids=list(ids))

    def raised_after(self, alarm_id: int) -> list[AlarmView]:
        """Up to STEP_LIMIT alarms in any state with ids above `alarm_id`, oldest first."""
        return self._read("list_raised_after", after=alarm_id, limit=STEP_LIMIT)

    def board(self, after: BoardPlace = BoardPlace(), which: AlarmFilter = ALL_ALARMS) -> list[AlarmView]:
        """The PAGE_LIMIT alarms of the board after this place: those nobody has acknowledged first, in them the highest
        priority, in it the newest.

        Without those from the past, which come in numbers and must not push one of now off the page.
        """
        return self._read("list_board", rank=after.rank, below=after.id, limit=PAGE_LIMIT, **_values(which))

    def past(self, below: int = MAX_ID) -> list[AlarmView]:
        """The PAGE_LIMIT newest alarms from the past that are not closed, with ids below this."""
        return self._read("list_past", below=below, limit=PAGE_LIMIT)

    def closed(self, below: int = MAX_ID, which: AlarmFilter = ALL_ALARMS) -> list[AlarmView]:
        """The PAGE_LIMIT newest closed alarms with ids below this, newest first."""
        return self._read("list_closed", below=below, limit=PAGE_LIMIT, **_values(which))

    def tally(self) -> AlarmTally:
        """How many are not closed."""
        with self._transaction() as conn:
            return tally_alarms(conn)

    def newest_id(self) -> int:
        """The highest id there is; 0 when there is no alarm."""
        with self._transaction() as conn:
            return max((alarm.id for alarm in list_alarms(conn, limit=1)), default=0)

    def _read(self, query: str, **values: object) -> list[AlarmView]:
        with self._transaction() as conn:
            return _views(conn, query, **values)


def _views(conn: Connection, query: str, **values: object) -> list[AlarmView]:
    text = b" ".join((_SQL["view_head"], _SQL[query], _SQL["view_tail"]))
    return [_view(row) for row in conn.execute(text, values)]


def _view(row: dict[str, Any]) -> AlarmView:
    return AlarmView(
        alarm=alarm_from_row(row),
        gate_name=row["gate_name"],
        watchlist_name=row["watchlist_name"],
        roles=frozenset(ImageRole(role) for role, _, _ in row["images"] or ()) if row["may_view"] else frozenset(),
        has_transit=row["has_transit"],
        country=row["country"],
        may_handle=row["may_handle"],
        may_view=row["may_view"],
    )


def _values(which: AlarmFilter) -> dict[str, str | None]:
    return {"watchlist": which.watchlist, "priority": str(which.priority) if which.priority else None}
