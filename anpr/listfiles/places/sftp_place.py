# SPDX-License-Identifier: AGPL-3.0-or-later
"""Folder of an SSH server in which files of a list lie, read by SFTP."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager

from anpr.listfiles.places.digest import DigestWriter
from anpr.listfiles.places.server_folder import MOST_LISTED, may_be_list, refuse_too_many
from anpr.settings import SftpTarget
from anpr.ssh.session import SftpSession, open_session
from anpr.store.watchlists.places import RemoteFile

_CHUNK = 1 << 20


@contextmanager
def open_sftp_folder(target: SftpTarget) -> Iterator["SftpFolder"]:
    """Logged in. Raises ForwardError when the place cannot be reached."""
    with open_session(target, "watchlists.pickup.sftp") as session:
        yield SftpFolder(session, target.path)


class SftpFolder:
    """Regular files; no links, which could lead anywhere."""

    def __init__(self, session: SftpSession, path: str) -> None:
        self._session = session
        self._path = path
        self.server = session.server

    def listed(self) -> list[RemoteFile]:
        return self._session.run(self._path, self._scan())

    def copy(self, file: RemoteFile, written: DigestWriter) -> bool:
        return self._session.run(file.name, self._copy(f"{self._path}/{file.name}", file, written))

    async def _scan(self) -> list[RemoteFile]:
        found: list[RemoteFile] = []
        async for each in self._session.client.scandir(self._path):
            name, attributes = str(each.filename), each.attrs
            if stat.S_ISREG(attributes.permissions or 0) and may_be_list(name):
                found.append(RemoteFile(name, attributes.size or 0, attributes.mtime or 0))
            refuse_too_many(len(found), MOST_LISTED, self.server, self._path)
        return found

    async def _copy(self, path: str, file: RemoteFile, written: DigestWriter) -> bool:
        async with self._session.client.open(path, "rb") as remote:
            while written.size <= file.size and (part := await remote.read(_CHUNK)):
                written.write(part)  # type: ignore[arg-type]  # binary mode gives bytes; asyncssh's types lack it
        now = await self._session.client.stat(path)
        return written.size == file.size and (now.size, now.mtime) == (file.size, file.written_at)
