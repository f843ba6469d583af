# SPDX-License-Identifier: AGPL-3.0-or-later
"""The form of a new hold: its fields as they were sent, what they mean at the site, and what is wrong with them."""

from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from anpr.console.field_faults import Faults, FieldFault, check_reason_field, read_moment, read_plate, refuse_odd
from anpr.domain.errors import InputError
from anpr.domain.hold import LONGEST
from anpr.domain.local_time import read_day
from anpr.domain.search_reason import MAX_REASON

_MOST = MappingProxyType(
    {"plate": 40, "gate": 64, "transit": 40, "since": 40, "until": 40, "case": 100, "reason": MAX_REASON, "ends_on": 40}
)


class HoldFields(BaseModel):
    """The form as it was sent, however odd. With `transit` (an id) that transit alone is held."""

    plate: str = ""
    gate: str = ""
    transit: str = ""
    since: str = ""
    until: str = ""
    case: str = ""
    reason: str = ""
    ends_on: str = ""


@dataclass(slots=True)
class CheckedHold:
    """What the fields mean (times in UTC), and what is wrong with them, by field."""

    plate: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    ends_on: date | None = None
    faults: dict[str, FieldFault] = field(default_factory=dict)


def check_hold_fields(fields: HoldFields, zone: ZoneInfo, today: date) -> CheckedHold:
    """What the fields mean at the site, and what is wrong with them. `today` is the day in UTC."""
    checked = CheckedHold()
    for name, most in _MOST.items():
        refuse_odd(checked.faults, name, [getattr(fields, name)], most)
    if checked.faults:
        return checked
    if not fields.transit:
        _check_what(fields, checked, zone)
    if not fields.case.strip():
        checked.faults["case"] = FieldFault(key="holds.no_case")
    check_reason_field(checked.faults, "reason", fields.reason)
    checked.ends_on = read_last_day(checked.faults, fields.ends_on, today)
    return checked


def _check_what(fields: HoldFields, checked: CheckedHold, zone: ZoneInfo) -> None:
    """A plate, a gate or both, in a range of time."""
    faults = checked.faults
    checked.plate = read_plate(faults, "plate", fields.plate)
    if not fields.plate.strip() and not fields.gate:
        faults["plate"] = FieldFault(key="holds.nothing_named")
    checked.since = read_moment(faults, "since", fields.since, zone)
    checked.until = read_moment(faults, "until", fields.until, zone, is_end=True)
    for name, value in (("since", checked.since), ("until", checked.until)):
        if value is None:
            faults.setdefault(name, FieldFault(key="holds.no_time"))
    if checked.since and checked.until and checked.since >= checked.until:
        faults["until"] = FieldFault(key="search.wrong_order")


def read_last_day(faults: Faults, text: str, today: date) -> date | None:
    """The last day (UTC) as the browser's own field sends it, or as people write it; None when it is missing or cannot
    be."""
    try:
        day = read_day("ends_on", text)
    except InputError:
        faults["ends_on"] = FieldFault(key="holds.no_day")
        return None
    if day < today:
        faults["ends_on"] = FieldFault(key="holds.past_day")
    elif day > today + LONGEST:
        faults["ends_on"] = FieldFault(key="holds.far_day", values={"day": f"{today + LONGEST:%d/%m/%Y}"})
    return day
