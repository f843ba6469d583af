# SPDX-License-Identifier: AGPL-3.0-or-later
"""The search form: its fields as they were sent, what they mean, and the fields that lead to earlier transits."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field

from anpr.console.rendering.filters import field_moment, parse_field_moment
from anpr.domain.errors import InputError
from anpr.store.transits.pattern import read_pattern
from anpr.store.transits.rows import StoredTransit, TransitQuery

ROWS = 50
"""Transits on one page of results."""
_MIN_REASON = 3
_DEFAULT_RANGE = timedelta(hours=24)
_LEAST_STEP = timedelta(microseconds=1)

_Text = Annotated[str, Field(max_length=200)]


class SearchFields(BaseModel):
    """The form as it was sent. `before` and `skip` lead to earlier transits: the time of the last one shown, and the
    ids shown that were captured at that very time."""

    plate: _Text = ""
    reason: _Text = ""
    case: _Text = ""
    since: _Text = ""
    until: _Text = ""
    gates: Annotated[list[_Text], Field(max_length=100)] = []
    look_alike: bool = False
    before: _Text = ""
    skip: Annotated[list[_Text], Field(max_length=500)] = []
    page: Annotated[int, Field(ge=1, le=1000)] = 1


@dataclass(slots=True)
class CheckedFields:
    """What the fields mean (times in UTC); `faults` are message keys by field."""

    since: datetime | None = None
    until: datetime | None = None
    before: datetime | None = None
    faults: dict[str, str] = field(default_factory=dict)


def new_fields(plate: str, now: datetime, zone: ZoneInfo) -> SearchFields:
    """A form for the last 24 hours, not sent yet: the reason is still missing."""
    return SearchFields(
        plate=plate, since=field_moment(now - _DEFAULT_RANGE, zone), until=field_moment(now + timedelta(hours=1), zone)
    )


def check_fields(fields: SearchFields, zone: ZoneInfo) -> CheckedFields:
    """What the fields mean at the site, and what is wrong with them."""
    checked = CheckedFields()
    try:
        read_pattern(fields.plate)
    except InputError:
        checked.faults["plate"] = "search.wrong_plate"
    if len(fields.reason.strip()) < _MIN_REASON:
        checked.faults["reason"] = "search.wrong_reason"
    _check_times(fields, zone, checked)
    return checked


def query_of(fields: SearchFields, checked: CheckedFields) -> TransitQuery:
    """The query for one page of results, and one transit more, which tells whether there are earlier ones."""
    until = checked.before + _LEAST_STEP if checked.before else checked.until
    return TransitQuery(
        pattern=fields.plate.strip(),
        since=checked.since,
        until=until,
        gate_ids=tuple(fields.gates),
        look_alike=fields.look_alike,
        limit=ROWS + len(fields.skip) + 1,
    )


def split_page(
    found: list[StoredTransit], fields: SearchFields, before: datetime | None
) -> tuple[list[StoredTransit], SearchFields | None]:
    """The transits to show, and the fields that lead to earlier ones; None when there are none."""
    fresh = [stored for stored in found if str(stored.transit.id) not in fields.skip]
    shown = fresh[:ROWS]
    if len(fresh) <= ROWS:
        return shown, None
    last = shown[-1].transit.captured_at
    same = [str(stored.transit.id) for stored in shown if stored.transit.captured_at == last]
    if last == before:  # more at one moment than fit on a page
        same = fields.skip + same
    return shown, fields.model_copy(update={"before": last.isoformat(), "skip": same, "page": fields.page + 1})


def _check_times(fields: SearchFields, zone: ZoneInfo, checked: CheckedFields) -> None:
    for name in ("since", "until", "before"):
        try:
            setattr(checked, name, parse_field_moment(getattr(fields, name), zone))
        except InputError:
            checked.faults[name] = "search.wrong_time"
    if checked.since and checked.until and checked.since >= checked.until:
        checked.faults["until"] = "search.wrong_order"
