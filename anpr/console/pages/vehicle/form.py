# SPDX-License-Identifier: AGPL-3.0-or-later
"""The form that opens a vehicle's page: a whole plate (or a transit of it), a period, and why."""

from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from anpr.console.field_faults import FieldFault, check_reason_field, read_moment, read_plate, refuse_odd
from anpr.domain.search_reason import MAX_REASON

_MOST = MappingProxyType(
    {"plate": 40, "transit": 40, "kind": 100, "reason": MAX_REASON, "case": 100, "since": 40, "until": 40}
)


class VehicleFields(BaseModel):
    """The form as it was sent. `transit` (an id) stands for its plate where no plate is written."""

    plate: str = ""
    transit: str = ""
    kind: str = ""
    reason: str = ""
    case: str = ""
    since: str = ""
    until: str = ""


@dataclass(slots=True)
class CheckedVehicle:
    """What the fields mean (times in UTC), and what is wrong with them, by field."""

    plate: str = ""
    since: datetime | None = None
    until: datetime | None = None
    faults: dict[str, FieldFault] = field(default_factory=dict)


def check_vehicle_fields(fields: VehicleFields, zone: ZoneInfo) -> CheckedVehicle:
    """What the fields mean at the site; a pattern with `*` or `?` is no plate of one vehicle."""
    checked = CheckedVehicle()
    for name, most in _MOST.items():
        refuse_odd(checked.faults, name, [getattr(fields, name)], most)
    if checked.faults:
        return checked
    checked.plate = read_plate(checked.faults, "plate", fields.plate) or ""
    if not checked.plate and "plate" not in checked.faults:
        checked.faults["plate"] = FieldFault(key="vehicle.no_plate")
    check_reason_field(checked.faults, "reason", fields.reason)
    checked.since = read_moment(checked.faults, "since", fields.since, zone)
    checked.until = read_moment(checked.faults, "until", fields.until, zone, is_end=True)
    if checked.since and checked.until and checked.since >= checked.until:
        checked.faults["until"] = FieldFault(key="search.wrong_order")
    return checked
