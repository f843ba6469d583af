# SPDX-License-Identifier: AGPL-3.0-or-later
"""The search form: its fields as they were sent, what they mean at the site, and what is wrong with them."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from anpr.console.fields import has_controls
from anpr.console.rendering.filters import field_end, field_start
from anpr.domain.local_time import FIRST_YEAR, LAST_YEAR, TimeFault, TimeTextError, parse_moment
from anpr.domain.plate import MAX_LENGTH, without_separators
from anpr.domain.search_reason import MAX_REASON, MIN_LETTERS, is_reason
from anpr.store.transits.pattern import MIN_LITERALS, PatternError, PatternFault, read_pattern
from anpr.store.transits.recorded_search import RecordedSearch
from anpr.store.transits.rows import TransitQuery

_DEFAULT_RANGE = timedelta(hours=24)
_SCRIPTS = {"CYRILLIC": "search.cyrillic_character", "GREEK": "search.greek_character"}

_MOST = MappingProxyType({"plate": 200, "reason": MAX_REASON, "case": 100, "since": 40, "until": 40})
_MOST_GATES, _MOST_GATE = 1000, 64


class SearchFields(BaseModel):
    """The form as it was sent, however odd: `check_fields` says what is wrong with it, and the refusal is recorded."""

    plate: str = ""
    reason: str = ""
    case: str = ""
    since: str = ""
    until: str = ""
    gates: list[str] = []
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
    _refuse_odd(fields, checked)
    if checked.faults:
        return checked
    try:
        read_pattern(fields.plate)
    except PatternError as exc:
        checked.faults["plate"] = _plate_fault(exc)
    if not is_reason(fields.reason):
        checked.faults["reason"] = FieldFault(key="search.wrong_reason", values={"least": MIN_LETTERS})
    checked.since = _time(checked, "since", fields.since, zone)
    checked.until = _time(checked, "until", fields.until, zone)
    if checked.since and checked.until and checked.since >= checked.until:
        checked.faults["until"] = FieldFault(key="search.wrong_order")
    return checked


def _refuse_odd(fields: SearchFields, checked: CheckedFields) -> None:
    """What nobody types: control characters, and texts without end."""
    texts = {name: [getattr(fields, name)] for name in _MOST} | {"gates": fields.gates}
    for name, values in texts.items():
        most = _MOST.get(name, _MOST_GATE)
        if any(has_controls(value) for value in values):
            checked.faults[name] = FieldFault(key="search.control_character")
        elif any(len(value) > most for value in values) or len(values) > _MOST_GATES:
            checked.faults[name] = FieldFault(key="search.too_long", values={"most": most})


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
