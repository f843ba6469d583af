# SPDX-License-Identifier: AGPL-3.0-or-later
"""The search form: its fields as they were sent, what they mean at the site, and what is wrong with them."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from anpr.console.rendering.filters import field_end, field_start
from anpr.domain.local_time import FIRST_YEAR, LAST_YEAR, TimeFault, TimeTextError, parse_moment
from anpr.domain.plate import MAX_LENGTH, without_separators
from anpr.store.transits.pattern import MIN_LITERALS, PatternError, PatternFault, read_pattern
from anpr.store.transits.recorded_search import RecordedSearch
from anpr.store.transits.rows import TransitQuery

_MIN_REASON = 3
_DEFAULT_RANGE = timedelta(hours=24)
_SCRIPTS = {"CYRILLIC": "search.cyrillic_character", "GREEK": "search.greek_character"}

_Text = Annotated[str, Field(max_length=200)]


class SearchFields(BaseModel):
    """The form as it was sent."""

    plate: _Text = ""
    reason: _Text = ""
    case: _Text = ""
    since: _Text = ""
    until: _Text = ""
    gates: Annotated[list[_Text], Field(max_length=1000)] = []
    look_alike: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldFault:
    """What is wrong with a field: the key of a message, and the values in it."""

    key: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(slots=True)
class CheckedFields:
    """What the fields mean (times in UTC), and what is wrong with them, by field."""

    since: datetime | None = None
    until: datetime | None = None
    faults: dict[str, FieldFault] = field(default_factory=dict)


def new_fields(now: datetime, zone: ZoneInfo) -> SearchFields:
    """A form for the last 24 hours until now, not sent yet: plate and reason are still missing."""
    since = (now - _DEFAULT_RANGE).replace(second=0, microsecond=0)
    return SearchFields(since=field_start(since, zone))


def fields_of(search: RecordedSearch, zone: ZoneInfo) -> SearchFields:
    """The form that leads to this search."""
    query = search.query
    return SearchFields(
        plate=query.pattern,
        reason=search.reason[:200],
        case=search.case_reference[:200],
        since=field_start(query.since, zone) if query.since else "",
        until=field_end(query.until, zone) if query.until else "",
        gates=list(query.gate_ids),
        look_alike=query.look_alike,
    )


def check_fields(fields: SearchFields, zone: ZoneInfo) -> CheckedFields:
    """What the fields mean at the site, and what is wrong with them."""
    checked = CheckedFields()
    try:
        read_pattern(fields.plate)
    except PatternError as exc:
        checked.faults["plate"] = _plate_fault(exc)
    if len(fields.reason.strip()) < _MIN_REASON:
        checked.faults["reason"] = FieldFault(key="search.wrong_reason")
    checked.since = _time(checked, "since", fields.since, zone)
    checked.until = _time(checked, "until", fields.until, zone)
    if checked.since and checked.until and checked.since >= checked.until:
        checked.faults["until"] = FieldFault(key="search.wrong_order")
    return checked


def query_of(fields: SearchFields, checked: CheckedFields) -> TransitQuery:
    """The query that the form asks."""
    return TransitQuery(
        pattern=without_separators(fields.plate).upper(),
        since=checked.since,
        until=checked.until,
        gate_ids=tuple(fields.gates),
        look_alike=fields.look_alike,
    )


def _time(checked: CheckedFields, name: str, text: str, zone: ZoneInfo) -> datetime | None:
    if not text.strip():
        return None
    try:
        return parse_moment(text, zone, is_end=name == "until")
    except TimeTextError as exc:
        is_year = exc.fault is TimeFault.WRONG_YEAR
        values = {"first": FIRST_YEAR, "last": LAST_YEAR} if is_year else {}
        checked.faults[name] = FieldFault(key="search.wrong_year" if is_year else "search.wrong_time", values=values)
        return None


def _plate_fault(exc: PatternError) -> FieldFault:
    if exc.fault is PatternFault.FOREIGN_CHARACTER:
        values = {"character": _shown(exc.character), "code": f"U+{ord(exc.character):04X}"}
        return FieldFault(key=_character_key(exc.character), values=values)
    return FieldFault(key=f"search.plate_{exc.fault.value}", values={"least": MIN_LITERALS, "most": MAX_LENGTH})


def _shown(character: str) -> str:
    """The character as a page can show it: on a circle of dots when it would join the one before, or be invisible."""
    return (
        f"\u25cc{character}" if unicodedata.combining(character) else character if character.isprintable() else "\u25cc"
    )


def _character_key(character: str) -> str:
    script = unicodedata.name(character, "").split(" ")[0]
    return _SCRIPTS.get(script, "search.foreign_character")
