"""What an outbox took, let go and gave up, written down in its own transactions: whatever is killed, it is true."""

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
    " given_up INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS chaos_giving_up (yes INTEGER NOT NULL)",
    "CREATE TRIGGER IF NOT EXISTS chaos_log_put AFTER INSERT ON records BEGIN"
    "  INSERT INTO chaos_put SELECT new.seq, new.topic,"
    f"    CASE new.topic WHEN '{TRANSITS_TOPIC}' THEN json_extract(CAST(new.value AS TEXT), '$.id')"
    f"      WHEN '{IMAGES_TOPIC}' THEN CAST(new.key AS TEXT) END,"
    f"    json_extract(new.headers, '$.role'), {_NOW}; END",
    "CREATE TRIGGER IF NOT EXISTS chaos_log_gone AFTER DELETE ON records BEGIN"
    f"  INSERT INTO chaos_gone SELECT old.seq, old.topic, {_NOW}, EXISTS (SELECT 1 FROM chaos_giving_up); END",
)


def begin_chronicle(path: Path) -> None:
    """In a new outbox, before its writer comes."""
    Spool(path).close()
    with contextlib.closing(sqlite3.connect(path)) as connection:
        for statement in _HISTORY:
            connection.execute(statement)
        connection.commit()


class TellingOutbox(Outbox):
    """Prints the id of each transit it took, and marks what it gives up for want of room."""

    def put_transit(self, transit: Transit, images: Mapping[ImageRole, bytes]) -> None:
        super().put_transit(transit, images)
        os.write(1, f"{transit.id}\n".encode())  # in one write: whoever kills us reads whole lines

    def _drop_oldest_images(self, connection: sqlite3.Connection, excess: int) -> Counter[str]:
        connection.execute("INSERT INTO chaos_giving_up VALUES (1)")
        dropped = super()._drop_oldest_images(connection, excess)
        connection.execute("DELETE FROM chaos_giving_up")
        return dropped


@dataclass(frozen=True, kw_only=True)
class Chronicle:
    """What became of everything that was put into one outbox."""

    transits: list[tuple[UUID, float]]
    """Each one taken, and when."""
    pictures: set[tuple[UUID, ImageRole]]
    """Taken and not given up: these must arrive."""
    left: dict[str, list[float]]
    """By topic: when each record was let go because it had been acknowledged."""
    given_up: list[float]
    """When each picture was given up that had been taken, or was not taken for want of room."""
    waiting: int
    """Records."""


def read_chronicle(path: Path) -> Chronicle:
    """As it stands now."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        put = connection.execute("SELECT seq, topic, transit, role, at FROM chaos_put").fetchall()
        gone = connection.execute("SELECT seq, topic, at, given_up FROM chaos_gone").fetchall()
        (waiting,) = connection.execute("SELECT count(*) FROM records").fetchone()
    lost = {seq for seq, _, _, given_up in gone if given_up}
    transits = [(UUID(transit), at) for _, topic, transit, _, at in put if topic == TRANSITS_TOPIC]
    images = {(UUID(transit), ImageRole(role)): seq for seq, topic, transit, role, _ in put if topic == IMAGES_TOPIC}
    never = [at for transit, at in transits for role in ImageRole if (transit, role) not in images]
    left: dict[str, list[float]] = {TRANSITS_TOPIC: [], IMAGES_TOPIC: []}
    for seq, topic, at, _ in gone:
        if topic in left and seq not in lost:
            left[topic].append(at)
    return Chronicle(
        transits=transits,
        pictures={picture for picture, seq in images.items() if seq not in lost},
        left=left,
        given_up=sorted([at for _, _, at, given_up in gone if given_up] + never),
        waiting=waiting,
    )


def waiting_in(path: Path) -> int:
    """How many records this outbox holds."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (waiting,) = connection.execute("SELECT count(*) FROM records").fetchone()
    return int(waiting)
