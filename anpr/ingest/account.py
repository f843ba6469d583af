# SPDX-License-Identifier: AGPL-3.0-or-later
"""Accounts for each transit message of a batch by its sequence number: new, a copy, refused, or stored after all.

In a transaction of its own after the batch's: every process that hears of a reader locks the same few rows, and no
alarm waits for them. A process that is killed in between does it when the batch comes again.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from anpr.contract.sequence import SEQUENCE_HEADER, read_sequence
from anpr.contract.topics import TRANSITS_TOPIC
from anpr.domain.errors import MessageError, PoisonReason
from anpr.domain.sequence import SequenceNumber
from anpr.domain.transit import Transit
from anpr.ingest.batch import Batch, Refusal
from anpr.ingest.key_ring import KeyRing
from anpr.ingest.sender import sender_of
from anpr.store.accounting.counts import Tally, add_counts, add_refused, place_of
from anpr.store.accounting.outboxes import OutboxKey, note_numbers
from anpr.store.database.connection import Database
from anpr.transport.source import Incoming

_FORGED = {PoisonReason.UNSIGNED, PoisonReason.WRONG_SIGNATURE}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Arrival:
    """A message of the transits topic. Of a refused one `at` is when it was received, and the gate is not known."""

    reader_id: str
    gate_id: str
    at: datetime
    sequence: SequenceNumber | None
    is_kept: bool = False
    """Whether this batch stored or discarded it as a new transit."""
    refused: str | None = None

    @property
    def outbox(self) -> OutboxKey:
        return self.reader_id, self.sequence.epoch if self.sequence else ""


def unnumbered(batch: Batch) -> set[UUID]:
    """The transits of the batch that bear no number."""
    pairs = zip(batch.records, batch.items, strict=True)
    return {each.id for record, each in pairs if isinstance(each, Transit) and _sequence(record) is None}


def account(database: Database, batch: Batch, kept: Set[UUID], now: datetime, keys: KeyRing | None) -> None:
    """Note the numbers of a batch that was stored; `kept` are the transits that it stored or discarded as new ones.

    Call it with the batch as it was before discarded ones were taken out. Raises StoreError.
    """
    arrivals = list(_arrivals(batch, kept, now, keys))
    if not arrivals:
        return
    numbers: dict[OutboxKey, list[tuple[int, datetime]]] = defaultdict(list)
    for each in arrivals:
        if each.sequence is not None:
            numbers[each.outbox].append((each.sequence.number, each.at))
    with database.transaction() as conn:
        new = note_numbers(conn, numbers, now)
        tally, refused = _tally(arrivals, new)
        add_counts(conn, tally)
        add_refused(conn, refused)


def _tally(
    arrivals: list[_Arrival], new: dict[OutboxKey, set[int]]
) -> tuple[Tally, Counter[tuple[str, datetime, str]]]:
    tally: Tally = Counter()
    refused: Counter[tuple[str, datetime, str]] = Counter()
    for each in arrivals:
        place = place_of(each.gate_id, each.reader_id, each.at)
        kind = _kind(each, new)
        if kind is not None:
            tally[place, kind] += 1
        if each.refused is not None and kind != "duplicates":
            tally[place, "refused"] += 1
            refused[each.reader_id, place[2], each.refused] += 1
    return tally, refused


def _kind(arrival: _Arrival, new: dict[OutboxKey, set[int]]) -> str | None:
    """How it counts; None where the batch's own transaction has counted it."""
    if arrival.sequence is None:
        if arrival.refused is not None:
            return "unnumbered"
        return None if arrival.is_kept else "duplicates"
    fresh = new[arrival.outbox]
    if arrival.sequence.number in fresh:
        fresh.discard(arrival.sequence.number)  # a copy in the same batch is one
        return "numbered"
    return "recovered" if arrival.is_kept else "duplicates"


def _arrivals(batch: Batch, kept: Set[UUID], now: datetime, keys: KeyRing | None) -> Iterator[_Arrival]:
    left = set(kept)  # of two copies in one batch the first was stored
    for record, item in zip(batch.records, batch.items, strict=True):
        if isinstance(item, Transit):
            yield _Arrival(
                reader_id=item.reader_id,
                gate_id=item.gate_id,
                at=item.captured_at,
                sequence=_sequence(record),
                is_kept=item.id in left,
            )
            left.discard(item.id)
        elif isinstance(item, Refusal) and record.topic == TRANSITS_TOPIC and _speaks_for_itself(item, keys):
            reader_id = sender_of(record).removeprefix("reader/")
            sequence = _sequence(record) if _is_reader(record) else None
            yield _Arrival(
                reader_id=reader_id if _is_reader(record) else "",
                gate_id="",
                at=now,
                sequence=sequence,
                refused=item.reason.value,
            )


def _speaks_for_itself(refusal: Refusal, keys: KeyRing | None) -> bool:
    """Whether the reader that it names may have sent it: what others say in its name must not close its gaps."""
    if refusal.reason in _FORGED:
        return False
    if keys is None or not _is_reader(refusal.record):
        return True
    try:
        keys.origin(refusal.record, [sender_of(refusal.record).removeprefix("reader/")])
    except MessageError:
        return False
    return True


def _is_reader(record: Incoming) -> bool:
    return sender_of(record).startswith("reader/")


def _sequence(record: Incoming) -> SequenceNumber | None:
    return read_sequence(record.headers.get(SEQUENCE_HEADER))
