# SPDX-License-Identifier: AGPL-3.0-or-later
"""The search form: its fields as they were sent, what they mean at the site, and what is wrong with them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from anpr.console.field_faults import FieldFault, character_fault, check_reason_field, read_moment, refuse_odd
from anpr.console.rendering.filters import field_end, field_start
from anpr.domain.plate import MAX_LENGTH, without_separators
from anpr.domain.search_reason import MAX_REASON
from anpr.store.transits.pattern import MIN_LITERALS, PatternError, PatternFault, read_pattern
from anpr.store.transits.recorded_search import RecordedSearch
from anpr.store.transits.rows import TransitQuery

_DEFAULT_RANGE = timedelta(hours=24)

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
    check_reason_field(checked.faults, "reason", fields.reason)
    checked.since = read_moment(checked.faults, "since", fields.since, zone)
    checked.until = read_moment(checked.faults, "until", fields.until, zone, is_end=True)
    if checked.since and checked.until and checked.since >= checked.until:
        checked.faults["until"] = FieldFault(key="search.wrong_order")
    return checked


def _refuse_odd(fields: SearchFields, checked: CheckedFields) -> None:
    for name, most in _MOST.items():
        refuse_odd(checked.faults, name, [getattr(fields, name)], most)
    refuse_odd(checked.faults, "gates", fields.gates, _MOST_GATE)
    if len(fields.gates) > _MOST_GATES:
        checked.faults.setdefault("gates", FieldFault(key="search.too_long", values={"most": _MOST_GATE}))


def query_of(fields: SearchFields, checked: CheckedFields) -> TransitQuery:
    """The query that the form asks."""
    return TransitQuery(
        pattern=without_separators(fields.plate).upper(),
        since=checked.since,
        until=checked.until,
        gate_ids=tuple(fields.gates),
        look_alike=fields.look_alike,
    )


def _plate_fault(exc: PatternError) -> FieldFault:
    if exc.fault is PatternFault.FOREIGN_CHARACTER:
        return character_fault(exc.character)
    return FieldFault(key=f"search.plate_{exc.fault.value}", values={"least": MIN_LITERALS, "most": MAX_LENGTH})
