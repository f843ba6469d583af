# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files that the simulated office keeps: a folder of which the oldest go when there are too many or too much."""

import os
import re
import shutil
import threading
from datetime import datetime
from pathlib import Path

MOST_BYTES = 512 * 1024 * 1024
MOST_FILES = 5_000
LISTS = "liste"
"""Folder in the inbox with the lists that are handed out; nothing of it is deleted."""
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
_LOOK_EVERY = 50
"""Files between two looks at the folder."""


class KeptFiles:
    """`inbox` is what SFTP and FTPS show; `requests` and `mails` hold what came otherwise. Thread-safe."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES, most_files: int = MOST_FILES) -> None:
        """What an earlier run left is deleted: it may name people."""
        self.inbox = folder / "inbox"
        self._folders = {"https": folder / "requests", "soap": folder / "requests", "mail": folder / "mails"}
        self._most_bytes, self._most_files = most_bytes, most_files
        self._lock = threading.Lock()
        self._new = 0
        for each in {self.inbox, *self._folders.values()}:
            shutil.rmtree(each, ignore_errors=True)
            each.mkdir(mode=0o700, parents=True)
        (self.inbox / LISTS).mkdir(mode=0o700)

    def put(self, protocol: str, name: str, data: bytes) -> Path:
        """Keep these bytes, in place of older ones of the same name; a name that is none gets another one."""
        path = self._folders[protocol] / safe_name(name)
        path.write_bytes(data)
        self.came(path)
        return path

    def write_receipt(self, name: str, data: bytes, at: datetime) -> None:
        """Put a receipt into the inbox, whole at once, with this time."""
        part = self.inbox / f".{safe_name(name)}.tmp"
        part.write_bytes(data)
        self.set_time(part, at)
        part.replace(self.inbox / safe_name(name))

    def forget_receipt(self, name: str) -> None:
        """Delete it, where there is one."""
        (self.inbox / safe_name(name)).unlink(missing_ok=True)

    def set_time(self, path: Path, at: datetime) -> None:
        """The file's time, as the office's clock has it."""
        os.utime(path, (at.timestamp(), at.timestamp()))

    def came(self, path: Path) -> None:
        """A file is there now: the oldest go, where there are too many."""
        with self._lock:
            self._new += 1
            if self._new % _LOOK_EVERY == 1:
                self._prune(path)

    def _prune(self, newest: Path) -> None:
        found = sorted(self._files(), key=lambda each: each[1].st_ctime)
        size = sum(stat.st_size for _, stat in found)
        left = len(found)
        for path, stat in found:
            if size <= self._most_bytes and left <= self._most_files:
                return
            if path != newest:
                path.unlink(missing_ok=True)
                size, left = size - stat.st_size, left - 1

    def _files(self) -> list[tuple[Path, os.stat_result]]:
        paths = (path for folder in {self.inbox, *self._folders.values()} for path in folder.rglob("*"))
        return [
            (path, path.stat())
            for path in paths
            if path.is_file() and not path.is_symlink() and self.inbox / LISTS not in path.parents
        ]


def safe_name(name: str) -> str:
    """The name where it is safe as a file's, with other signs replaced where it is not."""
    if _SAFE.fullmatch(name):
        return name
    bare = re.sub(r"[^A-Za-z0-9._-]", "_", name)[-190:].lstrip("._-")
    return bare or "senza-nome"
