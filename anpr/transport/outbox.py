"""Transactional outbox: keeps transits on the reader's disk until the centre has them.

When put_transit returns, the transit and its images survive a power cut. When the quota is used up the oldest
images go first, counted, and then nothing: transits go on past the quota, and one is refused only when the disk is
really full. What waits longer than it may be kept is given up, counted.
"""

import contextlib
import fcntl
import functools
import itertools
import logging
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import IO, TypeVar

from anpr.contract.topics import HEALTH_TOPIC
from anpr.domain.errors import DiskFullError, InputError, TransportError
from anpr.domain.health import HealthReport, SubjectKind
from anpr.domain.reasons import Drop
from anpr.domain.transit import ImageRole, Transit
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import DROPS, OUTBOX_BYTES, OUTBOX_FULL, OUTBOX_RECORDS
from anpr.transport.age import AgeLimit, MaxAge
from anpr.transport.records import RecordKind
from anpr.transport.rows import Row, health_row, image_row, metadata_row
from anpr.transport.spool import PAGE_BYTES, RESERVE_BYTES, Spool, to_text

T = TypeVar("T")

log = logging.getLogger(__name__)

_LOG_EVERY_S = 60.0
_LOOK_AT_DISK_EVERY_S = 10.0
# Room above the quota for the pages SQLite needs itself; past it the file does not grow, whatever our sums say.
_FILE_SLACK = 1.25
_FILE_MIN_PAGES = 64
_MORE_PAGES = 256  # 1 MB, about 800 transits: by so much the file grows past that for metadata
_OLD_AT_ONCE = 1000  # a deletion of many fills the write-ahead log
_TOO_OLD = {RecordKind.METADATA: Drop.TRANSIT_AGE, RecordKind.IMAGES: Drop.IMAGE_AGE}


class Outbox(Spool):
    """The writing side, one per file: a second one gets a TransportError naming the path.

    `max_bytes` is the disk quota for what waits, `max_age` how long it may. Other processes may read and acknowledge
    with `Spool`.
    """

    def __init__(self, path: Path, max_bytes: int, clock: Clock, max_age: MaxAge | None = None) -> None:
        if max_bytes <= 0:
            raise InputError(f"outbox {path}: the quota must be positive, not {max_bytes}")
        self._max_bytes = max_bytes
        self._clock = clock
        self._silent_until = 0.0
        self._look_at_disk_at = 0.0
        self._may_grow = False
        self._age = AgeLimit(max_age or MaxAge(), clock)
        self.is_full = False
        """Whether the last transit was refused because the disk is full."""
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
        """Keep the transit and its images, in one durable transaction.

        Raises OutboxFullError (nothing was kept: the disk is really full), InputError when an image is not the one
        the transit names, MessageError when something is larger than the contract allows.
        """
        metadata = metadata_row(transit)
        image_rows = [image_row(transit, role, data) for role, data in images.items()]
        self._watch_disk()
        try:
            self._give_up_old()
            dropped = self._write_somehow(transit, metadata, image_rows)
        except DiskFullError:
            self._say_full(True)
            raise
        self._say_full(False)
        self._count_drops(dropped)
        self._report()

    def _write_somehow(self, transit: Transit, metadata: Row, image_rows: list[Row]) -> Counter[str]:
        try:
            return self._over_old_log(lambda: self._write(transit, metadata, image_rows))
        except DiskFullError:
            return self._write_on_full_disk(transit, metadata, image_rows)

    def put_health(self, report: HealthReport) -> None:
        """Keep the report in place of the one of its subject that still waits: each holds the changes before it.

        For one thread. Raises OutboxFullError (the one before is kept), TransportError, MessageError.
        """
        row = health_row(report)
        camera = report.id if report.kind is SubjectKind.CAMERA else ""
        before = self._health_seqs.get(row.key, 0)

        def replace() -> tuple[int, Counter[str]]:
            with self._transaction() as connection:
                connection.execute("DELETE FROM records WHERE seq = ? AND topic = ?", (before, HEALTH_TOPIC))
                dropped = self._make_room(connection, row.size)
                return self._insert(connection, camera, row), dropped

        self._watch_disk()
        self._give_up_old()
        self._health_seqs[row.key], dropped = self._with_more_pages(replace)
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

    def _write(self, transit: Transit, metadata: Row, image_rows: list[Row]) -> Counter[str]:
        dropped: Counter[str] = Counter()
        with self._transaction() as connection:
            dropped.update(self._make_room(connection, metadata.size + sum(row.size for row in image_rows)))
            self._insert(connection, transit.camera_id, metadata)
            room = self._max_bytes - sum(waiting.bytes for waiting in self._totals().values())
            for row in image_rows:
                if row.size > room:
                    dropped[transit.camera_id] += 1
                    continue
                self._insert(connection, transit.camera_id, row)
                room -= row.size
        return dropped

    def _write_on_full_disk(self, transit: Transit, metadata: Row, image_rows: list[Row]) -> Counter[str]:
        """Over the pages of older images; and where those do not do, without the images of this one."""
        needed = metadata.size + sum(row.size for row in image_rows) + 2 * PAGE_BYTES

        def give_up_images() -> Counter[str]:
            with self._transaction() as connection:
                return self._drop_oldest_images(connection, needed)

        self._count_drops(self._even_when_full(give_up_images))
        try:
            return self._over_old_log(lambda: self._write(transit, metadata, image_rows))
        except DiskFullError:
            log.debug("outbox %s: no room for the images of transit %s", self.path, transit.id)
        without = self._with_more_pages(lambda: self._write(transit, metadata, []))
        return without + Counter({transit.camera_id: len(image_rows)})

    def _with_more_pages(self, action: Callable[[], T]) -> T:
        """For metadata: the quota does not keep the file from growing, only the disk does."""
        try:
            return self._over_old_log(action)
        except DiskFullError:
            if not self._may_grow:
                raise
        with self._lock, self._mapped_errors():
            (pages,) = self._connection.execute("PRAGMA page_count").fetchone()
            self._connection.execute(f"PRAGMA max_page_count = {pages + _MORE_PAGES}").fetchall()
        return self._over_old_log(action)

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

    def _make_room(self, connection: sqlite3.Connection, size: int) -> Counter[str]:
        excess = sum(waiting.bytes for waiting in self._totals().values()) + size - self._max_bytes
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

    def _give_up_old(self) -> None:
        """What waited longer than it may be kept; seldom looked for, and a full disk does not stop it."""
        for kind, before in self._age.due().items():
            dropped: Counter[str] = Counter()
            while part := self._even_when_full(functools.partial(self._delete_old, kind, before)):
                dropped += part
            for camera, number in dropped.items():
                DROPS.labels(camera, _TOO_OLD[kind]).inc(number)
            if dropped:
                log.error("outbox %s: %d %s waited for too long and were given up", self.path, dropped.total(), kind)

    def _delete_old(self, kind: RecordKind, before: datetime) -> Counter[str]:
        """The oldest of this kind that were put before; of at most so many at once, by camera."""
        with self._transaction() as connection:
            oldest = connection.execute(
                "SELECT seq, put_at, camera FROM records WHERE kind = ? AND topic <> ? ORDER BY seq LIMIT ?",
                (kind.value, HEALTH_TOPIC, _OLD_AT_ONCE),
            ).fetchall()
            old = list(itertools.takewhile(lambda row: datetime.fromisoformat(row[1]) < before, oldest))
            connection.executemany("DELETE FROM records WHERE seq = ?", [(seq,) for seq, _, _ in old])
        return Counter(camera for _, _, camera in old)

    def _insert(self, connection: sqlite3.Connection, camera_id: str, row: Row) -> int:
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

    def _say_full(self, is_full: bool) -> None:
        if is_full != self.is_full:
            log.error(
                "outbox %s: %s", self.path, "the disk is full, no transit is taken" if is_full else "has room again"
            )
        self.is_full = is_full
        OUTBOX_FULL.set(is_full)

    def _say_seldom(self, what: str) -> None:
        """A full outbox would say it at each transit; the metric counts them all."""
        if self._clock.monotonic() >= self._silent_until:
            self._silent_until = self._clock.monotonic() + _LOG_EVERY_S
            log.error("outbox %s: %s", self.path, what)

    def _report(self) -> None:
        for kind, waiting in self.counts().items():
            OUTBOX_RECORDS.labels(kind).set(waiting.records)
            OUTBOX_BYTES.labels(kind).set(waiting.bytes)


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
