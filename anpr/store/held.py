# SPDX-License-Identifier: AGPL-3.0-or-later
"""Read model of holds: what each of them covers, and which transits of a page they keep."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from anpr.domain.kept_from import KeptFrom
from anpr.domain.transit import Transit
from anpr.store.database.connection import Connection
from anpr.store.database.kept_values import kept_values
from anpr.store.database.queries import load_queries

_SQL = load_queries("holds")


@dataclass(frozen=True, kw_only=True, slots=True)
class HeldAtGate:
    """Transits of one gate that a hold covers and that are stored: how many, and when the first and the last was
    captured (UTC). `due` of them go as soon as it ends."""

    gate_id: str
    transits: int
    first: datetime
    last: datetime
    due: int


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldCoverage:
    """What a hold covers of what is stored, by gate."""

    gates: tuple[HeldAtGate, ...]

    @property
    def transits(self) -> int:
        """How many in all."""
        return sum(gate.transits for gate in self.gates)

    @property
    def due(self) -> int:
        """How many go as soon as it ends."""
        return sum(gate.due for gate in self.gates)

    @property
    def first(self) -> datetime | None:
        """When the first was captured (UTC); None without any."""
        return min((gate.first for gate in self.gates), default=None)

    @property
    def last(self) -> datetime | None:
        """When the last was captured (UTC); None without any."""
        return max((gate.last for gate in self.gates), default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldMark:
    """What stands beside a transit that is held: for which case, and the last day (UTC)."""

    hold_id: int
    case_reference: str
    ends_on: date


@dataclass(frozen=True, kw_only=True, slots=True)
class HoldEnd:
    """When a hold that stands ends, and whose it is."""

    number: int
    ends_on: date
    organisation_id: str


def hold_ends(conn: Connection) -> list[HoldEnd]:
    """Of every hold that has not ended; of the console's role, of its organisation's. Raises StoreError."""
    return [HoldEnd(**row) for row in conn.execute(_SQL["ends"])]


def hold_coverage(conn: Connection, number: int, kept: KeptFrom) -> HoldCoverage:
    """What this hold covers, also when it has ended. What is not `kept` otherwise is past its day.

    Raises StoreError.
    """
    rows = conn.execute(_SQL["coverage"], {"id": number, **kept_values(kept)})
    return HoldCoverage(gates=tuple([HeldAtGate(**row) for row in rows]))


def held_among(conn: Connection, transits: Iterable[Transit]) -> dict[UUID, list[HoldMark]]:
    """Which of these transits are held, by their ids; in one statement, however many they are. Raises StoreError."""
    keys = [(each.captured_at, each.id) for each in transits]
    if not keys:
        return {}
    moments = [moment for moment, _ in keys]
    values = {"moments": moments, "ids": [each for _, each in keys], "first": min(moments), "last": max(moments)}
    found: dict[UUID, list[HoldMark]] = {}
    for row in conn.execute(_SQL["held_among"], values):
        mark = HoldMark(hold_id=row["id"], case_reference=row["case_reference"], ends_on=row["ends_on"])
        found.setdefault(row["transit_id"], []).append(mark)
    return found
