# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sequence numbers of an outbox: a counter in its file, so that a transit and its number are written together or not at
all. A file that was made before transits had numbers gets the table beside its others; older programs ignore it."""

import sqlite3
from uuid import uuid4

from anpr.domain.sequence import SequenceNumber

_TABLE = (
    "CREATE TABLE IF NOT EXISTS numbering (one INTEGER PRIMARY KEY CHECK (one = 1), epoch TEXT NOT NULL,"
    " last INTEGER NOT NULL)"
)


def begin_numbering(connection: sqlite3.Connection) -> None:
    """Make the counter, with an epoch of its own, where there is none. Within the caller's transaction."""
    connection.execute(_TABLE)
    connection.execute("INSERT OR IGNORE INTO numbering VALUES (1, ?, 0)", (uuid4().hex,))


def next_number(connection: sqlite3.Connection) -> SequenceNumber:
    """The next number, which is free again when the caller's transaction is rolled back."""
    ((epoch, last),) = connection.execute("UPDATE numbering SET last = last + 1 RETURNING epoch, last").fetchall()
    return SequenceNumber(epoch, last)
