# SPDX-License-Identifier: AGPL-3.0-or-later
"""Read model of alarms: each with its sightings, the names of gates and watchlists, images, and what happened to it.

However many alarms are asked for, and however many entries the watchlists hold, a page of them takes one statement.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from anpr.domain.alarm import Alarm, AlarmEvent, AlarmEventKind, AlarmKind, AlarmState, Sighting
from anpr.domain.gate import Direction
from anpr.domain.transit import ImageRole
from anpr.domain.watchlist import Priority
from anpr.store.alarms.rows import from_row as alarm_from_row
from anpr.store.alarms.rows import sighting_from_row
from anpr.store.alarms.tally import AlarmTally, tally_alarms
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries

PAGE_LIMIT = 50
"""Alarms on one page of the board or of the closed ones; the rest is on the next ones."""

STEP_LIMIT = 200
"""Alarms in one step of a sweep or replay."""

MOST_SIGHTINGS = 20
"""Of one alarm that are shown; `AlarmView.seen` is how many there are."""

MOST_EVENTS = 30
"""Of one alarm that are shown, the newest."""

MAX_ID = 2**63 - 1
_SQL = load_queries("alarms")


@dataclass(frozen=True, kw_only=True, slots=True)
class SightingView:
    """A sighting with the names beside it. `roles` are the images its transit came with, and `country` is what the
    reader made of the plate; both are told of an alarm's first one alone, as `direction` and `has_transit` are."""

    sighting: Sighting
    gate_name: str
    watchlist_name: str
    roles: frozenset[ImageRole] = frozenset()
    has_transit: bool = False
    country: str | None = None
    direction: Direction | None = None
    may_view: bool = True
    """Whether who asks may view its images."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmView:
    """An alarm with what an operator needs beside it: of its sightings those that who asks may see, never none."""

    alarm: Alarm
    sightings: tuple[SightingView, ...]
    """The newest first, MOST_SIGHTINGS at most; asked for a transit, its own come first."""
    seen: int = 1
    """How many sightings there are."""
    lists: frozenset[str] = frozenset()
    """Ids of the lists that name the vehicle."""
    gates: frozenset[str] = frozenset()
    """Ids of the gates that it passed."""
    events: tuple[AlarmEvent, ...] = ()
    """What people did, oldest first; the newest MOST_EVENTS."""
    instructions: tuple[str, ...] = ()
    """What to do or whom to call, as the entries say, else their lists; that of the most urgent list first."""
    may_handle: bool = True
    """Whether who asks may take and close it: at another organisation's gate an agreement says."""

    @property
    def latest(self) -> SightingView:
        """The one that the alarm is shown by: the newest, or that of the transit that was asked for."""
        return self.sightings[0]

    def of_transit(self, transit_id: UUID) -> list[SightingView]:
        """Those of one transit: one for each entry that names it."""
        return [each for each in self.sightings if each.sighting.transit_id == transit_id]


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmFilter:
    """Which alarms of a page; what is None does not narrow."""

    watchlist: str | None = None
    """Id of a list that names the vehicle."""
    priority: Priority | None = None
    kind: AlarmKind | None = None
    gate: str | None = None
    """Id of a gate that it passed."""
    holder: str | None = None
    """Who has it."""
    is_untaken: bool = False
    """Only those that nobody has."""


ALL_ALARMS = AlarmFilter()


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class BoardPlace:
    """Where an alarm stands on the board, as the key of the page after it: `rank` by state and priority, 0 the first
    (see migration 48), then its `id`, the newest first."""

    rank: int = 0
    id: int = MAX_ID


_CLOSED_RANK = 6
_PRIORITIES = {Priority.HIGH: 0, Priority.MEDIUM: 1, Priority.LOW: 2}


def board_place(alarm: Alarm) -> BoardPlace:
    """The place of this alarm as it is now; the same as alarm_rank() in the database."""
    priority = _PRIORITIES[alarm.priority]
    if alarm.state is AlarmState.CLOSED:
        return BoardPlace(rank=_CLOSED_RANK + priority, id=alarm.id)
    return BoardPlace(rank=2 * priority + (alarm.state is not AlarmState.RAISED), id=alarm.id)


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

    def changed_after(self, version: int) -> list[AlarmView]:
        """Up to STEP_LIMIT alarms in any state that changed after this version, in the order of their changes."""
        return self._read("list_changed_after", after=version, limit=STEP_LIMIT)

    def board(self, after: BoardPlace = BoardPlace(), which: AlarmFilter = ALL_ALARMS) -> list[AlarmView]:
        """The PAGE_LIMIT alarms of the board after this place: the highest priority first, in it those that nobody has
        acknowledged, in them the newest.

        Without those from the past, which come in numbers and must not push one of now off the page.
        """
        return self._read("list_board", rank=after.rank, below=after.id, limit=PAGE_LIMIT, **_values(which))

    def count(self, which: AlarmFilter) -> int:
        """How many alarms are on the board with this filter."""
        with self._transaction() as conn:
            return int(one_row(conn, _SQL["count_board"], _values(which))["count"])

    def of_patrol(self, user: str, area: Sequence[str], limit: int = PAGE_LIMIT) -> list[AlarmView]:
        """Live alarms that were seen at one of these gates (none: at any), and those that this user has, which come
        first."""
        return self._read("list_patrol", user=user, area=list(area), limit=limit)

    def past(self, below: int = MAX_ID) -> list[AlarmView]:
        """The PAGE_LIMIT newest alarms from the past that are not closed, with ids below this."""
        return self._read("list_past", below=below, limit=PAGE_LIMIT)

    def tally(self) -> AlarmTally:
        """How many are not closed."""
        with self._transaction() as conn:
            return tally_alarms(conn)

    def newest_id(self) -> int:
        """The highest id there is; 0 when there is no alarm."""
        return int(self._newest()["id"])

    def newest_version(self) -> int:
        """That of the latest change; 0 when there is no alarm."""
        return int(self._newest()["version"])

    def _newest(self) -> dict[str, Any]:
        with self._transaction() as conn:
            return one_row(conn, _SQL["newest"])

    def _read(self, query: str, **values: object) -> list[AlarmView]:
        with self._transaction() as conn:
            return _views(conn, query, **values)


def _views(conn: Connection, query: str, **values: object) -> list[AlarmView]:
    text = b" ".join((_SQL["view_head"], _SQL[query], _SQL["view_tail"]))
    limits = {"transit": None, "most_sightings": MOST_SIGHTINGS, "most_events": MOST_EVENTS}
    rows = conn.execute(text, {**limits, **values}).fetchall()
    return [_view(list(of_one)) for _, of_one in groupby(rows, key=lambda row: row["place"])]


def _view(rows: list[dict[str, Any]]) -> AlarmView:
    first = rows[0]
    return AlarmView(
        alarm=alarm_from_row(first),
        sightings=tuple(_sighting(row) for row in rows),
        seen=first["seen"],
        lists=frozenset(first["watchlists"]),
        gates=frozenset(first["gate_ids"]),
        events=tuple(_event(first["id"], told) for told in first["events"] or ()),
        instructions=tuple(first["instructions"] or ()),
        may_handle=first["may_handle"],
    )


def _sighting(row: dict[str, Any]) -> SightingView:
    told = {name.removeprefix("s_"): value for name, value in row.items() if name.startswith("s_")}
    return SightingView(
        sighting=sighting_from_row({**told, "alarm_id": row["id"]}),
        gate_name=row["gate_name"],
        watchlist_name=row["watchlist_name"],
        roles=frozenset(ImageRole(role) for role, _, _ in row["images"] or ()) if row["may_view"] else frozenset(),
        has_transit=row["has_transit"],
        country=row["country"],
        direction=Direction(row["direction"]) if row["direction"] else None,
        may_view=row["may_view"],
    )


def _event(alarm_id: int, told: dict[str, Any]) -> AlarmEvent:
    when, kind = datetime.fromisoformat(told["at"]), AlarmEventKind(told["kind"])
    return AlarmEvent(id=told["id"], alarm_id=alarm_id, at=when, author=told["author"], kind=kind, text=told["text"])


def _values(which: AlarmFilter) -> dict[str, str | bool | None]:
    return {
        "watchlist": which.watchlist,
        "priority": str(which.priority) if which.priority else None,
        "kind": str(which.kind) if which.kind else None,
        "gate": which.gate,
        "holder": which.holder,
        "untaken": which.is_untaken,
    }
