# SPDX-License-Identifier: AGPL-3.0-or-later
"""Batches of the forwarding ledger: the transits of one file, from its claim to the destination's answer."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from anpr.domain.delivery import DeliveryState
from anpr.domain.kept_from import KeptFrom
from anpr.domain.transit import Transit
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.kept_values import kept_values
from anpr.store.database.queries import load_queries
from anpr.store.forwarding.deliveries import NO_LONGER_THERE, PAST_RETENTION, DayScope
from anpr.store.transits.rows import transit_of, transit_rows

_MAX_REASON = 500
_SQL = load_queries("deliveries")

Key = tuple[datetime, UUID]
"""Capture time and id: the order in which a day is walked through."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DeliveryBatch:
    """A file of records. `number` counts from 1 within day and destination; `attempts` counts the runs that took it."""

    number: int
    file_name: str
    created_at: datetime
    attempts: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimLimits:
    """How much is claimed at once: `batches` at most, of `size` transits each."""

    size: int
    batches: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """New batches, with those of their transits that may be sent, and the last key; `lacking` transits may not."""

    transits: Mapping[int, list[Transit]]
    batches: Sequence[DeliveryBatch]
    last: Key
    lacking: int


def claim_batches(
    conn: Connection,
    scope: DayScope,
    kept: KeptFrom,
    after: Key,
    limits: ClaimLimits,
    new: Callable[[int], DeliveryBatch],
) -> Claim | None:
    """Put the next queued transits after this key into new batches; None when there are none.

    Files of these batches may be at the destination from the commit on. `new` makes the batch of a number. Call it
    under the run's lock, and `expire_unsendable` where transits are lacking.
    """
    first = next_batch_number(conn, scope)
    values = {**scope.values(), **kept_values(kept), "after_at": after[0], "after_id": after[1], "number": first}
    limit = {"size": limits.size, "limit": limits.size * limits.batches}
    rows = transit_rows(conn, _SQL["claim"], {**values, **limit})
    if not rows:
        return None
    batches = [new(number) for number in range(first, rows[-1]["batch"] + 1)]
    _insert(conn, scope, batches)
    found: dict[int, list[Transit]] = {batch.number: [] for batch in batches}
    for row in rows:
        if row["id"] is not None:
            found[row["batch"]].append(transit_of(row))
    lacking = len(rows) - sum(map(len, found.values()))
    last = (rows[-1]["claimed_at"], rows[-1]["transit_id"])
    return Claim(transits=found, batches=batches, last=last, lacking=lacking)


def _insert(conn: Connection, scope: DayScope, batches: Sequence[DeliveryBatch]) -> None:
    numbers, names = [batch.number for batch in batches], [batch.file_name for batch in batches]
    values = {**scope.values(), "numbers": numbers, "file_names": names, "now": batches[0].created_at}
    conn.execute(_SQL["insert_batches"], values)


def next_batch_number(conn: Connection, scope: DayScope) -> int:
    """The number that the next batch of the day will have."""
    return int(one_row(conn, _SQL["next_number"], scope.values())["number"])


def open_batches(conn: Connection, scope: DayScope) -> list[DeliveryBatch]:
    """Batches that were claimed and not closed: a run ended in between, and some of their files may have been sent."""
    return [DeliveryBatch(**row) for row in conn.execute(_SQL["open_batches"], scope.values())]


def batch_transits(conn: Connection, scope: DayScope, numbers: Collection[int]) -> dict[int, list[Transit]]:
    """The queued transits of these batches, by capture time and id: always in the same order."""
    found: dict[int, list[Transit]] = {number: [] for number in numbers}
    for row in transit_rows(conn, _SQL["batch_transits"], {**scope.values(), "numbers": list(numbers)}):
        found[row["batch"]].append(transit_of(row))
    return found


def unsent_transits(conn: Connection, scope: DayScope, kept: KeptFrom, after: Key, limit: int) -> list[Transit]:
    """The next transits after this key that are within their days and have no row yet, or a queued one; changes
    nothing. For a dry run."""
    values = {**scope.values(), **kept_values(kept), "after_at": after[0], "after_id": after[1], "limit": limit}
    return [transit_of(row) for row in transit_rows(conn, _SQL["unsent"], values)]


def expire_unsendable(
    conn: Connection, scope: DayScope, numbers: Collection[int], kept: KeptFrom, now: datetime
) -> int:
    """Mark the transits of these batches that went past retention since they were made as expired; returns how many.

    Those are the ones past their days, the ones that retention has already dropped, and those at gates that
    are no longer open to the destination's organisation.
    """
    values = {**scope.values(), "numbers": list(numbers), **kept_values(kept), "now": now}
    reasons = {"past_retention": PAST_RETENTION, "no_longer_stored": NO_LONGER_THERE}
    return conn.execute(_SQL["expire_unsendable"], {**values, **reasons}).rowcount


def start_attempt(conn: Connection, scope: DayScope, number: int) -> None:
    """Record that another run takes this batch, which was left open."""
    conn.execute(_SQL["start_attempt"], {**scope.values(), "number": number})


def reject_transits(
    conn: Connection, scope: DayScope, number: int, reasons: Mapping[UUID, str], now: datetime, *, sent: bool = False
) -> int:
    """Mark these transits of the batch as rejected, by id with the reason; returns how many.

    Before they were sent, because they cannot be written, or (`sent`) by the destination's answer.
    """
    if not reasons:
        return 0
    values = {**scope.values(), "number": number, "now": now, "state": _waiting(sent=sent)}
    return conn.execute(
        _SQL["reject"], {**values, "ids": list(reasons), "reasons": [text[:_MAX_REASON] for text in reasons.values()]}
    ).rowcount


def release_transits(
    conn: Connection, scope: DayScope, number: int, ids: Collection[UUID], now: datetime, *, sent: bool = False
) -> int:
    """Queue these transits again, for another batch; `sent` says that they were sent, and wait anew. Returns how
    many."""
    if not ids:
        return 0
    values = {**scope.values(), "number": number, "ids": list(ids), "now": now, "state": _waiting(sent=sent)}
    return conn.execute(_SQL["release"], values).rowcount


def _waiting(*, sent: bool) -> DeliveryState:
    return DeliveryState.SENT if sent else DeliveryState.QUEUED


def close_batches(conn: Connection, scope: DayScope, numbers: Collection[int], now: datetime) -> int:
    """Mark these batches, and what is left waiting in them, as sent; returns how many transits.

    A batch that has no transits left and was taken for the first time is deleted, and its number is free again.
    """
    values = {**scope.values(), "numbers": list(numbers), "now": now}
    sent = {row["batch"]: row["count"] for row in conn.execute(_SQL["mark_sent"], values)}
    empty = [number for number in numbers if number not in sent]
    if empty:
        conn.execute(_SQL["forget_batches_of_nothing"], {**values, "empty": empty})
    conn.execute(_SQL["close_batches"], values)
    return sum(sent.values())


def unanswered_batches(conn: Connection, scope: DayScope) -> list[DeliveryBatch]:
    """Closed batches with transits that the destination has not answered for."""
    return [DeliveryBatch(**row) for row in conn.execute(_SQL["unanswered"], scope.values())]


def unanswered_transits(conn: Connection, scope: DayScope, number: int) -> set[UUID]:
    """Ids of the batch's transits that are sent and have no answer yet."""
    return {row["transit_id"] for row in conn.execute(_SQL["sent_of_batch"], {**scope.values(), "number": number})}


def accept_transits(conn: Connection, scope: DayScope, number: int, ids: Collection[UUID], now: datetime) -> int:
    """Mark these sent transits of the batch as accepted; returns how many."""
    if not ids:
        return 0
    values = {**scope.values(), "number": number, "ids": list(ids), "now": now}
    return conn.execute(_SQL["accept"], values).rowcount
