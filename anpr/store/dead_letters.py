# SPDX-License-Identifier: AGPL-3.0-or-later
"""Dead letters: messages that were refused, with the reason, kept for somebody to look at."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from anpr.domain.errors import PoisonReason
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

MAX_VALUE_BYTES = 64 * 1024
_SQL = load_queries("dead_letters")


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadLetter:
    """One refused message, named by where it stood. `size` in bytes; `value` is cut at MAX_VALUE_BYTES when stored."""

    received_at: datetime
    topic: str
    partition: int
    offset: int
    reason: PoisonReason
    detail: str
    size: int
    value: bytes = field(repr=False)


def record_dead_letters(conn: Connection, letters: Iterable[DeadLetter]) -> int:
    """Store them; one that is stored already (same topic, partition, offset) changes nothing. Returns the new ones."""
    return sum(conn.execute(_SQL["record"], _to_row(letter)).rowcount for letter in letters)


def list_dead_letters(conn: Connection, limit: int = 100) -> list[DeadLetter]:
    """The newest first."""
    rows = conn.execute(_SQL["list"], {"limit": limit})
    return [DeadLetter(**{**row, "reason": PoisonReason(row["reason"]), "value": bytes(row["value"])}) for row in rows]


def count_dead_letters(conn: Connection) -> dict[PoisonReason, int]:
    """How many of each reason."""
    return {PoisonReason(row["reason"]): row["count"] for row in conn.execute(_SQL["count"])}


def delete_dead_letters(conn: Connection, before: datetime) -> int:
    """Retention: forget those received before this; returns how many."""
    return conn.execute(_SQL["delete"], {"before": before}).rowcount


def _to_row(letter: DeadLetter) -> dict[str, object]:
    return {
        "received_at": letter.received_at,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "reason": str(letter.reason),
        # PostgreSQL's text holds no NUL, and what is refused may well have one.
        "detail": letter.detail.replace("\0", "�")[:1000],
        "size": letter.size,
        "value": letter.value[:MAX_VALUE_BYTES],
    }
