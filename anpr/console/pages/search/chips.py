# SPDX-License-Identifier: AGPL-3.0-or-later
"""Conditions of a search as chips: what each says in words, and the name by which the form takes it away."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from anpr.console.rendering.filters import percent
from anpr.console.rendering.translations import Catalogue
from anpr.domain.map_area import MapArea
from anpr.domain.recurrence import Recurrence
from anpr.domain.search_conditions import Onward, SearchConditions
from anpr.store.transits.rows import TransitQuery

_FEW = 2
"""Gates that are named; more are counted."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Chip:
    """`name`: what the form's `without` takes. Empty: it cannot be taken away alone."""

    name: str
    text: str


def chips_of(query: TransitQuery, t: Catalogue, gates: Mapping[str, str]) -> list[Chip]:
    """One for each condition besides the range; `gates`: names by id."""
    found: list[Chip] = []
    if query.pattern:
        found.append(Chip(name="plate", text=query.pattern))
        if query.look_alike:
            found.append(Chip(name="look_alike", text=t("search.look_alike")))
    if query.gate_ids:
        names = ", ".join(gates.get(each, each) for each in query.gate_ids[:_FEW])
        more = len(query.gate_ids) - _FEW
        told = names if more <= 0 else t.counted("search.chip_more", more, names=names)
        if query.area is None:
            found.append(Chip(name="gates", text=told))
        else:
            found.append(Chip(name="area", text=f"{area_in_words(query.area, t)}: {told}"))
    return [*found, *_of_conditions(query.conditions, t, gates)]


def area_in_words(area: MapArea, t: Catalogue) -> str:
    """What is drawn, or the name of the area."""
    return t(f"search.area_of_{area.shape.value}", name=area.name, radius=_length(area.radius_m))


def _length(metres: float) -> str:
    """As people say it: 850 m, 12 km."""
    return f"{metres:.0f} m" if metres < 10_000 else f"{metres / 1000:.0f} km"


def _of_conditions(conditions: SearchConditions, t: Catalogue, gates: Mapping[str, str]) -> Iterator[Chip]:
    least = conditions.least_confidence
    told = {
        "direction": t(f"direction.{conditions.direction}") if conditions.direction else "",
        "lane": t("search.chip_lane", lane=conditions.lane) if conditions.lane else "",
        "country": t.either(f"country.{conditions.country}", conditions.country),
        "confidence": t("search.chip_confidence", percent=percent(least)) if least else "",
        "alarm_kinds": ", ".join(t(f"list_kind.{kind}") for kind in conditions.kinds),
        "excluded": t("search.chip_excluded", plates=" ".join(conditions.excluded)) if conditions.excluded else "",
        "onward": _of_onward(conditions.onward, t, gates),
    }
    yield from _of_recurrence(conditions.recurrence, t)
    yield from (Chip(name=name, text=text) for name, text in told.items() if text)


def _of_recurrence(recurs: Recurrence, t: Catalogue) -> Iterator[Chip]:
    if recurs.weekdays:
        yield Chip(name="weekdays", text=", ".join(t(f"search.weekday_{day}") for day in recurs.weekdays))
    if recurs.starts and recurs.ends:
        start, end = f"{recurs.starts:%H:%M}", f"{recurs.ends:%H:%M}"
        yield Chip(name="hours", text=t("search.chip_hours", start=start, end=end))


def _of_onward(onward: Onward | None, t: Catalogue, gates: Mapping[str, str]) -> str:
    if onward is None:
        return ""
    return t("search.chip_onward", gate=gates.get(onward.gate_id, onward.gate_id), minutes=onward.minutes)
