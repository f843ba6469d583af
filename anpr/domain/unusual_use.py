# SPDX-License-Identifier: AGPL-3.0-or-later
"""Hints at unusual use of searches: rules over counts, each with the figures that it rests on. A hint accuses nobody.

Only what has a reason: much more than this person's own usual; at night, by somebody who never searches at night; one
plate on many days without a case; hardly ever a case, where colleagues give one. Duty rosters are not known here.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from statistics import median


class HintKind(StrEnum):
    """Why somebody should look."""

    BUSY_DAY = "busy-day"
    NIGHT = "night"
    SAME_PLATE = "same-plate"
    WITHOUT_CASE = "without-case"


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """From where on a count is told."""

    busy_least: int = 30
    busy_factor: float = 3.0
    night_least: int = 5
    same_plate_days: int = 5
    without_case_least: int = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchDay:
    """Searches of one person on one local day: all, those at night, those without a case."""

    person: str
    day: date
    searches: int
    night: int
    without_case: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PlateSearches:
    """Searches of one whole plate by one person without a case: how many, and on how many days."""

    person: str
    plate: str
    searches: int
    days: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Hint:
    """One hint. `count`: what was counted; `usual`: what it is held against, None where there is nothing."""

    kind: HintKind
    person: str
    count: int
    usual: float | None = None
    day: date | None = None
    plate: str | None = None
    days: int | None = None


_USUAL_DAYS = 5
"""With fewer days of searches before, nothing is usual yet."""
_USUAL_SEARCHES = 20
_RARE = 0.05
_MOSTLY = 0.9
_OTHERS = 0.5


def hints(since: date, days: Iterable[SearchDay], plates: Iterable[PlateSearches], limits: Thresholds) -> list[Hint]:
    """The hints of the period from `since` on; days before it say what is usual. By person, then kind."""
    people: defaultdict[str, list[SearchDay]] = defaultdict(list)
    for each in days:
        people[each.person].append(each)
    found = [_plate_hint(each) for each in plates if each.days >= limits.same_plate_days]
    shares = {name: _share_without_case(one, since) for name, one in people.items()}
    for name, one in people.items():
        found += _busy(name, one, since, limits)
        found += _night(name, one, since, limits)
        found += _without_case(name, one, since, shares, limits)
    return sorted(found, key=lambda hint: (hint.person, hint.kind, hint.day or date.min, hint.plate or ""))


def _plate_hint(each: PlateSearches) -> Hint:
    return Hint(kind=HintKind.SAME_PLATE, person=each.person, count=each.searches, days=each.days, plate=each.plate)


def _busy(name: str, days: Sequence[SearchDay], since: date, limits: Thresholds) -> list[Hint]:
    before = [one.searches for one in days if one.day < since]
    if len(before) < _USUAL_DAYS:
        return []
    usual = median(before)
    least = max(limits.busy_least, limits.busy_factor * usual)
    return [
        Hint(kind=HintKind.BUSY_DAY, person=name, count=one.searches, usual=usual, day=one.day)
        for one in days
        if one.day >= since and one.searches >= least
    ]


def _night(name: str, days: Sequence[SearchDay], since: date, limits: Thresholds) -> list[Hint]:
    before = [one for one in days if one.day < since]
    searches, nights = sum(one.searches for one in before), sum(one.night for one in before)
    now = sum(one.night for one in days if one.day >= since)
    if now < limits.night_least or searches < _USUAL_SEARCHES or nights > _RARE * searches:
        return []
    return [Hint(kind=HintKind.NIGHT, person=name, count=now, usual=nights)]


def _without_case(
    name: str, days: Sequence[SearchDay], since: date, shares: Mapping[str, float | None], limits: Thresholds
) -> list[Hint]:
    """Held against the share of the others, each of whom counts as one."""
    count = sum(one.without_case for one in days if one.day >= since)
    others = [share for other, share in shares.items() if other != name and share is not None]
    own = shares[name]
    if own is None or count < limits.without_case_least or own < _MOSTLY or not others:
        return []
    usual = median(others)
    return [Hint(kind=HintKind.WITHOUT_CASE, person=name, count=count, usual=usual)] if usual < _OTHERS else []


def _share_without_case(days: Sequence[SearchDay], since: date) -> float | None:
    searches = sum(one.searches for one in days if one.day >= since)
    return sum(one.without_case for one in days if one.day >= since) / searches if searches else None
