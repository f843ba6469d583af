# SPDX-License-Identifier: AGPL-3.0-or-later
"""The transits of one vehicle as fixes, and those of plates that look like its own."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from anpr.domain.gate import Gate
from anpr.domain.transit import Transit
from anpr.domain.vehicle.gate_fix import GateFix
from anpr.store.database.connection import Connection
from anpr.store.transits.rows import StoredTransit, TransitQuery, search_transits

MOST_TRANSITS = 2000
"""Of one vehicle that a page reads, the newest: a taxi's week. The page says when there are more."""
MOST_ALIKE = 300
"""Of all plates that look like its own, the newest."""


def transits_of_vehicle(conn: Connection, query: TransitQuery) -> list[StoredTransit]:
    """The newest MOST_TRANSITS of a query for one plate, newest first."""
    return search_transits(conn, _with(query, look_alike=False, limit=MOST_TRANSITS))


def transits_alike(conn: Connection, query: TransitQuery) -> list[Transit]:
    """The newest MOST_ALIKE of plates that look like this one, without its own."""
    found = search_transits(conn, _with(query, look_alike=True, limit=MOST_TRANSITS))
    return [each.transit for each in found if each.transit.plate != query.pattern][:MOST_ALIKE]


def fixes_of(transits: Iterable[Transit], gates: Mapping[str, Gate]) -> list[GateFix]:
    """The transits as points; `gates` by id, those that are missing have no place."""
    return [_fix(transit, gates.get(transit.gate_id)) for transit in transits]


def _fix(transit: Transit, gate: Gate | None) -> GateFix:
    return GateFix(
        transit_id=transit.id,
        gate_id=transit.gate_id,
        at=transit.captured_at,
        latitude=gate.latitude if gate else None,
        longitude=gate.longitude if gate else None,
        confidence=transit.confidence,
    )


def _with(query: TransitQuery, *, look_alike: bool, limit: int) -> TransitQuery:
    received: datetime | None = query.received_until
    return TransitQuery(
        pattern=query.pattern,
        since=query.since,
        until=query.until,
        gate_ids=query.gate_ids,
        look_alike=look_alike,
        limit=limit,
        received_until=received,
    )
