# SPDX-License-Identifier: AGPL-3.0-or-later
"""What pages show of the forwarding ledger: files of a day, deliveries of a file, rejected ones, a transit's way."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from anpr.domain.delivery import DeliveryState
from anpr.domain.transit import Transit
from anpr.domain.transit_id import capture_window
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import count_of
from anpr.store.database.queries import load_queries
from anpr.store.forwarding.deliveries import DayScope, Delivery
from anpr.store.forwarding.runs import ForwardRun, run_of_row
from anpr.store.transits.rows import from_row

NEWEST = 2**63 - 1
"""Before which run: all."""
_SQL = load_queries("forward_pages")


@dataclass(frozen=True, kw_only=True, slots=True)
class SentFile:
    """A file of records of one day. `states`: how many of its transits are in each; times are UTC."""

    number: int
    file_name: str
    created_at: datetime
    attempts: int
    sent_at: datetime | None
    states: Mapping[str, int]


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryWay:
    """A delivery, and the file that it went into; None where it is in none, or others keep it."""

    delivery: Delivery
    file_name: str | None
    file_made_at: datetime | None
    attempts: int | None


def newest_runs(conn: Connection, destinations: Sequence[str], day: date | None = None) -> dict[str, ForwardRun]:
    """The newest run of each destination that has one; for this day, when given."""
    rows = conn.execute(_SQL["newest_runs"], {"destinations": list(destinations), "day": day})
    return {row["destination"]: run_of_row(row) for row in rows}


def some_runs(
    conn: Connection, destination: str, limit: int, *, day: date | None = None, before: int = NEWEST
) -> list[ForwardRun]:
    """Runs of a destination, newest first: those before this one, for this day when given."""
    values = {"destination": destination, "day": day, "before": before, "limit": limit}
    return [run_of_row(row) for row in conn.execute(_SQL["runs"], values)]


def count_files(conn: Connection, scope: DayScope) -> int:
    """How many files of records the day has."""
    return count_of(conn, _SQL["count_files"], scope.values())


def files_of_day(conn: Connection, scope: DayScope, skip: int, limit: int) -> list[SentFile]:
    """Its files by number. Reads as many deliveries as these files have transits."""
    rows = conn.execute(_SQL["files"], {**scope.values(), "skip": skip, "limit": limit})
    return [SentFile(**row) for row in rows]


def get_file(conn: Connection, scope: DayScope, number: int) -> SentFile | None:
    """One of its files, without states."""
    row = conn.execute(_SQL["file"], {**scope.values(), "number": number}).fetchone()
    return SentFile(**row) if row else None


def deliveries_of_file(conn: Connection, scope: DayScope, number: int, skip: int, limit: int) -> list[Delivery]:
    """Deliveries in a file of the day, in the order of capture."""
    values = {**scope.values(), "number": number, "skip": skip, "limit": limit}
    return [_delivery(row) for row in conn.execute(_SQL["of_file"], values)]


def rejected_deliveries(conn: Connection, scope: DayScope, kind: str, limit: int) -> list[Delivery]:
    """Rejected ones of the day, in the order of capture; of one kind of reason unless it is empty."""
    rows = conn.execute(_SQL["rejected"], {**scope.values(), "kind": kind, "limit": limit})
    return [_delivery(row) for row in rows]


def gates_of(conn: Connection, scope: DayScope, deliveries: Sequence[Delivery]) -> dict[UUID, str]:
    """The gate of each transit that is still stored."""
    rows = conn.execute(_SQL["gates_of"], {**scope.values(), **_wanted(deliveries)})
    return {row["id"]: row["gate_id"] for row in rows}


def stored_of(conn: Connection, scope: DayScope, deliveries: Sequence[Delivery]) -> list[Transit]:
    """The transits of these that are still stored."""
    rows = conn.execute(_SQL["stored"], {**scope.values(), **_wanted(deliveries)})
    return [from_row(row).transit for row in rows]


def ways_of_transit(conn: Connection, transit_id: UUID, destination: str | None = None) -> list[DeliveryWay]:
    """A transit's way to each destination, or to one; empty for an id that no transit has."""
    window = capture_window(transit_id)
    if window is None:
        return []
    values = {"id": transit_id, "since": window[0], "until": window[1], "destination": destination}
    return [_way(row) for row in conn.execute(_SQL["ways"], values)]


def _wanted(deliveries: Sequence[Delivery]) -> dict[str, Any]:
    return {"times": [each.captured_at for each in deliveries], "ids": [each.transit_id for each in deliveries]}


def _delivery(row: Mapping[str, Any]) -> Delivery:
    fields = {name: row[name] for name in Delivery.__dataclass_fields__}
    return Delivery(**{**fields, "state": DeliveryState(row["state"])})


def _way(row: Mapping[str, Any]) -> DeliveryWay:
    names = ("file_name", "file_made_at", "attempts")
    return DeliveryWay(delivery=_delivery(row), **{name: row[name] for name in names})
