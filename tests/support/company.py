# SPDX-License-Identifier: AGPL-3.0-or-later
"""A vehicle with company, for the pages of vehicles: two that drive along for days, and one plate at two places."""

from datetime import timedelta

from anpr.domain.transit import Transit
from tests.support.fixtures_console import Site
from tests.support.map_site import drive

OTHER = "CD456EF"
"""Who drives along, twelve seconds behind."""
_BEHIND = timedelta(seconds=12)


def drive_together(site: Site, times: int, other: str = OTHER) -> list[Transit]:
    """The wanted vehicle and another one at three gates, once a day, an hour earlier each; the last time now. Gives
    the wanted one's transits, oldest first."""
    transits = []
    for back in reversed(range(times)):
        before = timedelta(days=back, hours=back)
        site.clock.ahead -= before
        transits += drive(site, "ponte", "campi", "pistoia")
        site.clock.ahead += _BEHIND
        drive(site, "ponte", "campi", "pistoia", plate=other)
        site.clock.ahead += before - _BEHIND
    return transits


def drive_at_once(site: Site) -> list[Transit]:
    """The wanted plate at two places that lie too far apart for the minutes between."""
    return drive(site, "ponte", "pistoia", every=timedelta(minutes=2))


def around(site: Site, transit: Transit, number: int) -> dict[str, object]:
    """The fields of a cross search's window `number` around this transit."""
    ends = [transit.captured_at + timedelta(minutes=each) for each in (-5, 5)]
    since, until = (each.astimezone(site.settings.zone).strftime("%d/%m/%Y %H:%M:%S") for each in ends)
    return {f"gates_{number}": [transit.gate_id], f"since_{number}": since, f"until_{number}": until}
