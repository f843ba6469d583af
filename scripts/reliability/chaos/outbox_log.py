# SPDX-License-Identifier: AGPL-3.0-or-later
"""Log of an outbox, written by triggers in its own transactions (it survives a kill): records put, sent, dropped."""

import contextlib
import os
import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from anpr.contract.topics import IMAGES_TOPIC, TRANSITS_TOPIC
from anpr.domain.transit import ImageRole, Transit
from anpr.transport.outbox import Outbox
from anpr.transport.spool import Spool

# Seconds since 1970; 2 ms late, because SQLite cuts to milliseconds and what seems later is only expected less surely.
_NOW = "((julianday('now') - 2440587.5) * 86400.0 + 0.002)"
_HISTORY = (
    "CREATE TABLE IF NOT EXISTS chaos_put (seq INTEGER PRIMARY KEY, topic TEXT NOT NULL, transit TEXT, role TEXT,"
    " at REAL NOT NULL)",
    "CREATE TABLE IF NOT EXISTS chaos_gone (seq INTEGER PRIMARY KEY, topic TEXT NOT NULL, at REAL NOT NULL,"
    " dropped INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS chaos_dropping (yes INTEGER NOT NULL)",
    "CREATE TRIGGER IF NOT EXISTS chaos_log_put AFTER INSERT ON records BEGIN"
    "  INSERT INTO chaos_put SELECT new.seq, new.topic,"
    f"    CASE new.topic WHEN '{TRANSITS_TOPIC}' THEN json_extract(CAST(new.value AS TEXT), '$.id')"
    f"      WHEN '{IMAGES_TOPIC}' THEN CAST(new.key AS TEXT) END,"
    f"    json_extract(new.headers, '$.role'), {_NOW}; END",
    "CREATE TRIGGER IF NOT EXISTS chaos_log_gone AFTER DELETE ON records BEGIN"
    f"  INSERT INTO chaos_gone SELECT old.seq, old.topic, {_NOW}, EXISTS (SELECT 1 FROM chaos_dropping); END",
)


def install_outbox_log(path: Path) -> None:
    """Create a new outbox at `path` with the triggers; call it before its writer starts."""
    Spool(path).close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for statement in _HISTORY:
            connection.execute(statement)
        connection.commit()


class LoggingOutbox(Outbox):
    """Outbox that prints the id of each transit it has stored, and marks the images it drops for want of room."""

    def put_transit(self, transit: Transit, images: Mapping[ImageRole, bytes]) -> None:
        super().put_transit(transit, images)
        os.write(1, f"{transit.id}\n".encode())  # in one write: whoever kills us reads whole lines

    def _drop_oldest_images(self, connection: sqlite3.Connection, excess: int) -> Counter[str]:
        connection.execute("INSERT INTO chaos_dropping VALUES (1)")
        dropped = super()._drop_oldest_images(connection, excess)
        connection.execute("DELETE FROM chaos_dropping")
        return dropped


@dataclass(frozen=True, kw_only=True)
class OutboxLog:
    """What became of everything that was put into one outbox. Times are seconds since 1970."""

    transits: list[tuple[UUID, float]]
    """Id and time of each transit that was stored."""
    images: set[tuple[UUID, ImageRole]]
    """Stored and not dropped: these must reach the centre."""
    released: dict[str, list[float]]
    """By topic: when each record was deleted because it had been acknowledged."""
    dropped: list[float]
    """When each image was dropped for want of room, after or instead of being stored."""
    waiting: int
    """Number of records that still wait to be sent."""


def read_outbox_log(path: Path) -> OutboxLog:
    """Read the log as it stands now."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        put = connection.execute("SELECT seq, topic, transit, role, at FROM chaos_put").fetchall()
        gone = connection.execute("SELECT seq, topic, at, dropped FROM chaos_gone").fetchall()
        (waiting,) = connection.execute("SELECT count(*) FROM records").fetchone()
    lost = {seq for seq, _, _, dropped in gone if dropped}
    transits = [(UUID(transit), at) for _, topic, transit, _, at in put if topic == TRANSITS_TOPIC]
    images = {(UUID(transit), ImageRole(role)): seq for seq, topic, transit, role, _ in put if topic == IMAGES_TOPIC}
    never = [at for transit, at in transits for role in ImageRole if (transit, role) not in images]
    released: dict[str, list[float]] = {TRANSITS_TOPIC: [], IMAGES_TOPIC: []}
    for seq, topic, at, _ in gone:
        if topic in released and seq not in lost:
            released[topic].append(at)
    return OutboxLog(
        transits=transits,
        images={image for image, seq in images.items() if seq not in lost},
        released=released,
        dropped=sorted([at for _, _, at, dropped in gone if dropped] + never),
        waiting=waiting,
    )


def waiting_in(path: Path) -> int:
    """Number of records that this outbox holds."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (waiting,) = connection.execute("SELECT count(*) FROM records").fetchone()
    return int(waiting)
