# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cross search: vehicles common to several places and times, up to ten windows of gates and hours."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from anpr.domain.errors import InputError

MOST_WINDOWS = 10
LEAST_WINDOWS = 2
MOST_SPAN = timedelta(days=1)
"""Of one window: each is read whole."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossWindow:
    """Gates (at least one) and a time [since, until) in UTC."""

    gate_ids: tuple[str, ...]
    since: datetime
    until: datetime


class CrossHit(NamedTuple):
    """A vehicle in a window, with its first transit there."""

    plate: str
    window: int
    """From 0."""
    transit_id: UUID
    gate_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class CrossVehicle:
    """A vehicle that was in several windows."""

    plate: str
    hits: tuple[CrossHit, ...]
    """One of each window, in their order."""
    transits: int
    """Of the whole kept time at the same gates: who is there every day is common to any windows."""


def check_windows(windows: Sequence[CrossWindow], least: int) -> None:
    """Raise InputError for windows that cannot be asked, or a number of them that must be met that makes no sense."""
    if not LEAST_WINDOWS <= len(windows) <= MOST_WINDOWS:
        raise InputError(f"windows: from {LEAST_WINDOWS} to {MOST_WINDOWS}, not {len(windows)}")
    if not LEAST_WINDOWS <= least <= len(windows):
        raise InputError(f"least: from {LEAST_WINDOWS} to {len(windows)}, not {least}")
    for number, window in enumerate(windows, start=1):
        if not window.gate_ids:
            raise InputError(f"window {number}: no gate")
        if not timedelta(0) < window.until - window.since <= MOST_SPAN:
            raise InputError(f"window {number}: its end must come after its start, by a day at most")


def rank_common(hits: Iterable[CrossHit], transits: Mapping[str, int]) -> list[CrossVehicle]:
    """By vehicle: those of the most windows first, then those that are otherwise seen least."""
    by_plate: dict[str, list[CrossHit]] = defaultdict(list)
    for hit in hits:
        by_plate[hit.plate].append(hit)
    found = [
        CrossVehicle(
            plate=plate,
            hits=tuple(sorted(each, key=lambda hit: hit.window)),
            transits=transits.get(plate, len(each)),
        )
        for plate, each in by_plate.items()
    ]
    return sorted(found, key=lambda one: (-len(one.hits), one.transits, one.plate))
