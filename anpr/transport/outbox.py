# SPDX-License-Identifier: AGPL-3.0-or-later
"""Transactional outbox: keeps transits on the reader's disk until the centre has them.

When put_transit returns, the transit and its images survive a power cut. When the quota is used up the oldest
images go first, counted, and then nothing: transits go on past the quota, and one is refused only when the disk is
really full. What waits longer than it may be kept is given up, counted.
"""

import dataclasses
import logging
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TypeVar

from anpr.contract.sequence import sequence_header
from anpr.domain.camera_view import CameraView
from anpr.domain.errors import DiskFullError, InputError, OutboxFullError
from anpr.domain.health import HealthReport, SubjectKind
from anpr.domain.transit import ImageRole, Transit
from anpr.runtime.clock import Clock
from anpr.transport.age import AgeLimit, MaxAge
from anpr.transport.numbering import begin_numbering, next_number
from anpr.transport.outbox_report import OutboxReport
from anpr.transport.records import RecordKind
from anpr.transport.rows import Row, health_row, image_row, metadata_row, view_row
from anpr.transport.spool import PAGE_BYTES, RESERVE_BYTES, Spool
from anpr.transport.statements import (
    delete_health,
    delete_old,
    delete_oldest_images,
    delete_view,
    insert,
    waiting_health,
)
from anpr.transport.writer_lock import lock_writer

T = TypeVar("T")

log = logging.getLogger(__name__)

_LOOK_AT_DISK_EVERY_S = 10.0
# Room above the quota for the pages SQLite needs itself; past it the file does not grow, whatever our sums say.
_FILE_SLACK = 1.25
_FILE_MIN_PAGES = 64
_MORE_PAGES = 256  # 1 MB, about 800 transits: by so much the file grows past that for metadata


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
        self._look_at_disk_at = 0.0
        self._may_grow = False
        self._is_numbered = False  # until the first transit was written: opening must succeed on a full disk
        self._age = AgeLimit(max_age or MaxAge(), clock)
        self._report = OutboxReport(path, clock)
        self._writer_lock = lock_writer(path)
        try:
            super().__init__(path, min(RESERVE_BYTES, max_bytes))
            self._watch_disk()
            # Reports of a reader that was killed are replaced too.
            with self._lock, self._mapped_errors():
                self._health_seqs = waiting_health(self._connection)
            self._report.waiting(self.counts())
        except BaseException:
            self._writer_lock.close()
            raise

    @property
    def is_full(self) -> bool:
        """Whether the last transit was refused because the disk is full."""
        return self._report.is_full

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
            self._report.full(True)
            raise
        self._report.full(False)
        self._report.no_room(dropped)
        self._report.waiting(self.counts())

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
                delete_health(connection, before)
                dropped = self._make_room(connection, row.size)
                return insert(connection, camera, row, self._clock.now()), dropped

        self._watch_disk()
        self._give_up_old()
        self._health_seqs[row.key], dropped = self._with_more_pages(replace)
        self._report.no_room(dropped)
        self._report.waiting(self.counts())

    def put_view(self, view: CameraView) -> None:
        """Keep the view in place of the one of its camera that still waits.

        Nothing makes way for it. Raises OutboxFullError where there is no room, TransportError, MessageError.
        """
        row = view_row(view)

        def replace() -> None:
            with self._transaction() as connection:
                delete_view(connection, row.key)
                if sum(waiting.bytes for waiting in self._totals().values()) + row.size > self._max_bytes:
                    raise OutboxFullError(f"outbox {self.path}: no room for a view of camera {view.camera_id}")
                insert(connection, view.camera_id, row, self._clock.now())

        self._over_old_log(replace)
        self._report.waiting(self.counts())

    def acknowledge(self, seqs: Iterable[int]) -> None:
        super().acknowledge(seqs)
        self._report.waiting(self.counts())

    def close(self) -> None:
        super().close()
        self._writer_lock.close()

    def _write(self, transit: Transit, metadata: Row, image_rows: list[Row]) -> Counter[str]:
        dropped: Counter[str] = Counter()
        with self._transaction() as connection:
            now = self._clock.now()
            if not self._is_numbered:
                begin_numbering(connection)
            metadata = dataclasses.replace(metadata, headers=sequence_header(next_number(connection)))
            dropped.update(self._make_room(connection, metadata.size + sum(row.size for row in image_rows)))
            insert(connection, transit.camera_id, metadata, now)
            room = self._max_bytes - sum(waiting.bytes for waiting in self._totals().values())
            for row in image_rows:
                if row.size > room:
                    dropped[transit.camera_id] += 1
                    continue
                insert(connection, transit.camera_id, row, now)
                room -= row.size
        self._is_numbered = True
        return dropped

    def _write_on_full_disk(self, transit: Transit, metadata: Row, image_rows: list[Row]) -> Counter[str]:
        """Over the pages of older images; and where those do not do, without the images of this one."""
        needed = metadata.size + sum(row.size for row in image_rows) + 2 * PAGE_BYTES

        def give_up_images() -> Counter[str]:
            with self._transaction() as connection:
                return self._drop_oldest_images(connection, needed)

        self._report.no_room(self._even_when_full(give_up_images))
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
            self._report.seldom("the disk is full; the oldest images make way for transits")
        pages = max(_FILE_MIN_PAGES, int(self._max_bytes * _FILE_SLACK) // PAGE_BYTES) if self._may_grow else 1
        with self._lock, self._mapped_errors():  # SQLite makes no file smaller: 1 means as it is
            self._connection.execute(f"PRAGMA max_page_count = {pages}").fetchall()

    def _make_room(self, connection: sqlite3.Connection, size: int) -> Counter[str]:
        excess = sum(waiting.bytes for waiting in self._totals().values()) + size - self._max_bytes
        return self._drop_oldest_images(connection, excess) if excess > 0 else Counter()

    def _drop_oldest_images(self, connection: sqlite3.Connection, excess: int) -> Counter[str]:
        """A method of its own, so that the chaos test can tell what was given up from what was acknowledged."""
        return delete_oldest_images(connection, excess)

    def _give_up_old(self) -> None:
        """Delete what waited longer than it may be kept; seldom looked for, and also on a full disk."""
        for kind, before in self._age.due().items():
            dropped: Counter[str] = Counter()
            while part := self._even_when_full(partial(self._delete_old, kind, before)):
                dropped += part
            self._report.too_old(kind, dropped)

    def _delete_old(self, kind: RecordKind, before: datetime) -> Counter[str]:
        with self._transaction() as connection:
            return delete_old(connection, kind, before)
