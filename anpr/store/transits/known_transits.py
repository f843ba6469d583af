# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tells transits that are new from copies of stored ones, and both from others under an id that is taken."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
from psycopg.types.json import set_json_loads

from anpr.domain.transit import Transit
from anpr.domain.transit_id import ID_TOLERANCE
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

_SQL = load_queries("known")
_Evidence = tuple[object, ...]
"""What a transit says of a vehicle, and the digests of its images. Another value of any of it is another transit."""


@dataclass(kw_only=True, slots=True)
class Sorted:
    """The transits of a batch: `new` ones, and places of those that are `other` ones under an id that is taken."""

    new: list[Transit] = field(default_factory=list)
    other: set[int] = field(default_factory=set)


def sort_out(conn: Connection, transits: Sequence[Transit]) -> Sorted:
    """Tell new transits from copies and from conflicts, in their order; of two in the batch the first one counts.

    Locks nothing: another process may store one of them before `insert_transits` does, which sees to that itself.
    """
    found = Sorted()
    if not transits:
        return found
    stored = _stored(conn, transits)
    first: dict[UUID, Transit] = {}
    for place, transit in enumerate(transits):
        known = stored.get(transit.id)
        before = first.get(transit.id)
        if known is None and before is None:
            first[transit.id] = transit
            found.new.append(transit)
        elif _evidence(transit) != (known or _evidence(before or transit)):
            found.other.add(place)
    return found


def _stored(conn: Connection, transits: Sequence[Transit]) -> dict[UUID, _Evidence]:
    moments = [transit.captured_at for transit in transits]
    values = {
        "ids": [transit.id for transit in transits],
        "since": min(moments) - 2 * ID_TOLERANCE,
        "until": max(moments) + 2 * ID_TOLERANCE,
    }
    with conn.cursor(binary=True) as cursor:
        set_json_loads(msgspec.json.decode, cursor)
        return {row["id"]: _evidence_of_row(row) for row in cursor.execute(_SQL["known"], values)}


def _evidence(transit: Transit) -> _Evidence:
    return (
        transit.captured_at,
        transit.gate_id,
        transit.camera_id,
        transit.reader_id,
        transit.plate,
        transit.raw,
        transit.country,
        transit.direction,
        tuple([(image.role.value, image.sha256, image.size) for image in transit.images]),
    )


def _evidence_of_row(row: dict[str, Any]) -> _Evidence:
    return (
        row["captured_at"],
        row["gate_id"],
        row["camera_id"],
        row["reader_id"],
        row["plate"],
        row["raw"],
        row["country"],
        row["direction"],
        tuple([(role, sha256, size) for role, sha256, size in row["images"]]),
    )
