# SPDX-License-Identifier: AGPL-3.0-or-later
"""Watchlists: plates that are looked for, and the rules by which a transit matches one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from anpr.domain.plate import look_alike_key
from anpr.domain.transit import Transit


class Priority(StrEnum):
    """How urgent an alarm is; the first is the most urgent."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


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
    match: MatchMode = MatchMode.EXACT
    min_probability: float = 0.5
    """For MatchMode.PROBABILITY: the least probability that the plate is the entry."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A plate on a watchlist, valid for transits captured in [valid_from, valid_to)."""

    id: int
    watchlist_id: str
    plate: str
    reason: str
    valid_from: datetime | None = None
    valid_to: datetime | None = None

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
    """How probable it is that the transit's vehicle carries `plate`."""
    if transit.plate == plate:
        return transit.confidence
    # Rounded at the edge, or sent by somebody else: more than 1 would be refused where the alarm is stored.
    return min(1.0, sum((c.probability for c in transit.candidates if c.text == plate), 0.0))


def matches(transit: Transit, entries: Iterable[tuple[Entry, Watchlist]]) -> list[Match]:
    """The given entries that this transit matches by their list's own rule, valid at its capture time."""
    found = []
    for entry, watchlist in entries:
        probability = probability_that(transit, entry.plate)
        if entry.is_valid_at(transit.captured_at) and _is_hit(transit, entry, watchlist, probability):
            found.append(Match(entry=entry, probability=probability))
    return found


def _is_hit(transit: Transit, entry: Entry, watchlist: Watchlist, probability: float) -> bool:
    if transit.plate == entry.plate:
        return True
    if watchlist.match is MatchMode.LOOK_ALIKE:
        return look_alike_key(transit.plate) == look_alike_key(entry.plate)
    return watchlist.match is MatchMode.PROBABILITY and probability >= watchlist.min_probability
