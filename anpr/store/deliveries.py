"""The forwarding ledger: for each transit and destination, how far it got. Nothing leaves it silently."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from anpr.store.database import Connection
from anpr.store.queries import load_queries
from anpr.store.transits import StoredTransit, from_row

_SQL = load_queries("deliveries")


class DeliveryState(StrEnum):
    """queued → sent → accepted or rejected; expired when retention ended first."""

    QUEUED = "queued"
    SENT = "sent"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    EXPIRED = "expired"


@dataclass(frozen=True, kw_only=True, slots=True)
class DayScope:
    """What one run forwards to one destination: transits captured in [since, until), a calendar day of the site."""

    destination: str
    day: date
    since: datetime
    until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One transit on its way to one destination. `error` is the destination's or the transport's last answer."""

    transit_id: UUID
    destination: str
    captured_at: datetime
    state: DeliveryState
    batch: str | None
    attempts: int
    queued_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    error: str | None


def queue_deliveries(conn: Connection, scope: DayScope, at: datetime) -> int:
    """Queue every stored transit of the scope that its destination has no row of; returns how many."""
    return conn.execute(_SQL["queue"], {**_values(scope), "at": at}).rowcount


def queued_transits(conn: Connection, scope: DayScope, limit: int) -> list[StoredTransit]:
    """The oldest queued transits of the scope."""
    return [from_row(row) for row in conn.execute(_SQL["queued_transits"], {**_values(scope), "limit": limit})]


def unqueued_transits(conn: Connection, scope: DayScope, limit: int) -> list[StoredTransit]:
    """For a dry run: the oldest transits of the scope that are queued or have no row of its destination yet."""
    return [from_row(row) for row in conn.execute(_SQL["unqueued_transits"], {**_values(scope), "limit": limit})]


def mark_sent(conn: Connection, destination: str, transit_ids: Sequence[UUID], batch: str, at: datetime) -> int:
    """queued → sent, in this batch; returns how many changed."""
    values = {"destination": destination, "ids": list(transit_ids), "batch": batch, "at": at}
    return conn.execute(_SQL["mark_sent"], values).rowcount


def requeue(conn: Connection, destination: str, transit_ids: Sequence[UUID], error: str) -> int:
    """sent → queued, after a transient failure; keeps the error; returns how many changed."""
    return conn.execute(
        _SQL["requeue"], {"destination": destination, "ids": list(transit_ids), "error": error}
    ).rowcount


def accept(conn: Connection, destination: str, transit_ids: Sequence[UUID], at: datetime) -> int:
    """queued or sent → accepted; returns how many changed."""
    return _settle(conn, destination, DeliveryState.ACCEPTED, [(i, None) for i in transit_ids], at)


def reject(conn: Connection, destination: str, errors: Mapping[UUID, str], at: datetime) -> int:
    """queued or sent → rejected, each with its error; returns how many changed."""
    return _settle(conn, destination, DeliveryState.REJECTED, errors.items(), at)


def expire_deliveries(conn: Connection, before: datetime, at: datetime) -> dict[str, int]:
    """queued or sent → expired for transits captured before this; returns how many by destination.

    A record past retention is dropped with an audit entry (the caller's), never sent late.
    """
    rows = conn.execute(_SQL["expire"], {"before": before, "at": at})
    return {row["destination"]: row["count"] for row in rows}


def get_delivery(conn: Connection, destination: str, transit_id: UUID) -> Delivery | None:
    """The ledger's row; None when there is none."""
    row = conn.execute(_SQL["get"], {"destination": destination, "id": transit_id}).fetchone()
    return _delivery(row) if row else None


def deliveries_of_transit(conn: Connection, transit_id: UUID) -> list[Delivery]:
    """One row per destination."""
    return [_delivery(row) for row in conn.execute(_SQL["of_transit"], {"id": transit_id})]


def count_deliveries(conn: Connection, scope: DayScope) -> dict[DeliveryState, int]:
    """How many transits of the scope stand in each state."""
    counts = {row["state"]: row["count"] for row in conn.execute(_SQL["count"], _values(scope))}
    return {state: counts.get(state.value, 0) for state in DeliveryState}


def delete_deliveries(conn: Connection, before: datetime) -> int:
    """Retention: forget rows of transits captured before this; returns how many."""
    return conn.execute(_SQL["delete"], {"before": before}).rowcount


def lock_destination(conn: Connection, destination: str) -> bool:
    """Whether this transaction now is the only one forwarding to the destination; false when another is."""
    row = conn.execute(_SQL["lock"], {"name": f"anpr forward {destination}"}).fetchone()
    return bool(row and row["locked"])


def _settle(
    conn: Connection,
    destination: str,
    state: DeliveryState,
    outcomes: Iterable[tuple[UUID, str | None]],
    at: datetime,
) -> int:
    pairs = list(outcomes)
    values = {
        "destination": destination,
        "state": str(state),
        "ids": [i for i, _ in pairs],
        "errors": [error for _, error in pairs],
        "at": at,
    }
    return conn.execute(_SQL["settle"], values).rowcount


def _values(scope: DayScope) -> dict[str, Any]:
    return {"destination": scope.destination, "since": scope.since, "until": scope.until}


def _delivery(row: dict[str, Any]) -> Delivery:
    return Delivery(**{**row, "state": DeliveryState(row["state"])})
