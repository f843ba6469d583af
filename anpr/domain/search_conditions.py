# SPDX-License-Identifier: AGPL-3.0-or-later
"""Conditions of a search besides plate, range and gates: a value object, checked when it is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any, Self

from anpr.domain.alarm import AlarmKind
from anpr.domain.gate import Direction
from anpr.domain.recurrence import ALWAYS, Recurrence

MOST_EXCLUDED = 20
"""Plates that a search leaves out at most."""
MOST_MINUTES = 24 * 60
"""Minutes at most between the two gates of a way."""
MOST_LANE = 64
MOST_COUNTRY = 3
"""Letters of a country: I, RSM."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Onward:
    """The same plate was read at this gate within so many minutes afterwards."""

    gate_id: str
    minutes: int

    def __post_init__(self) -> None:
        if not self.gate_id or not 1 <= self.minutes <= MOST_MINUTES:
            raise ValueError(f"a way onward names a gate and 1 to {MOST_MINUTES} minutes")

    @property
    def within(self) -> timedelta:
        """The same time."""
        return timedelta(minutes=self.minutes)


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchConditions:
    """What a transit must be besides. Raises ValueError for what nothing can be.

    `excluded`: plates in their normal form, or patterns with `*` and `?`, that are left out. `recurrence`: hours by the
    clocks of the zone with the name `zone`. `least_confidence`: 0 to 1. `kinds`: an alarm of one of these kinds has it
    among its sightings. `onward`: seen elsewhere afterwards.
    """

    excluded: tuple[str, ...] = ()
    recurrence: Recurrence = ALWAYS
    zone: str = "UTC"
    direction: Direction | None = None
    lane: str = ""
    country: str = ""
    least_confidence: float = 0.0
    kinds: tuple[AlarmKind, ...] = ()
    onward: Onward | None = None

    def __post_init__(self) -> None:
        if len(self.excluded) > MOST_EXCLUDED:
            raise ValueError(f"at most {MOST_EXCLUDED} plates are left out, not {len(self.excluded)}")
        if not 0.0 <= self.least_confidence <= 1.0:
            raise ValueError(f"confidence lies between 0 and 1, not {self.least_confidence}")
        if len(self.lane) > MOST_LANE or len(self.country) > MOST_COUNTRY:
            raise ValueError("a lane or country without end")

    @property
    def are_none(self) -> bool:
        """Whether they leave nothing out."""
        return not self.as_detail()

    def as_detail(self) -> dict[str, Any]:
        """Those that leave something out, as the audit tells them (JSON)."""
        recurs = self.recurrence
        told: dict[str, Any] = {
            "excluded": list(self.excluded),
            "weekdays": list(recurs.weekdays),
            "hours": [f"{each:%H:%M}" for each in (recurs.starts, recurs.ends) if each] if recurs.starts else [],
            "zone": "" if recurs.is_always else self.zone,
            "direction": self.direction.value if self.direction else "",
            "lane": self.lane,
            "country": self.country,
            "least_confidence": self.least_confidence,
            "kinds": [kind.value for kind in self.kinds],
            "onward": {"gate": self.onward.gate_id, "minutes": self.onward.minutes} if self.onward else None,
        }
        return {name: value for name, value in told.items() if value}

    @classmethod
    def from_detail(cls, detail: Mapping[str, Any]) -> Self:
        """Those that `as_detail` told, among other keys. Raises ValueError, KeyError or TypeError for others."""
        hours = [time.fromisoformat(each) for each in detail.get("hours") or ()]
        onward = detail.get("onward")
        return cls(
            excluded=tuple(detail.get("excluded") or ()),
            recurrence=Recurrence(
                weekdays=tuple(detail.get("weekdays") or ()),
                starts=hours[0] if hours else None,
                ends=hours[1] if hours else None,
            ),
            zone=detail.get("zone") or "UTC",
            direction=Direction(detail["direction"]) if detail.get("direction") else None,
            lane=detail.get("lane") or "",
            country=detail.get("country") or "",
            least_confidence=float(detail.get("least_confidence") or 0),
            kinds=tuple(AlarmKind(kind) for kind in detail.get("kinds") or ()),
            onward=Onward(gate_id=onward["gate"], minutes=onward["minutes"]) if onward else None,
        )


NO_CONDITIONS = SearchConditions()
