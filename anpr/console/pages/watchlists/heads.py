# SPDX-License-Identifier: AGPL-3.0-or-later
"""Heads of lists as pages show them: whose a list is, its last day, and whether it is out of date."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from anpr.console.state import Console
from anpr.domain.last_day import Nearness, nearness_of
from anpr.domain.local_time import last_local_day
from anpr.domain.organisation import MANAGER
from anpr.domain.watchlist import Watchlist
from anpr.store.watchlists.cards import ListCard


@dataclass(frozen=True, kw_only=True, slots=True)
class ListEnd:
    """The last local day on which a list is compared, and how far it is."""

    day: date
    days_left: int
    nearness: Nearness


@dataclass(frozen=True, kw_only=True, slots=True)
class ListHead:
    """A list, its end where it has one, and whose it is."""

    card: ListCard
    end: ListEnd | None
    owner: str
    """The name of the organisation."""
    is_own: bool
    is_stale: bool

    @property
    def watchlist(self) -> Watchlist:
        """Its settings."""
        return self.card.watchlist


def head_of(card: ListCard, organisations: Mapping[str, str], console: Console) -> ListHead:
    """What the console shows of the list."""
    return ListHead(
        card=card,
        end=_end_of(console, card.watchlist),
        owner=_name_of(card.organisation_id, organisations, console),
        is_own=card.organisation_id == console.scope.organisation_id,
        is_stale=card.is_stale(console.clock.now()),
    )


def _name_of(organisation_id: str, organisations: Mapping[str, str], console: Console) -> str:
    """What people call it; a town by itself has named nobody who runs the system but itself."""
    name = organisations.get(organisation_id, organisation_id)
    return console.settings.municipality if organisation_id == MANAGER and name in {"", MANAGER} else name


def _end_of(console: Console, watchlist: Watchlist) -> ListEnd | None:
    if watchlist.valid_to is None:
        return None
    zone = console.settings.zone
    day = last_local_day(watchlist.valid_to, zone)
    left = (day - console.clock.now().astimezone(zone).date()).days
    return ListEnd(day=day, days_left=left, nearness=nearness_of(left))
