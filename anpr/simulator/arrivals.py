# SPDX-License-Identifier: AGPL-3.0-or-later
"""Journal of what came to the simulated office: the newest arrivals in memory, and totals of all. Thread-safe."""

import threading
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from anpr.domain.counts import Counts
from anpr.simulator.settling import SettledRecord

KEPT_ARRIVALS = 300
SHOWN_RECORDS = 100
"""Of each arrival; 300 arrivals of 100 records take some 15 MB."""
_REMEMBERED = 50_000
"""Ids of transits that were accepted, the newest ones, so that one that comes again is told."""


@dataclass(frozen=True, kw_only=True)
class OfficeTotals(Counts):
    """Since the start: transfers, and what was made of their transits. `again` counts those accepted before."""

    transfers: int = 0
    bytes: int = 0
    pictures: int = 0
    records: int = 0
    accepted: int = 0
    rejected: int = 0
    later: int = 0
    again: int = 0
    unread: int = 0
    disturbed: int = 0


@dataclass(frozen=True, kw_only=True)
class OfficeArrival:
    """One transfer: a file, a request or an attachment. `number` counts from 1."""

    number: int = 0
    at: datetime
    protocol: str
    name: str
    sender: str
    size: int
    sha256: str = ""
    path: Path | None = None
    """Where its bytes are, unless it was not kept."""
    profile: str = ""
    is_picture: bool = False
    records: int = 0
    shown: tuple[SettledRecord, ...] = ()
    """The first SHOWN_RECORDS."""
    counts: OfficeTotals = field(default_factory=OfficeTotals)
    faults: tuple[str, ...] = ()
    """What was done on purpose."""
    problem: str = ""
    """Why it could not be read."""
    is_repeat: bool = False
    """The same name and bytes came before."""
    reply: bytes = b""
    """The beginning of what was answered."""


class OfficeJournal:
    """The newest KEPT_ARRIVALS."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._arrivals: deque[OfficeArrival] = deque(maxlen=KEPT_ARRIVALS)
        self._totals = OfficeTotals()
        self._accepted: OrderedDict[str, None] = OrderedDict()
        self._number = 0

    def add(self, arrival: OfficeArrival, accepted: Sequence[str] = ()) -> OfficeArrival:
        """Note it; gives it its number. `accepted` are the ids of its transits that were accepted."""
        with self._lock:
            self._number += 1
            again = sum(id in self._accepted for id in accepted)
            for id in accepted:
                self._accepted[id] = None
                self._accepted.move_to_end(id)
            while len(self._accepted) > _REMEMBERED:
                self._accepted.popitem(last=False)
            repeats = any(
                each.sha256 == arrival.sha256 and each.name == arrival.name for each in self._arrivals if arrival.sha256
            )
            counts = arrival.counts + OfficeTotals(again=again)
            noted = replace(arrival, number=self._number, counts=counts, is_repeat=repeats)
            self._arrivals.append(noted)
            self._totals += counts
            return noted

    def clear(self) -> None:
        """Forget all arrivals and totals; numbers go on."""
        with self._lock:
            self._arrivals.clear()
            self._accepted.clear()
            self._totals = OfficeTotals()

    def newest(self) -> list[OfficeArrival]:
        """Newest first."""
        with self._lock:
            return list(reversed(self._arrivals))

    def find(self, number: int) -> OfficeArrival | None:
        """The arrival of this number, while it is kept."""
        with self._lock:
            return next((each for each in self._arrivals if each.number == number), None)

    @property
    def totals(self) -> OfficeTotals:
        """Since the start."""
        with self._lock:
            return self._totals
