# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is stored about a plate, for the request of the person whose vehicle bears it: that plate exactly."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from anpr.domain.alarm import AlarmOutcome, AlarmState, Sighting
from anpr.domain.delivery import DeliveryState
from anpr.domain.hold import Hold
from anpr.domain.partial_plate import is_partial
from anpr.store.alarms.rows import sighting_from_row
from anpr.store.database.connection import Connection
from anpr.store.database.partitions import NO_PURPOSE
from anpr.store.database.queries import load_queries
from anpr.store.transits.rows import StoredTransit, from_row

MOST = 10_000
"""Rows of each kind. A vehicle that passes four gates every ten minutes for a week makes fewer transits."""
_SQL = load_queries("requests")


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedPlate:
    """An entry of a watchlist that names the plate, or is a partial one that stands for it (`plate`: as it is listed);
    valid in [valid_from, valid_to) (UTC)."""

    watchlist_id: str
    watchlist_name: str
    plate: str
    reason: str
    valid_from: datetime | None
    valid_to: datetime | None

    @property
    def is_partial(self) -> bool:
        """Whether it may be about another vehicle."""
        return is_partial(self.plate)


@dataclass(frozen=True, kw_only=True, slots=True)
class ForwardedTransit:
    """One transit on its way to another centre."""

    destination: str
    state: DeliveryState
    captured_at: datetime
    transit_id: UUID
    sent_at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SubjectSighting:
    """A sighting, and how far its alarm has come; `state` None: it was suppressed, and raised none."""

    sighting: Sighting
    state: AlarmState | None
    outcome: AlarmOutcome | None


@dataclass(frozen=True, kw_only=True, slots=True)
class SubjectData:
    """Everything, oldest first; `retained` are the ids of transits that a hold or an open alarm keeps, `purposes` says
    by transit for which purpose (its id, or NO_PURPOSE) it was stored, which settles how long it is kept.

    `is_cut`: there are more than MOST of a kind.
    """

    plate: str
    transits: tuple[StoredTransit, ...]
    alarms: tuple[SubjectSighting, ...]
    entries: tuple[ListedPlate, ...]
    holds: tuple[Hold, ...]
    forwarded: tuple[ForwardedTransit, ...]
    retained: frozenset[UUID]
    purposes: Mapping[UUID, str]

    @property
    def is_cut(self) -> bool:
        kinds = (self.transits, self.alarms, self.entries, self.holds, self.forwarded)
        return any(len(kind) >= MOST for kind in kinds)

    @property
    def erasable(self) -> int:
        """Transits that a request for erasure would erase."""
        return sum(stored.transit.id not in self.retained for stored in self.transits)


def subject_data(conn: Connection, number: int, plate: str) -> SubjectData:
    """Look it up for the open request with this number, at the gates and on the lists that are the own ones of the
    organisation that the console acts for. Raises StoreError.
    """
    values = {"plate": plate, "limit": MOST}
    entries = [ListedPlate(**row) for row in conn.execute(_SQL["entries"], values)]
    forwarded = [
        ForwardedTransit(**{**row, "state": DeliveryState(row["state"])})
        for row in conn.execute(_SQL["deliveries"], values)
    ]
    transits = conn.execute(_SQL["transits"], values).fetchall()
    return SubjectData(
        plate=plate,
        transits=tuple([from_row(row) for row in transits]),
        alarms=tuple([_sighting(row) for row in conn.execute(_SQL["alarms"], values)]),
        entries=tuple(entries),
        holds=tuple([_hold(row) for row in conn.execute(_SQL["holds"], values)]),
        forwarded=tuple(forwarded),
        retained=frozenset([row["id"] for row in conn.execute(_SQL["kept"], {"id": number})]),
        purposes={row["id"]: row["purpose"] or NO_PURPOSE for row in transits},
    )


def _sighting(row: dict[str, Any]) -> SubjectSighting:
    return SubjectSighting(
        sighting=sighting_from_row(row),
        state=AlarmState(row["state"]) if row["state"] else None,
        outcome=AlarmOutcome(row["outcome"]) if row["outcome"] else None,
    )


def _hold(row: dict[str, Any]) -> Hold:
    return Hold(**{name: row[name] for name in Hold.__dataclass_fields__})
