# SPDX-License-Identifier: AGPL-3.0-or-later
"""Background worker that makes packages of evidence, one at a time, with the rights of whoever asked; and tidies up.

It is made in a folder of this console, and then lies where the images are: any console of the site hands it over.
"""

import logging
import secrets
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import anpr
from anpr.domain.errors import AnprError, InputError
from anpr.domain.investigation import Investigation
from anpr.evidence.archive import sha256_of_file
from anpr.evidence.collect import Collector
from anpr.evidence.facts import Made
from anpr.evidence.late_stamp import stamp_late
from anpr.evidence.making import EvidenceResult, make_package
from anpr.evidence.stamp import StampError
from anpr.evidence.stamping import Stamping, StampOutcome
from anpr.runtime.clock import Clock
from anpr.settings import Settings
from anpr.store.audit_export import site_key
from anpr.store.audit_heads import read_key
from anpr.store.author import Author
from anpr.store.database.connection import Database
from anpr.store.images.image_store import ImageStore
from anpr.store.investigations.package_files import PackageFiles
from anpr.store.investigations.packages import (
    EvidencePackage,
    PackageFile,
    StampNote,
    expire_packages,
    files_in_use,
    give_up_left,
    note_failed,
    note_progress,
    note_ready,
    note_stamped,
)

log = logging.getLogger(__name__)
MOST_WAITING = 4
TIDY_EVERY_S = 3600.0
_LEFT_S = 3600.0
"""A file without a row that is older than this was left by a console that was killed, or its investigation is gone."""


class EvidenceJobs:
    """One thread; what waits is bounded."""

    def __init__(self, settings: Settings, images: ImageStore, clock: Clock) -> None:
        self._settings = settings
        self._images = images
        self._clock = clock
        self._files = PackageFiles(images.shelf)
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="evidence")
        self._waiting = threading.Semaphore(MOST_WAITING)
        self._stopping = threading.Event()

    @property
    def folder(self) -> Path:
        """Where packages are made."""
        return self._settings.evidence_dir

    def is_there(self, package: EvidencePackage) -> bool:
        """Whether its file is there, whole. Raises StoreError."""
        size = self._files.size(package.file_name)
        return size is not None and size == package.size

    def chunks_of(self, package: EvidencePackage) -> Iterator[bytes]:
        """Its file, a piece at a time. Raises StoreError."""
        return self._files.chunks(package.file_name)

    def demand_room(self) -> None:
        """Raises InputError where the packages that are kept take all the room they may."""
        used = self._files.total()
        if used > self._settings.console.evidence_max_mb * 1_000_000:
            raise InputError(f"evidence: the packages kept take more than {self._settings.console.evidence_max_mb} MB")

    def demand_key(self) -> None:
        """Raises SettingsError where the site's key is not here: it is never made by a console."""
        read_key(self._settings.audit_key_path)

    def start(self, database: Database, of: Investigation, package: EvidencePackage, organisation: str) -> None:
        """Make it in the background; `database` acts for whoever asked. Raises InputError when too many wait."""
        if not self._waiting.acquire(blocking=False):
            raise InputError("evidence: others are being made; try again later")
        self._pool.submit(self._make, database, of, package, organisation)

    def stamp(self, database: Database, of: Investigation, package: EvidencePackage, by: Author) -> None:
        """Give it a time stamp: another file takes the place of its own. Raises StampError when there is none, and
        InputError for a package that was changed, or has one."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        stamping = Stamping.of(self._settings.evidence.time_stamp)
        name = f"{secrets.token_hex(8)}.zip"
        before, after = self.folder / f"{name}.part", self.folder / name
        try:
            self._files.fetch(package.file_name, before)
            outcome = stamp_late(before, after, stamping)
            file = PackageFile(name=name, size=after.stat().st_size, sha256=sha256_of_file(after))
            self._files.put(name, after)
            with database.transaction() as conn:
                note_stamped(conn, of, package, file, note_of_stamp(outcome), by)
            self._files.remove(package.file_name)
        except StampError:
            raise
        except BaseException:
            self._files.remove(name)
            raise
        finally:
            before.unlink(missing_ok=True)
            after.unlink(missing_ok=True)

    def tidy(self, itself: Database) -> None:
        """Remove files whose days are over or that nobody knows; `itself`: the console's on nobody's behalf."""
        now = self._clock.now()
        with itself.transaction() as conn:
            give_up_left(conn, now)
            gone = expire_packages(conn, now - timedelta(days=self._settings.console.evidence_days))
            used = files_in_use(conn)
        for name in gone:
            self._files.remove(name)
        for name in self._files.names_before(now - timedelta(seconds=_LEFT_S)):
            if name not in used:
                self._files.remove(name)
        for path in self.folder.glob("*.zip*") if self.folder.is_dir() else ():
            with suppress(FileNotFoundError):
                is_left = now.timestamp() - path.stat().st_mtime > _LEFT_S
                if path.name.removesuffix(".part") not in used and is_left:
                    path.unlink()

    def close(self) -> None:
        """Give up what is being made, and wait for it."""
        self._stopping.set()
        self._pool.shutdown(cancel_futures=True)

    def _make(self, database: Database, of: Investigation, package: EvidencePackage, organisation: str) -> None:
        by = Author(name=package.asked_by, at=package.asked_at)
        try:
            self._make_now(database, of, package, organisation)
        except Exception as exc:  # a thread's own end: whatever it was, the row says that it failed
            why = str(exc) if isinstance(exc, AnprError) else f"{type(exc).__name__}"
            log.exception("console: package %s of evidence could not be made", package.id)
            with suppress(AnprError), database.transaction() as conn:
                note_failed(conn, of, package.id, why, replace(by, at=self._clock.now()))
        finally:
            self._waiting.release()

    def _make_now(self, database: Database, of: Investigation, package: EvidencePackage, organisation: str) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        collector = Collector(database=database, images=self._images, settings=self._settings, clock=self._clock)
        made = Made(
            by=package.asked_by,
            at=package.asked_at,
            reason=package.reason,
            version=anpr.__version__,
            municipality=self._settings.municipality,
            organisation=organisation,
            zone=self._settings.zone,
        )
        key, path = site_key(read_key(self._settings.audit_key_path)), self.folder / package.file_name

        def progress(done: int, total: int) -> None:
            if self._stopping.is_set():
                raise InputError("the console was stopped")
            with database.transaction() as conn:
                note_progress(conn, package.id, done, total, self._clock.now())

        result = make_package(collector, of.id, made, key, path, progress)
        try:
            self._files.put(package.file_name, path)
            self._note(database, package, result)
        finally:
            path.unlink(missing_ok=True)

    def _note(self, database: Database, package: EvidencePackage, result: EvidenceResult) -> None:
        stamp = note_of_stamp(result.stamp)
        try:
            with database.transaction() as conn:
                at = self._clock.now()
                note_ready(conn, package.id, result.transits, result.size, result.sha256, result.missing, at, stamp)
        except BaseException:
            self._files.remove(package.file_name)
            raise


def note_of_stamp(outcome: StampOutcome) -> StampNote:
    """As the package's row has it."""
    failure = outcome.failure.value if outcome.failure else None
    return StampNote(authority=outcome.authority or None, at=outcome.at, failure=failure)
