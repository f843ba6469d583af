# SPDX-License-Identifier: AGPL-3.0-or-later
"""SQL of the outbox's writing side: inserts, and deletions of what makes room or is too old.

Each function runs within the caller's transaction; deletions return the number of records by camera.
"""

import contextlib
import itertools
import sqlite3
from collections import Counter
from datetime import datetime

from anpr.contract.topics import HEALTH_TOPIC, VIEWS_TOPIC
from anpr.transport.records import RecordKind
from anpr.transport.rows import Row
from anpr.transport.spool import to_text

_OLD_AT_ONCE = 1000  # a deletion of many fills the write-ahead log


def insert(connection: sqlite3.Connection, camera_id: str, row: Row, put_at: datetime) -> int:
    """Add the row; returns its `seq`. `put_at` in UTC."""
    cursor = connection.execute(
        "INSERT INTO records (kind, topic, camera, put_at, size, key, headers, value) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            row.kind.value,
            row.topic,
            camera_id,
            put_at.isoformat(),
            row.size,
            row.key,
            to_text(row.headers),
            row.value,
        ),
    )
    return cursor.lastrowid or 0


def delete_oldest_images(connection: sqlite3.Connection, excess: int) -> Counter[str]:
    """Delete the oldest images until `excess` bytes are free, or none is left."""
    dropped: Counter[str] = Counter()
    last = 0
    oldest = connection.execute(
        "SELECT seq, size, camera FROM records WHERE kind = ? ORDER BY seq", (RecordKind.IMAGES.value,)
    )
    with contextlib.closing(oldest):
        for seq, size, camera in oldest:
            if excess <= 0:
                break
            excess -= size
            last = seq
            dropped[camera] += 1
    connection.execute("DELETE FROM records WHERE kind = ? AND seq <= ?", (RecordKind.IMAGES.value, last))
    return dropped


def delete_old(connection: sqlite3.Connection, kind: RecordKind, before: datetime) -> Counter[str]:
    """Delete records of this kind, but no health reports, put before `before` (UTC): at most _OLD_AT_ONCE."""
    oldest = connection.execute(
        "SELECT seq, put_at, camera FROM records WHERE kind = ? AND topic <> ? ORDER BY seq LIMIT ?",
        (kind.value, HEALTH_TOPIC, _OLD_AT_ONCE),
    ).fetchall()
    old = list(itertools.takewhile(lambda row: datetime.fromisoformat(row[1]) < before, oldest))
    connection.executemany("DELETE FROM records WHERE seq = ?", [(seq,) for seq, _, _ in old])
    return Counter(camera for _, _, camera in old)


def delete_health(connection: sqlite3.Connection, seq: int) -> None:
    """Delete the health report with this `seq`; nothing happens when it is gone."""
    connection.execute("DELETE FROM records WHERE seq = ? AND topic = ?", (seq, HEALTH_TOPIC))


def delete_view(connection: sqlite3.Connection, key: bytes) -> None:
    """Delete the view of this camera that still waits."""
    connection.execute(
        "DELETE FROM records WHERE kind = ? AND topic = ? AND key = ?", (RecordKind.IMAGES.value, VIEWS_TOPIC, key)
    )


def waiting_health(connection: sqlite3.Connection) -> dict[bytes, int]:
    """The `seq` of each health report that waits, by key."""
    rows = connection.execute(
        "SELECT key, seq FROM records WHERE kind = ? AND topic = ?", (RecordKind.METADATA.value, HEALTH_TOPIC)
    ).fetchall()
    return dict(rows)
