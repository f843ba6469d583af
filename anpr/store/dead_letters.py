# SPDX-License-Identifier: AGPL-3.0-or-later
"""Dead letters: messages that were refused, with the reason, kept to be looked at; of each sender only so many."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from anpr.domain.errors import PoisonReason
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries
from anpr.store.refused_senders import UNKNOWN, LetterLimits, known_senders, open_room, save_room

MAX_VALUE_BYTES = 64 * 1024
MAX_DETAIL = 1000
"""Characters."""
Place = tuple[str, int, int]
"""Topic, partition, offset."""
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
    sender: str = UNKNOWN
    """reader/ID or gate/ID, as the message says itself; UNKNOWN where that is nobody the centre knows."""

    @property
    def place(self) -> Place:
        return self.topic, self.partition, self.offset

    @property
    def kept_bytes(self) -> int:
        """What it takes up when stored, without the columns of fixed size."""
        return min(len(self.value), MAX_VALUE_BYTES) + min(len(self.detail), MAX_DETAIL)


def record_dead_letters(
    conn: Connection, letters: Iterable[DeadLetter], limits: LetterLimits | None = None
) -> list[DeadLetter]:
    """Store them as far as the limits of their senders allow, and count the rest; returns those that are stored.

    One that is stored already (same topic, partition, offset) changes nothing and is counted no more.
    """
    letters = list(letters)
    if not letters:
        return []
    places = {name: [getattr(letter, name) for letter in letters] for name in ("topic", "partition", "offset")}
    stored = {(row["topic"], row["partition"], row["offset"]) for row in conn.execute(_SQL["known"], places)}
    named = known_senders(conn, (letter.sender for letter in letters))
    new = [
        letter if letter.sender in named else replace(letter, sender=UNKNOWN)
        for letter in letters
        if letter.place not in stored
    ]
    kept = _insert(conn, new, limits or LetterLimits()) if new else set()
    return [letter for letter in letters if letter.place in stored | kept]


def _insert(conn: Connection, letters: list[DeadLetter], limits: LetterLimits) -> set[Place]:
    now = max(letter.received_at for letter in letters)
    room = open_room(conn, (letter.sender for letter in letters), now, limits)
    for letter in letters:
        room.senders[letter.sender].count(letter.reason, now, limits)
    rows = [_to_row(letter) for letter in letters if room.take(letter.sender, letter.kept_bytes)]
    if rows:
        conn.execute(_SQL["record"], {name: [row[name] for row in rows] for name in rows[0]})
    save_room(conn, room)
    return {(row["topic"], row["partition"], row["offset"]) for row in rows}


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


def _to_row(letter: DeadLetter) -> dict[str, Any]:
    return {
        "received_at": letter.received_at,
        "topic": letter.topic,
        "partition": letter.partition,
        "offset": letter.offset,
        "reason": str(letter.reason),
        # PostgreSQL's text holds no NUL, and what is refused may well have one.
        "detail": letter.detail.replace("\0", "�")[:MAX_DETAIL],
        "size": letter.size,
        "value": letter.value[:MAX_VALUE_BYTES],
        "sender": letter.sender,
    }
