# SPDX-License-Identifier: AGPL-3.0-or-later
"""Folder of the server's socket where the data's path is too long for one: made elsewhere, noted beside the data.

Its name cannot be guessed, so that nobody can put a folder or a link in its place beforehand; the note is in a folder
that only the server's user may write to.
"""

import os
import stat
import tempfile
from pathlib import Path

from anpr.domain.errors import StoreError
from anpr.store.embedded.system_user import ServerUser

_MAX_PATH = 100  # bytes; the kernel takes 107 with the file's name
_NOTE = "socket-folder"
_OF_THE_MACHINE = Path("/run")
"""Only root makes anything here; it is emptied when the machine starts, like the temporary folder."""


def has_short_path(folder: Path) -> bool:
    """Whether a socket fits into this folder."""
    return len(os.fsencode(folder)) + len("/.s.PGSQL.5432") <= _MAX_PATH


def noted_socket_folder(folder: Path) -> Path:
    """Where the socket of the server with this folder is. Raises StoreError when no start has made one."""
    try:
        return Path((folder / _NOTE).read_text(encoding="utf-8"))
    except OSError as exc:
        raise StoreError(f"embedded PostgreSQL in {folder}: it was not started yet") from exc


def ensure_socket_folder(folder: Path, user: ServerUser) -> Path:
    """The noted folder, or a new one where there is none, or what has its name is a link or somebody else's."""
    note = folder / _NOTE
    if note.exists() and _is_ours(found := noted_socket_folder(folder), user):
        return found
    place = _OF_THE_MACHINE if os.access(_OF_THE_MACHINE, os.W_OK) else Path(tempfile.gettempdir())
    made = Path(tempfile.mkdtemp(prefix="anpr-", dir=place))
    user.give(made)
    part = note.with_suffix(".part")
    part.write_text(str(made), encoding="utf-8")
    part.replace(note)
    return made


def _is_ours(folder: Path, user: ServerUser) -> bool:
    try:
        found = folder.lstat()
    except OSError:
        return False
    owner = os.geteuid() if user.uid is None else user.uid
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and stat.S_IMODE(found.st_mode) == 0o700
