# SPDX-License-Identifier: AGPL-3.0-or-later
"""The form of a new hold as other pages fill it in: from a plate that passed, a search, or another hold."""

from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException

from anpr.console.access import Visitor
from anpr.console.coverage import oldest_kept
from anpr.console.pages.holds.form import HoldFields
from anpr.console.rendering.filters import field_end, field_start, local_day
from anpr.console.state import Console
from anpr.domain.errors import InputError
from anpr.domain.plate import PlateError, normalise
from anpr.domain.transit import Transit
from anpr.store.holds import get_hold
from anpr.store.transits.recorded_search import recorded_search


def fields_of_plate(transit: Transit, zone: ZoneInfo) -> HoldFields:
    """Its plate, on the day on which it passed, at all gates."""
    day = local_day(transit.captured_at, zone)
    return HoldFields(plate=transit.plate, since=day, until=day)


def fields_of_search(console: Console, visitor: Visitor, number: int) -> tuple[HoldFields, str | None]:
    """What the visitor's own search asked, with its reason and case; and the message that says what of it no hold can
    say: a hold names one plate exactly, and one gate or all. Raises HTTPException (404) for everybody else's.
    """
    with console.database.transaction() as conn:
        found = recorded_search(conn, number)
    if found is None or found.actor != visitor.user.name:
        raise HTTPException(404)
    query, zone = found.query, console.settings.zone
    try:
        plate, is_exact = normalise(query.pattern), not query.look_alike
    except PlateError:
        plate, is_exact = "", False
    fields = HoldFields(
        plate=plate,
        gate=query.gate_ids[0] if len(query.gate_ids) == 1 else "",
        since=field_start(query.since or oldest_kept(console), zone),
        until=field_end(query.until, zone) if query.until else local_day(found.at, zone),
        case=found.case_reference,
        reason=found.reason,
    )
    return fields, None if is_exact and len(query.gate_ids) <= 1 else "holds.narrower"


def fields_of_hold(console: Console, number: int) -> HoldFields:
    """The same again, with the reason still missing. Raises HTTPException (404) when there is none."""
    with console.database.transaction() as conn:
        try:
            hold = get_hold(conn, number)
        except InputError:
            raise HTTPException(404) from None
    if hold.is_listed:
        raise HTTPException(404)
    zone = console.settings.zone
    shared = {"case": hold.case_reference, "ends_on": hold.ends_on.isoformat()}
    if hold.transit_id is not None:
        return HoldFields(transit=str(hold.transit_id), **shared)
    return HoldFields(
        plate=hold.plate or "",
        gate=hold.gate_id or "",
        since=field_start(hold.since, zone),
        until=field_end(hold.until, zone),
        **shared,
    )
