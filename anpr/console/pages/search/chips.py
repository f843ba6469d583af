# SPDX-License-Identifier: AGPL-3.0-or-later
"""Conditions of a search as chips: what each says in words, and the name by which the form takes it away."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from anpr.console.rendering.translations import Catalogue
from anpr.domain.search_conditions import SearchConditions
from anpr.store.transits.rows import TransitQuery

_FEW = 3
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
        found.append(Chip(name="gates", text=names if more <= 0 else t("search.chip_more", names=names, count=more)))
    return [*found, *_of_conditions(query.conditions, t, gates)]


def _of_conditions(conditions: SearchConditions, t: Catalogue, gates: Mapping[str, str]) -> Iterator[Chip]:
    recurs, onward = conditions.recurrence, conditions.onward
    if recurs.weekdays:
        days = ", ".join(t(f"search.weekday_{day}") for day in recurs.weekdays)
        yield Chip(name="weekdays", text=days)
    if recurs.starts and recurs.ends:
        yield Chip(
            name="hours", text=t("search.chip_hours", start=f"{recurs.starts:%H:%M}", end=f"{recurs.ends:%H:%M}")
        )
    if conditions.direction:
        yield Chip(name="direction", text=t(f"direction.{conditions.direction}"))
    if conditions.lane:
        yield Chip(name="lane", text=t("search.chip_lane", lane=conditions.lane))
    if conditions.country:
        yield Chip(name="country", text=t.either(f"country.{conditions.country}", conditions.country))
    if conditions.least_confidence:
        yield Chip(name="confidence", text=t("search.chip_confidence", percent=f"{conditions.least_confidence:.0%}"))
    if conditions.kinds:
        yield Chip(name="alarm_kinds", text=", ".join(t(f"list_kind.{kind}") for kind in conditions.kinds))
    if conditions.excluded:
        yield Chip(name="excluded", text=t("search.chip_excluded", plates=" ".join(conditions.excluded)))
    if onward:
        gate = gates.get(onward.gate_id, onward.gate_id)
        yield Chip(name="onward", text=t("search.chip_onward", gate=gate, minutes=onward.minutes))
