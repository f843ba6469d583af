# SPDX-License-Identifier: AGPL-3.0-or-later
"""Live view of the forwarding ledger: the newest first, and how long what was answered took from store to answer."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries
from anpr.store.forwarding.batches import DeliveryBatch, next_batch_number
from anpr.store.forwarding.deliveries import DayScope

_SQL = load_queries("live_forwarding")


def has_waiting(conn: Connection, scope: DayScope, without: Sequence[UUID]) -> bool:
    """Whether a transit other than these is queued, or a file was left open."""
    return bool(one_row(conn, _SQL["has_waiting"], {**scope.values(), "without": list(without)})["found"])


def claim_newest(
    conn: Connection,
    scope: DayScope,
    without: Sequence[UUID],
    limit: int,
    now: datetime,
    name_of: Callable[[int], str],
) -> DeliveryBatch | None:
    """Put the newest `limit` queued transits, other than these, into a new batch; None where there is none.

    `name_of` gives the file's name from the batch's number. Call it under the run's lock.
    """
    number = next_batch_number(conn, scope)
    values = {**scope.values(), "without": list(without), "limit": limit, "number": number}
    if not conn.execute(_SQL["claim_newest"], values).rowcount:
        return None
    batch = DeliveryBatch(number=number, file_name=name_of(number), created_at=now, attempts=0)
    conn.execute(_SQL["insert_batch"], {**values, "file_name": batch.file_name, "now": now})
    return batch


def batch_delays(conn: Connection, scope: DayScope, number: int, *, is_answered: bool) -> list[float]:
    """Seconds from store to acceptance of the batch's transits; to sending where the destination gives no answer."""
    state = "accepted" if is_answered else "sent"
    rows = conn.execute(_SQL["delays"], {**scope.values(), "number": number, "state": state})
    return [row["seconds"] for row in rows]
