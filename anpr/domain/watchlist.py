# SPDX-License-Identifier: AGPL-3.0-or-later
"""Watchlists: plates that are looked for, and the rules by which a transit matches one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from anpr.domain.partial_plate import is_partial, stands_for
from anpr.domain.plate import look_alike_key
from anpr.domain.transit import Transit

MOST_HOURS = 24 * 366
"""The longest time without a change after which a list may count as out of date: a year."""
MOST_URGENT_HOURS = 72
"""The longest time that an urgent entry counts before anybody has approved it: a weekend. The table says the same."""


class Priority(StrEnum):
    """How urgent an alarm is; the first is the most urgent."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class ListKind(StrEnum):
    """What a list is kept for. ALLOWED (permits, own vehicles): what passes with its plates raises no alarm."""

    STOLEN = "stolen"
    JUDICIAL = "judicial"
    UNINSPECTED = "uninspected"
    LOCAL = "local"
    ALLOWED = "allowed"


class MatchMode(StrEnum):
    """How a list compares plates with transits."""

    EXACT = "exact"
    LOOK_ALIKE = "look-alike"
    PROBABILITY = "probability"


@dataclass(frozen=True, kw_only=True, slots=True)
class Watchlist:
    """A list of plates, with the reason it may be kept. A1 stolen, C flagged and A2 uninspected come from SCNTT."""

    id: str
    name: str
    priority: Priority
    purpose: str
    legal_basis: str
    kind: ListKind = ListKind.LOCAL
    match: MatchMode = MatchMode.EXACT
    min_probability: float = 0.5
    """For MatchMode.PROBABILITY: the least probability that the plate is the entry."""
    valid_to: datetime | None = None
    """Its entries match transits captured before (UTC); None: the list has no end."""
    stale_after_hours: int | None = None
    """It is out of date when its entries have not changed for longer; None: it does not grow old."""
    instructions: str = ""
    """What to do or whom to call when one of its vehicles passes, where its entry says nothing itself."""
    second_person: bool = False
    """Whether what somebody changes on it waits until somebody else approves it."""
    urgent_hours: int = 0
    """With a second person: an urgent entry counts at once, for so many hours at most while it waits; 0: none does."""

    def is_valid_at(self, moment: datetime) -> bool:
        """Whether its entries hold for a transit captured at `moment`."""
        return self.valid_to is None or moment < self.valid_to

    def is_stale(self, changed_at: datetime | None, now: datetime) -> bool:
        """Whether it is out of date, when its entries last changed at `changed_at` (None: nobody knows when).

        A list that is over is not compared any more, and may be as old as it is.
        """
        if self.stale_after_hours is None or not self.is_valid_at(now):
            return False
        return changed_at is None or now - changed_at > timedelta(hours=self.stale_after_hours)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A plate on a watchlist, valid for transits captured in [valid_from, valid_to)."""

    id: int
    watchlist_id: str
    plate: str
    """Whole, or partial (`anpr.domain.partial_plate`)."""
    reason: str
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    instructions: str | None = None
    """What to do or whom to call when it passes; None: what its list says."""

    def is_valid_at(self, moment: datetime) -> bool:
        """Whether it holds for a transit captured at `moment`."""
        started = self.valid_from is None or self.valid_from <= moment
        return started and (self.valid_to is None or moment < self.valid_to)


@dataclass(frozen=True, kw_only=True, slots=True)
class Match:
    """An entry a transit may be, with the probability that it is."""

    entry: Entry
    probability: float


def probability_that(transit: Transit, plate: str) -> float:
    """How probable it is that the transit's vehicle carries `plate`; a partial one: any of those that it stands for."""
    if transit.plate == plate:
        return transit.confidence
    read = transit.confidence if is_partial(plate) and stands_for(plate, transit.plate) else 0.0
    others = (c.probability for c in transit.candidates if c.text != transit.plate and stands_for(plate, c.text))
    # Rounded at the edge, or sent by somebody else: more than 1 would be refused where the alarm is stored.
    return min(1.0, sum(others, read))


def matches(transit: Transit, entries: Iterable[tuple[Entry, Watchlist]]) -> list[Match]:
    """The given entries that this transit matches by their list's own rule, valid at its capture time.

    Those of a list of allowed plates are none: nobody is told of them, and nothing is kept for them.
    """
    found = []
    for entry, watchlist in entries:
        if watchlist.kind is ListKind.ALLOWED:
            continue
        probability = probability_that(transit, entry.plate)
        is_valid = watchlist.is_valid_at(transit.captured_at) and entry.is_valid_at(transit.captured_at)
        if is_valid and _is_hit(transit, entry, watchlist, probability):
            found.append(Match(entry=entry, probability=probability))
    return found


def _is_hit(transit: Transit, entry: Entry, watchlist: Watchlist, probability: float) -> bool:
    if stands_for(entry.plate, transit.plate):
        return True
    if watchlist.match is MatchMode.LOOK_ALIKE:
        return stands_for(look_alike_key(entry.plate), look_alike_key(transit.plate))
    return watchlist.match is MatchMode.PROBABILITY and probability >= watchlist.min_probability
