# SPDX-License-Identifier: AGPL-3.0-or-later
"""Alarms without a database: a view of an alarm, and stand-ins for where the feed reads them."""

import queue
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

from anpr.domain.alarm import Alarm, AlarmKind, AlarmState, Sighting
from anpr.domain.errors import StoreError
from anpr.domain.organisation import MANAGER
from anpr.domain.watchlist import Priority
from anpr.store.alarms.tally import AlarmTally
from anpr.store.alarms.views import AlarmView, SightingView
from anpr.store.database.connection import Database, Notification
from scripts.lab.transits import START, uuid7_of


class Notes(Database):
    """A database that notifies what a test puts into `sent`, until it fails."""

    def __init__(self) -> None:
        self.fail = threading.Event()
        self.sent: queue.SimpleQueue[Notification] = queue.SimpleQueue()

    def notify(self, channel: str, alarm_id: int) -> None:
        """As PostgreSQL's NOTIFY."""
        self.sent.put(Notification(channel=channel, payload=str(alarm_id)))

    def notifications(self, channels: str | Sequence[str], stop: threading.Event) -> Iterator[Notification]:
        """Those on these channels, in their order."""
        while not stop.is_set() and not self.fail.is_set():
            try:
                note = self.sent.get(timeout=0.01)
            except queue.Empty:
                continue
            if note.channel == channels or note.channel in list(channels):
                yield note
            else:
                self.sent.put(note)
        if self.fail.is_set():
            raise StoreError("database: gone")


class Alarms:
    """Alarms a test adds."""

    def __init__(self, *views: AlarmView) -> None:
        self.views = list(views)

    def one(self, alarm_id: int) -> AlarmView | None:
        """As AlarmSource."""
        return next((view for view in self.views if view.alarm.id == alarm_id), None)

    def changed_after(self, version: int) -> list[AlarmView]:
        """As AlarmSource."""
        changed = [view for view in self.views if view.alarm.version > version]
        return sorted(changed, key=lambda view: view.alarm.version)

    def newest_version(self) -> int:
        """As AlarmSource."""
        return max((view.alarm.version for view in self.views), default=0)

    def tally(self) -> AlarmTally:
        """As ShownAlarms."""
        raised = Counter(view.alarm.priority for view in self.views if view.alarm.state is AlarmState.RAISED)
        return AlarmTally(raised=dict(raised))


def view_of(
    number: int, state: AlarmState = AlarmState.RAISED, *, retro: bool = False, version: int | None = None
) -> AlarmView:
    """The alarm with this id; its version is its id, unless it is said."""
    at = START + timedelta(seconds=number)
    sighting = Sighting(
        id=number, alarm_id=number, transit_id=uuid7_of(at, number), captured_at=at, raised_at=at, gate_id="g",
        camera_id="c", plate="AB123CD", entry_id=1, entry_plate="AB123CD", watchlist_id="w", reason="r",
        priority=Priority.LOW, probability=1.0, retro=retro,
    )  # fmt: skip
    alarm = Alarm(
        id=number, vehicle="AB123CD", organisation_id=MANAGER, kind=AlarmKind.LOCAL, priority=Priority.LOW,
        raised_at=at, first_seen_at=at, last_seen_at=at, retro=retro, state=state, version=version or number,
    )  # fmt: skip
    return AlarmView(alarm=alarm, sightings=(SightingView(sighting=sighting, gate_name="g", watchlist_name="w"),))
