"""Where a transit waits on the reader's disk until the centre has it.

When put_transit returns, the transit and its pictures survive a power cut. When the quota is used up the oldest
pictures go first, counted; a transit itself is refused only when nothing but metadata is left or the disk is full.
"""

import contextlib
import fcntl
import logging
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from anpr.clock import Clock
from anpr.domain.errors import InputError, MessageError, OutboxFullError, PoisonReason, TransportError
from anpr.domain.health import HealthReport, SubjectKind
from anpr.domain.transit import ImageRole, Transit
from anpr.message import (
    HEALTH_TOPIC,
    IMAGES_TOPIC,
    MAX_IMAGE_BYTES,
    MAX_TRANSIT_BYTES,
    TRANSITS_TOPIC,
    ImageHeader,
    encode_health,
    encode_transit,
    health_key,
    image_header,
)
from anpr.metrics import DROPS, OUTBOX_BYTES, OUTBOX_RECORDS, Drop
from anpr.transport.records import RecordKind
from anpr.transport.spool import PAGE_BYTES, RESERVE_BYTES, DiskFullError, Spool, to_text

log = logging.getLogger(__name__)

_LOG_EVERY_S = 60.0
_LOOK_AT_DISK_EVERY_S = 10.0
_ROW_BYTES = 128  # columns and index entry around a record's own bytes, measured
# Room above the quota for the pages SQLite needs itself; past it the file does not grow, whatever our sums say.
_FILE_SLACK = 1.25
_FILE_MIN_PAGES = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    kind: RecordKind
    topic: str
    key: bytes
    headers: Mapping[str, bytes]
    value: bytes

    @property
    def size(self) -> int:
        """Bytes on disk: SQLite gives a large value pages of its own."""
        size = len(self.value) + len(self.key) + len(to_text(self.headers)) + _ROW_BYTES
        return size if size < PAGE_BYTES else -(-size // PAGE_BYTES) * PAGE_BYTES


class Outbox(Spool):
    """The writing side, one per file: a second one gets a TransportError naming the path.

    `max_bytes` is the disk quota for what waits. Other processes may read and acknowledge with `Spool`.
    """

    def __init__(self, path: Path, max_bytes: int, clock: Clock) -> None:
        if max_bytes <= 0:
            raise InputError(f"outbox {path}: the quota must be positive, not {max_bytes}")
        self._max_bytes = max_bytes
        self._clock = clock
        self._silent_until = 0.0
        self._look_at_disk_at = 0.0
        self._may_grow = False
        self._writer_lock = _lock_writer(path)
        try:
            super().__init__(path, min(RESERVE_BYTES, max_bytes))
            self._watch_disk()
            self._health_seqs = self._find_health()
            self._report()
        except BaseException:
            self._writer_lock.close()
            raise

    def put_transit(self, transit: Transit, images: Mapping[ImageRole, bytes]) -> None:
        """Keep the transit and its pictures, in one durable transaction.

        Raises OutboxFullError (nothing was kept), InputError when a picture is not the one the transit names,
        MessageError when something is larger than the contract allows.
        """
        metadata = _metadata_row(transit)
        pictures = [_image_row(transit, role, data) for role, data in images.items()]
        self._watch_disk()
        try:
            dropped = self._over_old_log(lambda: self._write(transit, metadata, pictures))
        except DiskFullError:
            dropped = self._write_on_full_disk(transit, metadata, pictures)
        self._count_drops(dropped)
        self._report()

    def put_health(self, report: HealthReport) -> None:
        """Keep the report in place of the one of its subject that still waits: each holds the changes before it.

        For one thread. Raises OutboxFullError (the one before is kept), TransportError, MessageError.
        """
        row = _health_row(report)
        camera = report.id if report.kind is SubjectKind.CAMERA else ""
        before = self._health_seqs.get(row.key, 0)

        def replace() -> tuple[int, Counter[str]]:
            with self._transaction() as connection:
                connection.execute("DELETE FROM records WHERE seq = ? AND topic = ?", (before, HEALTH_TOPIC))
                dropped = self._make_room(connection, row.size, 0)
                return self._insert(connection, camera, row), dropped

        self._watch_disk()
        self._health_seqs[row.key], dropped = self._over_old_log(replace)
        self._count_drops(dropped)
        self._report()

    def _find_health(self) -> dict[bytes, int]:
        """The reports that still wait, by key: those of a reader that was killed are replaced too."""
        with self._lock, self._mapped_errors():
            rows = self._connection.execute(
                "SELECT key, seq FROM records WHERE kind = ? AND topic = ?", (RecordKind.METADATA.value, HEALTH_TOPIC)
            ).fetchall()
        return dict(rows)

    def acknowledge(self, seqs: Iterable[int]) -> None:
        super().acknowledge(seqs)
        self._report()

    def close(self) -> None:
        super().close()
        self._writer_lock.close()

    def _write(self, transit: Transit, metadata: _Row, pictures: list[_Row]) -> Counter[str]:
        dropped: Counter[str] = Counter()
        with self._transaction() as connection:
            dropped.update(self._make_room(connection, metadata.size, sum(row.size for row in pictures)))
            self._insert(connection, transit.camera_id, metadata)
            room = self._max_bytes - sum(waiting.bytes for waiting in self._totals().values())
            for row in pictures:
                if row.size > room:
                    dropped[transit.camera_id] += 1
                    continue
                self._insert(connection, transit.camera_id, row)
                room -= row.size
        return dropped

    def _write_on_full_disk(self, transit: Transit, metadata: _Row, pictures: list[_Row]) -> Counter[str]:
        """Over the pages of older pictures; and where those do not do, without the pictures of this one."""
        needed = metadata.size + sum(row.size for row in pictures) + 2 * PAGE_BYTES

        def give_up_images() -> Counter[str]:
            with self._transaction() as connection:
                return self._drop_oldest_images(connection, needed)

        self._count_drops(self._even_when_full(give_up_images))
        try:
            return self._over_old_log(lambda: self._write(transit, metadata, pictures))
        except DiskFullError:
            if not pictures:
                raise
        without = self._over_old_log(lambda: self._write(transit, metadata, []))
        return without + Counter({transit.camera_id: len(pictures)})

    def _watch_disk(self) -> None:
        """Let the file grow up to its quota while there is room kept to delete from it, and not at all without."""
        is_settled = self._reserve.is_held if self._may_grow else self._clock.monotonic() < self._look_at_disk_at
        if is_settled:
            return
        self._look_at_disk_at = self._clock.monotonic() + _LOOK_AT_DISK_EVERY_S
        with self._mapped_errors():
            self._may_grow = self._reserve.is_held or self._reserve.hold()
        if not self._may_grow:
            self._say_seldom("the disk is full; the oldest images make way for transits")
        pages = max(_FILE_MIN_PAGES, int(self._max_bytes * _FILE_SLACK) // PAGE_BYTES) if self._may_grow else 1
        with self._lock, self._mapped_errors():  # SQLite makes no file smaller: 1 means as it is
            self._connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()

    def _make_room(self, connection: sqlite3.Connection, metadata: int, pictures: int) -> Counter[str]:
        totals = self._totals()
        if totals[RecordKind.METADATA].bytes + metadata > self._max_bytes:
            raise OutboxFullError(
                f"outbox {self.path}: the quota of {self._max_bytes} bytes is full of"
                f" {totals[RecordKind.METADATA].records} transits that wait to be published"
            )
        used = sum(waiting.bytes for waiting in totals.values())
        excess = used + metadata + pictures - self._max_bytes
        return self._drop_oldest_images(connection, excess) if excess > 0 else Counter()

    def _drop_oldest_images(self, connection: sqlite3.Connection, excess: int) -> Counter[str]:
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

    def _insert(self, connection: sqlite3.Connection, camera_id: str, row: _Row) -> int:
        cursor = connection.execute(
            "INSERT INTO records (kind, topic, camera, put_at, size, key, headers, value)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                row.kind.value,
                row.topic,
                camera_id,
                self._clock.now().isoformat(),
                row.size,
                row.key,
                to_text(row.headers),
                row.value,
            ),
        )
        return cursor.lastrowid or 0

    def _count_drops(self, dropped: Counter[str]) -> None:
        for camera, number in dropped.items():
            DROPS.labels(camera, Drop.IMAGE_QUOTA).inc(number)
        if dropped:
            self._say_seldom(f"no room: gave up {dropped.total()} images, the oldest first")

    def _say_seldom(self, what: str) -> None:
        """A full outbox would say it at each transit; the metric counts them all."""
        if self._clock.monotonic() >= self._silent_until:
            self._silent_until = self._clock.monotonic() + _LOG_EVERY_S
            log.error("outbox %s: %s", self.path, what)

    def _report(self) -> None:
        for kind, waiting in self.counts().items():
            OUTBOX_RECORDS.labels(kind).set(waiting.records)
            OUTBOX_BYTES.labels(kind).set(waiting.bytes)


def _metadata_row(transit: Transit) -> _Row:
    value = encode_transit(transit)
    if len(value) > MAX_TRANSIT_BYTES:
        raise MessageError(PoisonReason.TOO_LARGE, f"transit {transit.id}: {len(value)} bytes of metadata")
    # Keyed by gate: one partition, so the centre sees the transits of one gate in the order they were made.
    return _Row(kind=RecordKind.METADATA, topic=TRANSITS_TOPIC, key=transit.gate_id.encode(), headers={}, value=value)


def _health_row(report: HealthReport) -> _Row:
    value = encode_health(report)
    if len(value) > MAX_TRANSIT_BYTES:
        raise MessageError(PoisonReason.TOO_LARGE, f"health of {report.kind} {report.id}: {len(value)} bytes")
    return _Row(kind=RecordKind.METADATA, topic=HEALTH_TOPIC, key=health_key(report), headers={}, value=value)


def _image_row(transit: Transit, role: ImageRole, data: bytes) -> _Row:
    if len(data) > MAX_IMAGE_BYTES:
        raise MessageError(PoisonReason.TOO_LARGE, f"transit {transit.id}: {len(data)} bytes of {role} picture")
    header = image_header(transit=transit, role=role, data=data)
    if not _is_named(transit, header):
        raise InputError(f"transit {transit.id}: the {role} picture is not one that the transit names")
    return _Row(
        kind=RecordKind.IMAGES,
        topic=IMAGES_TOPIC,
        key=str(transit.id).encode(),
        headers=header.to_headers(),
        value=data,
    )


def _is_named(transit: Transit, header: ImageHeader) -> bool:
    return any(ref.role == header.role and ref.sha256 == header.sha256 for ref in transit.images)


def _lock_writer(path: Path) -> IO[bytes]:
    """Held until it is closed, or the process is gone."""
    lock_path = path.with_name(f"{path.name}.lock")
    try:
        lock_path.parent.mkdir(parents=True, exist_ok=True)
        handle = lock_path.open("ab")
    except OSError as exc:
        raise TransportError(f"outbox {path}: {exc.strerror or exc}", permanent=True) from exc
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        handle.close()
        raise TransportError(f"outbox {path}: another process writes to it", permanent=True) from exc
    return handle
