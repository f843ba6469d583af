# SPDX-License-Identifier: AGPL-3.0-or-later
"""The search form: its fields as they were sent, what they mean at the site, and what is wrong with them."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from pydantic import Field

from anpr.console.field_faults import FieldFault, character_fault, check_reason_field, read_moment, refuse_odd
from anpr.console.pages.search.condition_fields import (
    MOST,
    TOGETHER,
    ConditionFields,
    condition_fields_of,
    read_conditions,
)
from anpr.console.rendering.filters import field_end, field_start
from anpr.domain.map_area import MOST_TEXT, AreaShape, MapArea
from anpr.domain.plate import MAX_LENGTH, without_separators
from anpr.domain.recurrence import hours_in
from anpr.domain.search_conditions import NO_CONDITIONS, SearchConditions
from anpr.domain.search_reason import MAX_REASON
from anpr.store.transits.pattern import MIN_LITERALS, PatternError, PatternFault, read_pattern
from anpr.store.transits.recorded_search import RecordedSearch
from anpr.store.transits.rows import TransitQuery

_DEFAULT_RANGE = timedelta(hours=24)

_MOST = MappingProxyType(
    {
        "plate": 200,
        "kind": 100,
        "reason": MAX_REASON,
        "case": 100,
        "since": 40,
        "until": 40,
        "area": MOST_TEXT,
        "named_area": 20,
        **MOST,
    }
)
_MOST_GATES, _MOST_GATE = 500, 64
_REMOVABLE = frozenset({"plate", "gates", "area", "named_area", "look_alike", *ConditionFields.model_fields})


class SearchFields(ConditionFields):
    """The form as it was sent, however odd: `check_fields` says what is wrong with it, and the refusal is recorded."""

    plate: str = ""
    kind: str = ""
    reason: str = ""
    case: str = ""
    since: str = ""
    until: str = ""
    gates: list[str] = Field(default_factory=list)
    area: str = ""
    """What is drawn on the map, as `MapArea.as_text` writes it; it decides the gates."""
    named_area: str = ""
    """The number of an area of gates; what is drawn goes before it."""
    look_alike: bool = False
    without: str = ""
    """The name of a condition that the sender takes away."""

    def lessened(self) -> "SearchFields":
        """Without what the sender takes away."""
        names = TOGETHER.get(self.without, (self.without,))
        usual = type(self).model_fields
        known = {name: usual[name].get_default(call_default_factory=True) for name in names if name in _REMOVABLE}
        return self.model_copy(update={**known, "without": ""})


@dataclass(frozen=True, kw_only=True, slots=True)
class SearchRules:
    """What the site says of searches at this moment. `oldest`: nothing captured before it is kept (UTC)."""

    zone: ZoneInfo
    now: datetime
    oldest: datetime
    kinds: tuple[str, ...]
    most_hours: float


@dataclass(slots=True)
class CheckedFields:
    """What the fields mean (times in UTC), and what is wrong with them, by field."""

    since: datetime | None = None
    until: datetime | None = None
    conditions: SearchConditions = NO_CONDITIONS
    area: MapArea | None = None
    gates: tuple[str, ...] = ()
    """Those that are chosen, by hand or by the area."""
    faults: dict[str, FieldFault] = field(default_factory=dict)


def new_fields(now: datetime, zone: ZoneInfo) -> SearchFields:
    """A form for the last 24 hours until now, not sent yet: plate and reason are still missing."""
    since = (now - _DEFAULT_RANGE).replace(second=0, microsecond=0)
    return SearchFields(since=field_start(since, zone))


def fields_of(search: RecordedSearch, zone: ZoneInfo) -> SearchFields:
    """The form that leads to this search."""
    fields = fields_of_query(search.query, zone)
    return fields.model_copy(
        update={"kind": search.reason_kind, "reason": search.reason[:200], "case": search.case_reference[:200]}
    )


def fields_of_query(query: TransitQuery, zone: ZoneInfo) -> SearchFields:
    """The form that asks this; the reason is still missing."""
    return SearchFields.model_validate(
        {
            "plate": query.pattern,
            "since": field_start(query.since, zone) if query.since else "",
            "until": field_end(query.until, zone) if query.until else "",
            "gates": list(query.gate_ids),
            "look_alike": query.look_alike,
            **_area_fields(query.area),
            **condition_fields_of(query.conditions),
        }
    )


def _area_fields(area: MapArea | None) -> dict[str, str]:
    if area is None:
        return {}
    return {"named_area": str(area.number)} if area.shape is AreaShape.NAMED else {"area": area.as_text()}


def check_fields(fields: SearchFields, rules: SearchRules) -> CheckedFields:
    """What the fields mean at the site, and what is wrong with them."""
    checked = CheckedFields(gates=tuple(fields.gates))
    _refuse_odd(fields, checked)
    if checked.faults:
        return checked
    _check_plate(fields, checked)
    check_reason_field(checked.faults, "reason", fields.reason)
    if rules.kinds and fields.kind not in rules.kinds:
        checked.faults["kind"] = FieldFault(key="search.wrong_kind")
    checked.since = read_moment(checked.faults, "since", fields.since, rules.zone)
    checked.until = read_moment(checked.faults, "until", fields.until, rules.zone, is_end=True)
    if checked.since and checked.until and checked.since >= checked.until:
        checked.faults["until"] = FieldFault(key="search.wrong_order")
    checked.conditions = read_conditions(fields, rules.zone.key, checked.faults)
    if not checked.faults:
        _bound(fields, checked, rules)
    return checked


def _check_plate(fields: SearchFields, checked: CheckedFields) -> None:
    if not without_separators(fields.plate) and (fields.gates or fields.alarm_kinds):
        return  # then its hours are bounded
    try:
        read_pattern(fields.plate)
    except PatternError as exc:
        checked.faults["plate"] = _plate_fault(exc)


def _bound(fields: SearchFields, checked: CheckedFields, rules: SearchRules) -> None:
    """Hours of days are those within what is kept; without a plate, as many hours as the site allows."""
    recurrence = checked.conditions.recurrence
    has_plate = bool(without_separators(fields.plate))
    if has_plate and recurrence.is_always:
        return
    checked.since = max(checked.since or rules.oldest, rules.oldest)
    checked.until = min(checked.until or rules.now, rules.now)
    if checked.since >= checked.until:
        checked.faults["since"] = FieldFault(key="search.nothing_kept")
        return
    try:
        hours = hours_in(recurrence.windows(checked.since, checked.until, rules.zone))
    except ValueError:
        hours = float("inf")
    if not has_plate and hours > rules.most_hours + 1:  # the hour that comes twice in autumn is one
        values = {"most": f"{rules.most_hours:g}", "count": f"{hours:.0f}"}
        checked.faults["since"] = FieldFault(key="search.too_many_hours", values=values)


def _refuse_odd(fields: SearchFields, checked: CheckedFields) -> None:
    for name, most in _MOST.items():
        refuse_odd(checked.faults, name, [getattr(fields, name)], most)
    for name in ("gates", "weekdays", "alarm_kinds"):
        refuse_odd(checked.faults, name, getattr(fields, name), _MOST_GATE)
    if len(fields.gates) > _MOST_GATES:
        checked.faults.setdefault("gates", FieldFault(key="search.too_many_gates", values={"most": _MOST_GATES}))


def query_of(fields: SearchFields, checked: CheckedFields) -> TransitQuery:
    """The query that the form asks."""
    return TransitQuery(
        pattern=without_separators(fields.plate).upper().replace("…", "*"),
        since=checked.since,
        until=checked.until,
        gate_ids=checked.gates,
        look_alike=fields.look_alike,
        conditions=checked.conditions,
        area=checked.area,
    )


def _plate_fault(exc: PatternError) -> FieldFault:
    if exc.fault is PatternFault.FOREIGN_CHARACTER:
        return character_fault(exc.character)
    if exc.fault is PatternFault.EMPTY:
        return FieldFault(key="search.plate_or_gates")
    return FieldFault(key=f"search.plate_{exc.fault.value}", values={"least": MIN_LITERALS, "most": MAX_LENGTH})
