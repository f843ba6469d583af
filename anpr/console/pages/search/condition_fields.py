# SPDX-License-Identifier: AGPL-3.0-or-later
"""The unfolded part of the search form: its fields as they were sent, and the conditions that they mean."""

import re
from collections.abc import Mapping
from datetime import time
from types import MappingProxyType
from typing import TypeVar

from pydantic import BaseModel

from anpr.console.field_faults import Faults, FieldFault
from anpr.domain.alarm import AlarmKind
from anpr.domain.gate import Direction
from anpr.domain.plate import normalise
from anpr.domain.recurrence import Recurrence
from anpr.domain.search_conditions import MOST_EXCLUDED, MOST_MINUTES, Onward, SearchConditions
from anpr.store.transits.pattern import PatternError, read_pattern

_Kind = TypeVar("_Kind", Direction, AlarmKind)
_HOUR = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?")
_COUNTRY = re.compile(r"[A-Z]{1,3}")
MOST = MappingProxyType({
    "excluded": 400, "from_hour": 10, "to_hour": 10, "direction": 20, "lane": 64, "country": 10, "confidence": 10,
    "onward_gate": 64, "onward_minutes": 10,
})  # fmt: skip
"""Characters of each field."""
TOGETHER: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "hours": ("from_hour", "to_hour"),
        "onward": ("onward_gate", "onward_minutes"),
        "area": ("area", "named_area", "gates"),
    }
)
"""Fields that are one condition."""


class ConditionFields(BaseModel):
    """The fields, however odd."""

    excluded: str = ""
    weekdays: list[str] = []
    from_hour: str = ""
    to_hour: str = ""
    direction: str = ""
    lane: str = ""
    country: str = ""
    confidence: str = ""
    alarm_kinds: list[str] = []
    onward_gate: str = ""
    onward_minutes: str = ""

    @property
    def is_any_set(self) -> bool:
        """Whether one of them is filled in."""
        return any(getattr(self, name) for name in ConditionFields.model_fields)


def condition_fields_of(conditions: SearchConditions) -> dict[str, object]:
    """The fields that lead to these conditions."""
    recurs, onward = conditions.recurrence, conditions.onward
    return {
        "excluded": " ".join(conditions.excluded),
        "weekdays": [str(day) for day in recurs.weekdays],
        "from_hour": f"{recurs.starts:%H:%M}" if recurs.starts else "",
        "to_hour": f"{recurs.ends:%H:%M}" if recurs.ends else "",
        "direction": conditions.direction or "",
        "lane": conditions.lane,
        "country": conditions.country,
        "confidence": f"{conditions.least_confidence * 100:g}" if conditions.least_confidence else "",
        "alarm_kinds": [kind.value for kind in conditions.kinds],
        "onward_gate": onward.gate_id if onward else "",
        "onward_minutes": str(onward.minutes) if onward else "",
    }


def read_conditions(fields: ConditionFields, zone: str, faults: Faults) -> SearchConditions:
    """The conditions; what is wrong with a field is added to the faults, and that condition left out."""
    return SearchConditions(
        excluded=_excluded(fields.excluded, faults),
        recurrence=_recurrence(fields, faults),
        zone=zone,
        direction=_choice(Direction, "direction", fields.direction, faults),
        lane=fields.lane.strip(),
        country=_country(fields.country, faults),
        least_confidence=_confidence(fields.confidence, faults),
        kinds=tuple(
            kind for text in fields.alarm_kinds if (kind := _choice(AlarmKind, "alarm_kinds", text, faults)) is not None
        ),
        onward=_onward(fields, faults),
    )


def _excluded(text: str, faults: Faults) -> tuple[str, ...]:
    plates = text.replace(",", " ").replace(";", " ").split()
    if len(plates) > MOST_EXCLUDED:
        faults["excluded"] = FieldFault(key="search.too_many_excluded", values={"most": MOST_EXCLUDED})
        return ()
    try:
        return tuple(dict.fromkeys(_plate(plate) for plate in plates))
    except (PatternError, ValueError):
        faults["excluded"] = FieldFault(key="search.wrong_excluded")
        return ()


def _plate(text: str) -> str:
    if "*" not in text and "?" not in text:
        return normalise(text)
    read_pattern(text)
    return text.upper()


def _recurrence(fields: ConditionFields, faults: Faults) -> Recurrence:
    days = tuple(sorted({int(day) for day in fields.weekdays if day in {"1", "2", "3", "4", "5", "6", "7"}}))
    starts, ends = (_hour(name, getattr(fields, name), faults) for name in ("from_hour", "to_hour"))
    if starts == ends == time():
        starts = ends = None  # the whole day
    try:
        return Recurrence(weekdays=days, starts=starts, ends=ends)
    except ValueError:
        faults.setdefault("to_hour", FieldFault(key="search.wrong_hours"))
        return Recurrence(weekdays=days)


def _hour(name: str, text: str, faults: Faults) -> time | None:
    if not text.strip():
        return None
    found = _HOUR.fullmatch(text.strip())
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (99, 0)
    if (hour, minute) == (24, 0):
        return time()
    if hour > 23 or minute > 59:
        faults[name] = FieldFault(key="search.wrong_hour")
        return None
    return time(hour, minute)


def _choice(kind: type[_Kind], name: str, text: str, faults: Faults) -> _Kind | None:
    if text and text not in set(kind):
        faults[name] = FieldFault(key="search.wrong_choice")
    return kind(text) if text in set(kind) else None


def _country(text: str, faults: Faults) -> str:
    country = text.strip().upper()
    if country and not _COUNTRY.fullmatch(country):
        faults["country"] = FieldFault(key="search.wrong_country")
        return ""
    return country


def _confidence(text: str, faults: Faults) -> float:
    plain = text.strip().removesuffix("%").strip().replace(",", ".")
    if not plain:
        return 0.0
    if not re.fullmatch(r"\d{1,3}(\.\d{1,2})?", plain) or float(plain) > 100:
        faults["confidence"] = FieldFault(key="search.wrong_percent")
        return 0.0
    return float(plain) / 100


def _onward(fields: ConditionFields, faults: Faults) -> Onward | None:
    if not fields.onward_gate:
        return None
    minutes = fields.onward_minutes.strip() or "60"
    if not re.fullmatch(r"\d{1,5}", minutes) or not 1 <= int(minutes) <= MOST_MINUTES:
        faults["onward_minutes"] = FieldFault(key="search.wrong_minutes", values={"most": MOST_MINUTES})
        return None
    return Onward(gate_id=fields.onward_gate, minutes=int(minutes))
