# SPDX-License-Identifier: AGPL-3.0-or-later
"""What else is stored of an alarm's vehicle: its last passes, and plates that may be the same one read wrong."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from anpr.domain.plate import is_one_sign_away
from anpr.store.database.connection import Connection
from anpr.store.transits.rows import StoredTransit, TransitQuery, search_transits

LOOK_BACK = timedelta(days=3)
"""Older passes say little of where the vehicle is; they are the search's, which asks for a reason."""
MOST_PASSES = 12
MOST_LOOK_ALIKES = 6
_READ = 60
"""So many transits of plates that look alike are read, the newest; those that differ in more than one sign fall out."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Beside:
    """Transits beside an alarm, the newest first."""

    passes: tuple[StoredTransit, ...] = ()
    """Of the same plate."""
    look_alikes: tuple[StoredTransit, ...] = ()
    """One of each plate that differs in one sign which cameras confuse, at the gates where the vehicle was seen."""


def beside_alarm(conn: Connection, plate: str, gates: Collection[str], until: datetime) -> Beside:
    """Those captured in the LOOK_BACK until this moment (UTC), as far as who asks may see them."""
    query = TransitQuery(pattern=plate, since=until - LOOK_BACK, until=until, limit=MOST_PASSES)
    alike = TransitQuery(
        pattern=plate,
        since=until - LOOK_BACK,
        until=until,
        gate_ids=tuple(sorted(gates)),
        look_alike=True,
        limit=_READ,
    )
    newest: dict[str, StoredTransit] = {}
    for stored in search_transits(conn, alike):
        if is_one_sign_away(stored.transit.plate, plate):
            newest.setdefault(stored.transit.plate, stored)
    return Beside(passes=tuple(search_transits(conn, query)), look_alikes=tuple(newest.values())[:MOST_LOOK_ALIKES])
