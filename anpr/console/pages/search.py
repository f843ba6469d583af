"""Searching transits by plate. Always by POST: a plate in an address would end up in histories and logs."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form
from pydantic import BaseModel, Field
from starlette.responses import Response

from anpr.console.access import Visitor, allowed
from anpr.console.page_context import ReaderDep
from anpr.console.pages.coverage import gaps
from anpr.console.rendering.filters import field_moment, parse_field_moment
from anpr.console.state import Console, ConsoleDep
from anpr.domain.access import Permission
from anpr.domain.errors import InputError
from anpr.store.gates import gate_names
from anpr.store.transits.audited_search import audited_search
from anpr.store.transits.pattern import read_pattern
from anpr.store.transits.rows import StoredTransit, TransitQuery

router = APIRouter(prefix="/search")

ROWS = 50
_MIN_REASON = 3
_DEFAULT_RANGE = timedelta(hours=24)
_LEAST_STEP = timedelta(microseconds=1)

Searcher = Annotated[Visitor, Depends(allowed(Permission.SEARCH_TRANSITS))]
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
class _Checked:
    """What the fields mean; `faults` are message keys by field."""

    since: datetime | None = None
    until: datetime | None = None
    before: datetime | None = None
    faults: dict[str, str] = field(default_factory=dict)


@router.get("")
def show(console: ConsoleDep, visitor: Searcher, reader: ReaderDep) -> Response:  # noqa: ARG001
    """The empty form, for the last 24 hours."""
    return console.pages.page("search.html", reader, **_form_values(console, _new_fields(console, "")), found=None)


@router.post("/new")
def prefill(
    console: ConsoleDep,
    visitor: Searcher,  # noqa: ARG001  asked for its permission
    reader: ReaderDep,
    plate: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """The form with a plate in it, not searched yet: the reason is still missing."""
    return console.pages.page("search.html", reader, **_form_values(console, _new_fields(console, plate)), found=None)


@router.post("")
def search(
    console: ConsoleDep, visitor: Searcher, reader: ReaderDep, fields: Annotated[SearchFields, Form()]
) -> Response:
    """Search, after the reason was recorded; or the form again with what is wrong with it."""
    checked = _check(console, fields)
    values = _form_values(console, fields)
    if checked.faults:
        return console.pages.page("search.html", reader, status=400, **{**values, "faults": checked.faults}, found=None)
    found = audited_search(
        console.database,
        _query(fields, checked),
        visitor.user.name,
        fields.reason.strip(),
        fields.case.strip() or None,
        console.clock,
    )
    unseen = gaps(console, checked.since, checked.before or checked.until, tuple(fields.gates))
    return console.pages.page("search.html", reader, **values | _result(found, fields, checked.before), gaps=unseen)


def _new_fields(console: Console, plate: str) -> SearchFields:
    now = console.clock.now()
    zone = console.settings.zone
    return SearchFields(
        plate=plate, since=field_moment(now - _DEFAULT_RANGE, zone), until=field_moment(now + timedelta(hours=1), zone)
    )


def _check(console: Console, fields: SearchFields) -> _Checked:
    checked = _Checked()
    try:
        read_pattern(fields.plate)
    except InputError:
        checked.faults["plate"] = "search.wrong_plate"
    if len(fields.reason.strip()) < _MIN_REASON:
        checked.faults["reason"] = "search.wrong_reason"
    _check_times(console, fields, checked)
    return checked


def _check_times(console: Console, fields: SearchFields, checked: _Checked) -> None:
    for name in ("since", "until", "before"):
        try:
            setattr(checked, name, parse_field_moment(getattr(fields, name), console.settings.zone))
        except InputError:
            checked.faults[name] = "search.wrong_time"
    if checked.since and checked.until and checked.since >= checked.until:
        checked.faults["until"] = "search.wrong_order"


def _query(fields: SearchFields, checked: _Checked) -> TransitQuery:
    until = checked.before + _LEAST_STEP if checked.before else checked.until
    return TransitQuery(
        pattern=fields.plate.strip(),
        since=checked.since,
        until=until,
        gate_ids=tuple(fields.gates),
        look_alike=fields.look_alike,
        # One more than is shown tells whether there are earlier ones.
        limit=ROWS + len(fields.skip) + 1,
    )


def _result(found: list[StoredTransit], fields: SearchFields, before: datetime | None) -> dict[str, Any]:
    fresh = [stored for stored in found if str(stored.transit.id) not in fields.skip]
    shown = fresh[:ROWS]
    older = None
    if len(fresh) > ROWS:
        last = shown[-1].transit.captured_at
        same = [str(stored.transit.id) for stored in shown if stored.transit.captured_at == last]
        if last == before:  # more at one moment than fit on a page
            same = fields.skip + same
        older = fields.model_copy(update={"before": last.isoformat(), "skip": same, "page": fields.page + 1})
    return {"found": shown, "older": older}


def _form_values(console: Console, fields: SearchFields) -> dict[str, Any]:
    with console.database.transaction() as conn:
        gates = gate_names(conn)
    return {"fields": fields, "gates": gates, "gate": "", "faults": {}, "via": "search", "older": None}
