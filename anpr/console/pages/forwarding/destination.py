# SPDX-License-Identifier: AGPL-3.0-or-later
"""What an address of forwarding names: a destination of the visitor's organisation, and a day of the site."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from fastapi import Depends, HTTPException

from anpr.console.fields import Line
from anpr.console.forwarding.state import own_destinations
from anpr.console.state import ConsoleDep
from anpr.forward.schedule import day_scope, local_day
from anpr.settings import DestinationSettings
from anpr.store.forwarding.deliveries import DayScope

_YEARS = timedelta(days=20 * 366)


def _destination(console: ConsoleDep, destination: Line) -> DestinationSettings:
    found = next((each for each in own_destinations(console) if each.id == destination), None)
    if found is None:
        raise HTTPException(404)
    return found


DestinationDep = Annotated[DestinationSettings, Depends(_destination)]


@dataclass(frozen=True, kw_only=True, slots=True)
class DestinationDay:
    """A day of a destination."""

    destination: DestinationSettings
    scope: DayScope


def _day(console: ConsoleDep, destination: DestinationDep, day: date) -> DestinationDay:
    today = local_day(console.clock.now(), console.settings.zone)
    if not today - _YEARS < day <= today:
        raise HTTPException(404)
    return DestinationDay(destination=destination, scope=day_scope(destination.id, day, console.settings.zone))


DayDep = Annotated[DestinationDay, Depends(_day)]
