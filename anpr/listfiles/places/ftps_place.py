# SPDX-License-Identifier: AGPL-3.0-or-later
"""Folder of an FTP server in which files of a list lie, read within TLS.

Sizes and times come from MLSD (RFC 3659). A server without it, such as vsftpd, is asked for names, and of each for SIZE
and MDTM; what has no size is no file.
"""

import ftplib
import time
from calendar import timegm
from collections.abc import Iterator
from contextlib import contextmanager

from anpr.listfiles.places.digest import DigestWriter
from anpr.listfiles.places.server_folder import MOST_LISTED, may_be_list, refuse_too_many
from anpr.settings.forwarding.ftps import FtpsTarget
from anpr.store.watchlists.places import RemoteFile
from anpr.tls.ftps_session import FtpsSession, ftps_errors, ftps_server_of, open_ftps

MOST_ASKED = 500
"""Files of a server that has to be asked about each of them."""
_MOST_LISTING = 16 << 20
_UNKNOWN = ("500", "501", "502", "504")
_MODIFY, _SIZE, _TYPE = "modify", "size", "type"


@contextmanager
def open_ftps_folder(target: FtpsTarget) -> Iterator["FtpsFolder"]:
    """Logged in. Raises ForwardError when the place cannot be reached."""
    with open_ftps(target, "watchlists.pickup.ftps") as session:
        yield FtpsFolder(session, target)


class FtpsFolder:
    """Regular files, as far as the server tells."""

    def __init__(self, session: FtpsSession, target: FtpsTarget) -> None:
        self._session = session
        self._path = target.path
        self._timeout_s = target.timeout_s
        self.server = ftps_server_of(target)

    def listed(self) -> list[RemoteFile]:
        with self._within_time(f"{self.server}: {self._path}"):
            try:
                return self._of_facts(self._lines(f"MLSD {self._path}"))
            except ftplib.error_perm as exc:
                if not str(exc).startswith(_UNKNOWN):
                    raise
            return self._of_names(self._lines(f"NLST {self._path}"))

    def copy(self, file: RemoteFile, written: DigestWriter) -> bool:
        path = self._place_of(file.name)
        with self._within_time(f"{self.server}: {file.name}"):
            for piece in self._session.pieces(f"RETR {path}", file.size):
                written.write(piece)
            return written.size == file.size and self._asked(file.name) == file

    @contextmanager
    def _within_time(self, where: str) -> Iterator[None]:
        """A server that sends a byte now and then holds nobody for longer than `timeout_s`."""
        with ftps_errors(where), self._session.context.deadline(self._timeout_s):
            yield

    def _lines(self, command: str) -> list[str]:
        data = b"".join(self._session.pieces(command, _MOST_LISTING))
        return data.decode("utf-8", errors="replace").splitlines()

    def _of_facts(self, lines: list[str]) -> list[RemoteFile]:
        found: list[RemoteFile] = []
        for line in lines:
            told, _, name = line.partition(" ")
            facts = {key.lower(): value for key, _, value in (each.partition("=") for each in told.split(";"))}
            if facts.get(_TYPE, "").lower() == "file" and may_be_list(name):
                found.append(RemoteFile(name, int(facts.get(_SIZE, "0")), _moment(facts.get(_MODIFY, ""))))
            refuse_too_many(len(found), MOST_LISTED, self.server, self._path)
        return found

    def _of_names(self, lines: list[str]) -> list[RemoteFile]:
        names = [name for name in (line.rpartition("/")[2] for line in lines) if may_be_list(name)]
        refuse_too_many(len(names), MOST_ASKED, self.server, self._path)
        return [file for file in map(self._asked, names) if file is not None]

    def _asked(self, name: str) -> RemoteFile | None:
        """Size and time now; None for what has none, such as a folder."""
        path = self._place_of(name)
        try:
            size = self._session.size(path)
            changed = self._session.sendcmd(f"MDTM {path}")
        except ftplib.error_perm:
            return None
        return None if size is None else RemoteFile(name, size, _moment(changed.partition(" ")[2]))

    def _place_of(self, name: str) -> str:
        return name if self._path == "." else f"{self._path.rstrip('/')}/{name}"


def _moment(text: str) -> int:
    """Seconds since 1970 of `YYYYMMDDHHMMSS` in UTC, with or without fractions. Raises ValueError."""
    return timegm(time.strptime(text.strip()[:14], "%Y%m%d%H%M%S"))
