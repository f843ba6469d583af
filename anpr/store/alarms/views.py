# SPDX-License-Identifier: AGPL-3.0-or-later
"""Read model of alarms: each with the names of its gate and watchlist, and the images its transit came with.

However many alarms are asked for, and however many entries the watchlists hold, a call takes four statements or five.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from anpr.domain.alarm import Alarm, AlarmState
from anpr.domain.transit import ImageRole
from anpr.store.alarms.rows import count_open_retro, get_alarm, list_alarms
from anpr.store.database.connection import Connection
from anpr.store.gates import gate_names
from anpr.store.transits.rows import get_transits
from anpr.store.watchlists.lists import watchlist_names

PAGE_LIMIT = 200
"""Alarms on one page, and in one step of a sweep or replay."""

RETRO_LIMIT = 50
"""Alarms from the past on the page of open ones, which also says how many there are in all."""

_OPEN = (AlarmState.RAISED, AlarmState.ACKNOWLEDGED)


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


def view_alarms(conn: Connection, alarms: Sequence[Alarm]) -> list[AlarmView]:
    """The given alarms, in their order, with their names and images."""
    if not alarms:
        return []
    gates, lists = gate_names(conn), watchlist_names(conn)
    transits = get_transits(conn, {(alarm.transit_id, alarm.captured_at) for alarm in alarms})
    views = []
    for alarm in alarms:
        stored = transits.get(alarm.transit_id)
        views.append(
            AlarmView(
                alarm=alarm,
                gate_name=gates.get(alarm.gate_id, alarm.gate_id),
                watchlist_name=lists.get(alarm.watchlist_id, alarm.watchlist_id),
                roles=frozenset(image.role for image in stored.transit.images) if stored else frozenset(),
                has_transit=stored is not None,
                country=stored.transit.country if stored else None,
            )
        )
    return views


class StoredAlarms:
    """Alarms read from the database, each time in a transaction of its own. Every method raises StoreError."""

    def __init__(self, transaction: Callable[[], AbstractContextManager[Connection]]) -> None:
        self._transaction = transaction

    def one(self, alarm_id: int) -> AlarmView | None:
        """One alarm; None when there is none (any more)."""
        with self._transaction() as conn:
            alarm = get_alarm(conn, alarm_id)
            return view_alarms(conn, [alarm])[0] if alarm else None

    def raised_after(self, alarm_id: int) -> list[AlarmView]:
        """Up to PAGE_LIMIT alarms in any state with ids above `alarm_id`, oldest first."""
        with self._transaction() as conn:
            return view_alarms(conn, list_alarms(conn, None, alarm_id, PAGE_LIMIT))

    def open(self) -> list[AlarmView]:
        """The PAGE_LIMIT newest alarms that are not closed: those nobody has acknowledged first, the newest on top.

        Without those from the past, which come in numbers and must not push one of now off the page.
        """
        with self._transaction() as conn:
            alarms = list_alarms(conn, _OPEN, None, PAGE_LIMIT, retro=False)
            return view_alarms(conn, sorted(alarms, key=lambda alarm: alarm.state is not AlarmState.RAISED))

    def open_retro(self) -> tuple[list[AlarmView], int]:
        """The RETRO_LIMIT newest alarms from the past that are not closed, and how many there are."""
        with self._transaction() as conn:
            return view_alarms(conn, list_alarms(conn, _OPEN, None, RETRO_LIMIT, retro=True)), count_open_retro(conn)

    def closed(self) -> list[AlarmView]:
        """The PAGE_LIMIT newest closed alarms, newest first."""
        with self._transaction() as conn:
            return view_alarms(conn, list_alarms(conn, (AlarmState.CLOSED,), None, PAGE_LIMIT))

    def newest_id(self) -> int:
        """The highest id there is; 0 when there is no alarm."""
        with self._transaction() as conn:
            return max((alarm.id for alarm in list_alarms(conn, limit=1)), default=0)
