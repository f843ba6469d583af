# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files of lists fetched from a folder of a server into their watched folder: each once, whole or not at all; nothing
is changed there.

A file is written under a name that the folder ignores, renamed when it is whole, and then noted. A crash before the
note fetches it again, and importing it again changes nothing more.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from anpr.domain.errors import ForwardError
from anpr.listfiles.places.digest import DigestWriter
from anpr.listfiles.places.watched_folder import is_harmless, is_unfinished, land
from anpr.listfiles.table import MAX_BYTES
from anpr.runtime.clock import Clock
from anpr.settings.watchlists import PickupSettings
from anpr.store.database.connection import Database
from anpr.store.watchlists.places import RemoteFile, note_seen, note_taken, taken_files

MOST_LISTED = 10_000
"""Files in the place; more than that is no place for lists."""
_MOST_A_LOOK = 20
_MOST_FAILURES = 20
log = logging.getLogger(__name__)


class ServerFolder(Protocol):
    """A folder of a server that one is logged in to. Its methods raise ForwardError."""

    server: str
    """For messages."""

    def listed(self) -> list[RemoteFile]:
        """Its files that `may_be_list` takes; at most MOST_LISTED."""

    def copy(self, file: RemoteFile, written: DigestWriter) -> bool:
        """Write it; whether it is whole, and still the file that was listed. Raises OSError of the own disk too."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FolderFetch:
    """Takes what is new in the place of one list. `settle_s`: so long a file must not have changed."""

    database: Database
    pickup: PickupSettings
    clock: Clock
    settle_s: float

    def look(self, folder: ServerFolder) -> int:
        """Take what is new; how many files. Raises ForwardError when it cannot be read, or a file of it cannot be had,
        after the others were taken; OSError and StoreError."""
        list_id, place, found = self.pickup.watchlist, self.pickup.place, folder.listed()
        with self.database.transaction() as conn:
            known = taken_files(conn, list_id, place)
            note_seen(conn, list_id, place, found, self.clock.now())
        before = (self.clock.now() - timedelta(seconds=self.settle_s)).timestamp()
        return self._take_all(
            folder, sorted((each for each in found if each not in known and each.written_at <= before), key=_age)
        )

    def _take_all(self, folder: ServerFolder, new: Sequence[RemoteFile]) -> int:
        """A file that cannot be had holds up none that came after it; after the last one the first failure is told."""
        taken, failures = 0, list[ForwardError]()
        for file in new:
            try:
                self._take(folder, file)
                taken += 1
            except ForwardError as exc:
                if not exc.permanent:  # the place, or this machine's disk
                    raise
                failures.append(exc)
            if taken >= _MOST_A_LOOK or len(failures) >= _MOST_FAILURES:
                break
        if failures:
            raise failures[0]
        return taken

    def _take(self, folder: ServerFolder, file: RemoteFile) -> None:
        if file.size > MAX_BYTES:
            raise ForwardError(f"{folder.server}: {file.name}: larger than {MAX_BYTES >> 20} MiB", permanent=True)
        part = self.pickup.folder / f".{file.name}.part"
        try:
            with DigestWriter(part) as written:
                is_whole = folder.copy(file, written)
            if not is_whole:
                return  # it is being written: the next look takes it
            # with the server's time, by which the folder's files have their order
            land(self.pickup.folder, part, file.name, file.written_at)
        finally:
            part.unlink(missing_ok=True)
        with self.database.transaction() as conn:
            note_taken(conn, self.pickup.watchlist, self.pickup.place, file, self.clock.now())
        log.info("watchlist %s: %s fetched, %d bytes", self.pickup.watchlist, file.name, file.size)


def may_be_list(name: str) -> bool:
    """Whether a file of this name is fetched: a harmless name, and none of one that is still being written."""
    return is_harmless(name) and not is_unfinished(name)


def refuse_too_many(number: int, most: int, server: str, folder: str) -> None:
    """Raises ForwardError for a place that holds more files."""
    if number > most:
        raise ForwardError(f"{server}: {folder}: more than {most} files")


def _age(file: RemoteFile) -> tuple[int, str]:
    return file.written_at, file.name
