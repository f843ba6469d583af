"""Alarms as the pages show them: with the names of gate and watchlist, and the pictures there are."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from anpr.domain.alarm import Alarm, AlarmState
from anpr.domain.transit import ImageRole
from anpr.store.alarms.rows import count_open_retro, get_alarm, list_alarms
from anpr.store.database.connection import Connection
from anpr.store.gates import list_gates
from anpr.store.transits.rows import get_transit
from anpr.store.watchlists.lists import list_watchlists

PAGE_LIMIT = 200
"""Alarms on one page, and in one step of a sweep or replay."""

RETRO_LIMIT = 50
"""Alarms from the past on the page of open ones; how many there are is said beside them."""

_OPEN = (AlarmState.RAISED, AlarmState.ACKNOWLEDGED)


@dataclass(frozen=True, kw_only=True, slots=True)
class AlarmView:
    """An alarm with what an operator needs beside it. `roles` are the pictures its transit came with; `country` is
    what the reader made of the plate read."""

    alarm: Alarm
    gate_name: str
    watchlist_name: str
    roles: frozenset[ImageRole]
    has_transit: bool
    country: str | None


def view_alarms(conn: Connection, alarms: Iterable[Alarm]) -> list[AlarmView]:
    """The given alarms with their names and pictures."""
    gates = gate_names(conn)
    lists = {watchlist.id: watchlist.name for watchlist, _ in list_watchlists(conn)}
    return [_view(conn, alarm, gates, lists) for alarm in alarms]


def gate_names(conn: Connection) -> dict[str, str]:
    """What people call each gate, by id."""
    return {gate.id: gate.name for gate in list_gates(conn)}


class StoredAlarms:
    """Alarms read from the database, each time in a transaction of its own."""

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
            alarms = list_alarms(conn, None, alarm_id, PAGE_LIMIT)
            return view_alarms(conn, alarms) if alarms else []

    def open(self) -> list[AlarmView]:
        """The PAGE_LIMIT newest alarms that are not closed: those nobody has taken first, the newest on top. Without
        those from the past, which come in numbers and must not push one of now off the page."""
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


def _view(conn: Connection, alarm: Alarm, gates: dict[str, str], lists: dict[str, str]) -> AlarmView:
    stored = get_transit(conn, alarm.transit_id)
    return AlarmView(
        alarm=alarm,
        gate_name=gates.get(alarm.gate_id, alarm.gate_id),
        watchlist_name=lists.get(alarm.watchlist_id, alarm.watchlist_id),
        roles=frozenset(image.role for image in stored.transit.images) if stored else frozenset(),
        has_transit=stored is not None,
        country=stored.transit.country if stored else None,
    )
