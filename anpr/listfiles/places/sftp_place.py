# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files of lists fetched by SFTP into their watched folder: each once, whole or not at all; nothing is changed there.

A file is written under a name that the folder ignores, renamed when it is whole, and then noted. A crash before the
note fetches it again, and importing it again changes nothing more.
"""

import logging
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from anpr.domain.errors import ForwardError
from anpr.listfiles.places.digest import DigestWriter
from anpr.listfiles.places.watched_folder import is_harmless, is_unfinished, land
from anpr.listfiles.table import MAX_BYTES
from anpr.runtime.clock import Clock
from anpr.settings import SftpTarget
from anpr.settings.watchlists import PickupSettings
from anpr.ssh.session import SftpSession, open_session
from anpr.store.database.connection import Database
from anpr.store.watchlists.places import RemoteFile, note_seen, note_taken, taken_files

_MOST_LISTED = 10_000
"""Files in the place; more than that is no place for lists."""
_MOST_A_LOOK = 20
_MOST_FAILURES = 20
_CHUNK = 1 << 20
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetch:
    """Takes what is new in the place of one list. `settle_s`: so long a file must not have changed."""

    database: Database
    pickup: PickupSettings
    clock: Clock
    settle_s: float

    def look(self, target: SftpTarget) -> int:
        """Take what is new; how many files. Raises ForwardError when the place cannot be reached or read, or a file of
        it cannot be had, after the others were taken; OSError and StoreError."""
        list_id, place = self.pickup.watchlist, target.address
        with open_session(target, "watchlists.pickup.sftp") as session:
            found = _listed(session, target.path)
            with self.database.transaction() as conn:
                known = taken_files(conn, list_id, place)
                note_seen(conn, list_id, place, found, self.clock.now())
            before = (self.clock.now() - timedelta(seconds=self.settle_s)).timestamp()
            new = sorted((each for each in found if each not in known and each.written_at <= before), key=_age)
            return self._take_all(session, target, new)

    def _take_all(self, session: SftpSession, target: SftpTarget, new: Sequence[RemoteFile]) -> int:
        """A file that cannot be had holds up none that came after it; after the last one the first failure is told."""
        taken, failures = 0, list[ForwardError]()
        for file in new:
            try:
                self._take(session, target, file)
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

    def _take(self, session: SftpSession, target: SftpTarget, file: RemoteFile) -> None:
        part = self.pickup.folder / f".{file.name}.part"
        try:
            if not session.run(file.name, _copy(session, f"{target.path}/{file.name}", file, part)):
                return  # it is being written: the next look takes it
            land(self.pickup.folder, part, file.name, file.written_at)
        finally:
            part.unlink(missing_ok=True)
        with self.database.transaction() as conn:
            note_taken(conn, self.pickup.watchlist, target.address, file, self.clock.now())
        log.info("watchlist %s: %s fetched, %d bytes", self.pickup.watchlist, file.name, file.size)


def _listed(session: SftpSession, folder: str) -> list[RemoteFile]:
    """Regular files with harmless names; no links, which could lead anywhere."""

    async def scan() -> list[RemoteFile]:
        found: list[RemoteFile] = []
        async for each in session.client.scandir(folder):
            name, attributes = str(each.filename), each.attrs
            is_file = stat.S_ISREG(attributes.permissions or 0)
            if is_file and is_harmless(name) and not is_unfinished(name):
                found.append(RemoteFile(name, attributes.size or 0, attributes.mtime or 0))
            if len(found) > _MOST_LISTED:
                raise ForwardError(f"{session.server}: {folder}: more than {_MOST_LISTED} files")
        return found

    return session.run(folder, scan())


async def _copy(session: SftpSession, path: str, file: RemoteFile, part: Path) -> bool:
    """Write the whole of it; False when it changes meanwhile. Raises ForwardError (permanent) for one that is larger
    than any list."""
    if file.size > MAX_BYTES:
        raise ForwardError(f"{session.server}: {file.name}: larger than {MAX_BYTES >> 20} MiB", permanent=True)
    with DigestWriter(part) as written:
        async with session.client.open(path, "rb") as remote:
            while written.size <= file.size and (piece := await remote.read(_CHUNK)):
                written.write(piece)  # type: ignore[arg-type]  # binary mode gives bytes, which asyncssh's types do not say
    now = await session.client.stat(path)
    return written.size == file.size and (now.size, now.mtime) == (file.size, file.written_at)


def _age(file: RemoteFile) -> tuple[int, str]:
    return file.written_at, file.name
