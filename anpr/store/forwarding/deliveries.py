"""The forwarding ledger: one row per transit and destination, so that none is left out and none is counted twice."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from anpr.domain.delivery import DeliveryState
from anpr.domain.transit import Transit
from anpr.store.database.connection import Connection
from anpr.store.database.partitions import ensure_partitions, list_partitions, utc_day
from anpr.store.database.queries import load_queries
from anpr.store.transits.rows import from_row

PAST_RETENTION = "past retention"
NO_LONGER_STORED = "no longer stored"
_SQL = load_queries("deliveries")


@dataclass(frozen=True, kw_only=True, slots=True)
class DayScope:
    """One calendar day of the site for one destination: transits captured in [since, until), UTC."""

    destination: str
    day: date
    since: datetime
    until: datetime

    def values(self) -> dict[str, Any]:
        """As parameters of a query."""
        return {"destination": self.destination, "day": self.day, "since": self.since, "until": self.until}


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryBatch:
    """A file of records. `number` counts from 1 within day and destination; `attempts` is 0 while nothing has left."""

    number: int
    file_name: str
    created_at: datetime
    attempts: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """One transit on its way to one destination. `batch` is the number of its file within `day`."""

    destination: str
    captured_at: datetime
    transit_id: UUID
    state: DeliveryState
    day: date
    batch: int | None
    queued_at: datetime
    sent_at: datetime | None
    settled_at: datetime | None
    reason: str | None


Key = tuple[datetime, UUID]
"""Capture time and id: the order in which a day is walked through."""


def queue_transits(conn: Connection, scope: DayScope, now: datetime) -> int:
    """Give every stored transit of the scope that has none a row, `queued`; returns how many."""
    return _enter(conn, scope, now, DeliveryState.QUEUED, None)


def expire_missed(conn: Connection, scope: DayScope, now: datetime) -> int:
    """The same, `expired`: for transits past retention that no run ever came to."""
    return _enter(conn, scope, now, DeliveryState.EXPIRED, PAST_RETENTION)


def _enter(conn: Connection, scope: DayScope, now: datetime, state: DeliveryState, reason: str | None) -> int:
    if scope.since >= scope.until:
        return 0
    first, last = utc_day(scope.since), utc_day(scope.until - timedelta(microseconds=1))
    ensure_partitions(conn, [first + timedelta(days=n) for n in range((last - first).days + 1)], ["deliveries"])
    return conn.execute(_SQL["queue"], {**scope.values(), "state": state, "now": now, "reason": reason}).rowcount


def expire_queued(conn: Connection, destination: str, cutoff: datetime, now: datetime) -> dict[date, int]:
    """Mark what waits and was captured before `cutoff` as expired; returns how many by day."""
    values = {"destination": destination, "cutoff": cutoff, "now": now, "reason": PAST_RETENTION}
    return {row["day"]: row["count"] for row in conn.execute(_SQL["expire"], values)}


def claim_batch(
    conn: Connection, scope: DayScope, after: Key, limit: int, now: datetime, name_of: Callable[[int], str]
) -> tuple[DeliveryBatch, Key] | None:
    """Put the next `limit` queued transits after this key into a new batch; returns it and its last key.

    None when none is left. `name_of` gives the file's name from the batch's number. Call it under the run's lock.
    """
    values = {**scope.values(), "after_at": after[0], "after_id": after[1], "limit": limit}
    row = conn.execute(_SQL["next_number"], values).fetchone()
    number = row["number"] if row else 1
    last = conn.execute(_SQL["claim"], {**values, "number": number}).fetchone()
    if last is None:
        return None
    batch = DeliveryBatch(number=number, file_name=name_of(number), created_at=now, attempts=0)
    conn.execute(_SQL["insert_batch"], {**values, "number": number, "file_name": batch.file_name, "now": now})
    return batch, (last["captured_at"], last["transit_id"])


def next_batch_number(conn: Connection, scope: DayScope) -> int:
    """The number that the next batch of the day will have."""
    row = conn.execute(_SQL["next_number"], scope.values()).fetchone()
    return int(row["number"]) if row else 1


def open_batches(conn: Connection, scope: DayScope) -> list[DeliveryBatch]:
    """Batches that were made and, as far as the ledger knows, not sent: a run ended between the two."""
    return [DeliveryBatch(**row) for row in conn.execute(_SQL["open_batches"], scope.values())]


def batch_transits(conn: Connection, scope: DayScope, number: int) -> list[Transit]:
    """The transits of a batch that still wait, by capture time: always in the same order."""
    rows = conn.execute(_SQL["batch_transits"], {**scope.values(), "number": number})
    return [from_row(row).transit for row in rows]


def unsent_transits(conn: Connection, scope: DayScope, after: Key, limit: int) -> list[Transit]:
    """For a dry run: the next transits after this key that have no row yet, or one that is queued. Changes nothing."""
    values = {**scope.values(), "after_at": after[0], "after_id": after[1], "limit": limit}
    return [from_row(row).transit for row in conn.execute(_SQL["unsent"], values)]


def expire_unsendable(conn: Connection, scope: DayScope, number: int, cutoff: datetime, now: datetime) -> int:
    """Mark the batch's transits that went past retention since it was made as expired; returns how many.

    Those are the ones captured before `cutoff`, and the ones that retention has already dropped.
    """
    values = {**scope.values(), "number": number, "cutoff": cutoff, "now": now}
    reasons = {"past_retention": PAST_RETENTION, "no_longer_stored": NO_LONGER_STORED}
    return conn.execute(_SQL["expire_unsendable"], {**values, **reasons}).rowcount


def start_attempt(conn: Connection, scope: DayScope, number: int) -> None:
    """Note, before anything is sent, that something of this batch may be out there from now on."""
    conn.execute(_SQL["start_attempt"], {**scope.values(), "number": number})


def reject(
    conn: Connection, scope: DayScope, number: int, reasons: Mapping[UUID, str], now: datetime, *, sent: bool = False
) -> int:
    """Mark these transits of the batch as rejected: before they were sent, or (`sent`) by the destination's answer."""
    if not reasons:
        return 0
    values = {**scope.values(), "number": number, "now": now, "state": _waiting(sent=sent)}
    return conn.execute(
        _SQL["reject"], {**values, "ids": list(reasons), "reasons": [text[:500] for text in reasons.values()]}
    ).rowcount


def release(conn: Connection, scope: DayScope, number: int, ids: Collection[UUID], *, sent: bool = False) -> int:
    """Put these transits of the batch back into the queue, for another batch."""
    if not ids:
        return 0
    values = {**scope.values(), "number": number, "ids": list(ids), "state": _waiting(sent=sent)}
    return conn.execute(_SQL["release"], values).rowcount


def _waiting(*, sent: bool) -> DeliveryState:
    return DeliveryState.SENT if sent else DeliveryState.QUEUED


def close_batch(conn: Connection, scope: DayScope, number: int, now: datetime) -> int:
    """Mark the batch, and what is left waiting in it, as sent; returns how many transits.

    A batch of which nothing was left and nothing had ever been sent is forgotten, and its number is free again.
    """
    values = {**scope.values(), "number": number, "now": now}
    sent = conn.execute(_SQL["mark_sent"], values).rowcount
    if sent or not conn.execute(_SQL["forget_batch"], values).rowcount:
        conn.execute(_SQL["close_batch"], values)
    return sent


def unanswered_batches(conn: Connection, scope: DayScope) -> list[DeliveryBatch]:
    """Sent batches of which the destination has not answered for every transit."""
    return [DeliveryBatch(**row) for row in conn.execute(_SQL["unanswered"], scope.values())]


def unanswered_transits(conn: Connection, scope: DayScope, number: int) -> set[UUID]:
    """The transits of a batch that are sent and wait for an answer."""
    return {row["transit_id"] for row in conn.execute(_SQL["sent_of_batch"], {**scope.values(), "number": number})}


def accept(conn: Connection, scope: DayScope, number: int, ids: Collection[UUID], now: datetime) -> int:
    """Mark these sent transits of the batch as accepted."""
    if not ids:
        return 0
    values = {**scope.values(), "number": number, "ids": list(ids), "now": now}
    return conn.execute(_SQL["accept"], values).rowcount


def count_states(conn: Connection, scope: DayScope) -> dict[DeliveryState, int]:
    """How many transits of the scope are in each state; all states are there."""
    found = {row["state"]: row["count"] for row in conn.execute(_SQL["count_states"], scope.values())}
    return {state: found.get(state, 0) for state in DeliveryState}


def requeue_rejected(conn: Connection, scope: DayScope) -> int:
    """Put the rejected transits of the scope back into the queue: for when the profile was put right."""
    return conn.execute(_SQL["requeue_rejected"], scope.values()).rowcount


def counts_by_day(conn: Connection, destination: str) -> dict[date, dict[DeliveryState, int]]:
    """How many transits are in each state, by day, oldest first; only the states that occur."""
    days: dict[date, dict[DeliveryState, int]] = {}
    for row in conn.execute(_SQL["by_day"], {"destination": destination}):
        days.setdefault(row["day"], {})[DeliveryState(row["state"])] = row["count"]
    return days


def rejections(conn: Connection, destination: str, limit: int = 50) -> list[tuple[date, str, int]]:
    """Why transits were rejected: day, reason, how many; newest day first."""
    rows = conn.execute(_SQL["reasons"], {"destination": destination, "limit": limit})
    return [(row["day"], row["reason"], row["count"]) for row in rows]


def deliveries_of_transit(conn: Connection, transit_id: UUID) -> list[Delivery]:
    """What became of one stored transit, one row per destination."""
    rows = conn.execute(_SQL["of_transit"], {"id": transit_id})
    return [Delivery(**{**row, "state": DeliveryState(row["state"])}) for row in rows]


def expire_deliveries(conn: Connection, before: datetime, at: datetime) -> dict[str, int]:
    """Mark what waits, for any destination, and was captured before `before` as expired: its transit is being dropped.

    Returns how many by destination.
    """
    rows = conn.execute(_SQL["expire_all"], {"cutoff": before, "now": at, "reason": NO_LONGER_STORED})
    return {row["destination"]: row["count"] for row in rows}


def delete_deliveries(conn: Connection, before: datetime) -> int:
    """Drop the ledger of all UTC days before `before`, of all destinations; returns how many rows went."""
    count = 0
    for day in list_partitions(conn, "deliveries"):
        if day < utc_day(before):
            since = datetime.combine(day, time(), UTC)
            row = conn.execute(_SQL["count"], {"since": since, "until": since + timedelta(days=1)}).fetchone()
            count += row["count"] if row else 0
            conn.execute(_SQL["drop_day"], {"day": day})
    # A site's day begins up to a day apart from the UTC one: keep one more, so that no number is given twice.
    conn.execute(_SQL["forget_batches"], {"day": utc_day(before) - timedelta(days=1)})
    return count
