# SPDX-License-Identifier: AGPL-3.0-or-later
"""Watched folders (hot folders): files of lists that arrive are imported, then moved to `done` or `failed`.

A file is taken once it has not changed for a while, and moved after its import is committed. A crash in between imports
it again, which changes nothing more. Several processes may look: imports of lists wait for each other.
"""

import logging
import os
import stat
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from anpr.domain.errors import InputError
from anpr.listfiles.fetching import Fetch, is_unfinished
from anpr.listfiles.importing import (
    ImportOrder,
    import_order,
    preview_order,
    read_order,
    refuse_wrong_rows,
    removal_text,
)
from anpr.listfiles.proposing import propose_import, waits_already
from anpr.listfiles.reading import HowToRead, ListFile, read_bytes, write_rejects
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import LIST_FILES, LIST_PICKUP_AT
from anpr.settings import SftpTarget
from anpr.settings.watchlists import PickupSettings, WatchlistSettings
from anpr.store.audit import AuditAction, AuditEvent, append
from anpr.store.author import Author
from anpr.store.database.connection import Database
from anpr.store.watchlists.entries import ImportMode
from anpr.store.watchlists.lists import get_watchlist

ACTOR = "watchlist pickup"
DONE, FAILED = "done", "failed"
_MOST_A_LOOK = 100
"""Files of a folder in one look; the others wait for the next."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Pickup:
    """Looks through the folders. `done` and `failed` hold plates, and are emptied after `pickup_keep_days`."""

    database: Database
    settings: WatchlistSettings
    zone: ZoneInfo
    clock: Clock

    def look(self) -> int:
        """Import what has arrived; returns how many files or folders failed.

        Raises StoreError when the database is away: the files stay, and are tried again.
        """
        failed = 0
        for pickup in self.settings.pickup:
            try:
                if pickup.sftp is not None:
                    failed += self._fetch(pickup, pickup.sftp)
                failed += self._look_in(pickup)
                LIST_PICKUP_AT.labels(pickup.watchlist).set(self.clock.now().timestamp())
            except InputError as exc:  # the other folders go on; the time of the last look tells it in /metrics
                log.error("%s", exc)
                failed += 1
        return failed

    def _fetch(self, pickup: PickupSettings, target: SftpTarget) -> int:
        """Whether it failed; what lies in the folder is imported all the same."""
        fetch = Fetch(database=self.database, pickup=pickup, clock=self.clock, settle_s=self.settings.pickup_settle_s)
        try:
            fetch.look(target)
        except InputError as exc:
            log.error("%s", exc)
            LIST_FILES.labels(pickup.watchlist, "failed").inc()
            return 1
        return 0

    def _look_in(self, pickup: PickupSettings) -> int:
        failed = 0
        for path, state in self._arrived(pickup.folder):
            failed += not self._import(pickup, path, state)
        self._forget(pickup.folder)
        return failed

    def _arrived(self, folder: Path) -> list[tuple[Path, os.stat_result]]:
        """Whole files, the oldest first, so that of several the newest has the last word."""
        before = (self.clock.now() - timedelta(seconds=self.settings.pickup_settle_s)).timestamp()
        found = [(path, state) for path, state in _files(folder) if not is_unfinished(path.name)]
        whole = sorted((state.st_mtime, path, state) for path, state in found if state.st_mtime <= before)
        if whole:
            _make_folders(folder)  # before anything is imported: what cannot be put away would be imported for ever
        return [(path, state) for _, path, state in whole[:_MOST_A_LOOK]]

    def _import(self, pickup: PickupSettings, path: Path, state: os.stat_result) -> bool:
        read: ListFile | None = None
        try:
            order = _order(pickup, path)
            if not _is_same(path, state):
                return True  # still being written after all: the next look takes it, or it is gone
            with self.database.transaction() as conn:
                read = read_order(conn, order, self.zone)
            said = self._put(order, read)
        except InputError as exc:
            if not path.exists():
                return True  # another process has put it away meanwhile
            self._fail(pickup, path, read, exc)
            return False
        self._move(path, DONE)
        LIST_FILES.labels(pickup.watchlist, said).inc()
        log.info("watchlist %s: %s %s", pickup.watchlist, path.name, said)
        return True

    def _put(self, order: ImportOrder, read: ListFile) -> str:
        """Import it, or propose it where that is for a person to decide; which of them."""
        refuse_wrong_rows(order, read)
        with self.database.transaction() as conn:
            preview = preview_order(conn, order, read)
            needs_second = get_watchlist(conn, order.watchlist_id).second_person
            if not needs_second and not preview.removes_too_much:
                import_order(conn, order, read, self._author(), preview.result)
                return "imported"
            if not waits_already(conn, order):
                taken = removal_text(order, preview) if preview.removes_too_much else f"{order.name}"
                propose_import(conn, order, read, self._author(), taken)
            return "proposed"

    def _fail(self, pickup: PickupSettings, path: Path, read: ListFile | None, why: InputError) -> None:
        """The row in the audit first: a file is not moved without it."""
        by = self._author()
        detail = {"watchlist": pickup.watchlist, "file": path.name, "sha256": read.sha256 if read else None,
                  "source": pickup.source or None, "rejected": len(read.rejects) if read else None}  # fmt: skip
        event = AuditEvent(
            actor=by.name, action=AuditAction.WATCHLIST_IMPORT_REFUSED, at=by.at, reason=str(why), detail=detail
        )
        with self.database.transaction() as conn:
            append(conn, event)
        target = self._move(path, FAILED)
        LIST_FILES.labels(pickup.watchlist, "failed").inc()
        _write(target.with_name(f"{target.name}.why.txt"), f"{why}\n")
        if read and read.rejects:
            write_rejects(target.with_name(f"{target.name}.rejects.csv"), read.rejects)
        log.error("watchlist %s: %s was not imported, see %s", pickup.watchlist, path.name, target.parent)

    def _move(self, path: Path, where: str) -> Path:
        """Into the folder beside it, with the moment before its name: a file of the same name comes every day."""
        now = self.clock.now()
        target = path.parent / where / f"{now.astimezone(self.zone):%Y%m%d-%H%M%S-%f}-{path.name}"
        try:
            path.rename(target)
            os.utime(target, (now.timestamp(), now.timestamp()))
        except OSError as exc:
            raise InputError(f"{path}: it cannot be moved to {where} ({exc.strerror or exc})") from exc
        return target

    def _forget(self, folder: Path) -> None:
        before = (self.clock.now() - timedelta(days=self.settings.pickup_keep_days)).timestamp()
        for where in (DONE, FAILED):
            if (folder / where).is_dir():
                for path, state in _files(folder / where):
                    if state.st_mtime < before:
                        path.unlink(missing_ok=True)

    def _author(self) -> Author:
        return Author(name=ACTOR, at=self.clock.now())


def _order(pickup: PickupSettings, path: Path) -> ImportOrder:
    return ImportOrder(
        watchlist_id=pickup.watchlist,
        name=path.name,
        content=read_bytes(path),
        mode=ImportMode(pickup.mode),
        source=pickup.source,
        how=HowToRead(profile=pickup.profile),
        skips_rejected=pickup.skip_rejected,
    )


def _files(folder: Path) -> list[tuple[Path, os.stat_result]]:
    """Regular files and their state; no links, which could lead anywhere."""
    try:
        with os.scandir(folder) as entries:
            found = [(Path(entry.path), entry.stat(follow_symlinks=False)) for entry in entries]
    except OSError as exc:
        raise InputError(f"{folder}: {exc.strerror or exc}") from exc
    return [(path, state) for path, state in found if stat.S_ISREG(state.st_mode)]


def _make_folders(folder: Path) -> None:
    try:
        for where in (DONE, FAILED):
            (folder / where).mkdir(mode=0o700, exist_ok=True)
    except OSError as exc:
        raise InputError(f"{folder}: no folder can be made in it ({exc.strerror or exc})") from exc


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror or exc}") from exc


def _is_same(path: Path, state: os.stat_result) -> bool:
    try:
        now = path.stat()
    except FileNotFoundError:
        return False  # another process has put it away
    return (now.st_size, now.st_mtime_ns, now.st_ino) == (state.st_size, state.st_mtime_ns, state.st_ino)
