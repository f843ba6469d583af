# SPDX-License-Identifier: AGPL-3.0-or-later
"""Small disks that fill up or become read-only: tmpfs mounts, resized and remounted while in use. Needs root."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SIZE = "2g"
"""Room on a disk that is not full; memory is used only for what lies there."""
_TRIES = 50


@dataclass(frozen=True)
class Disk:
    """A file system of its own at `folder`."""

    folder: Path

    def fill(self) -> bool:
        """Leave no room but what deleting gives; whether it could be done."""
        # What is written between looking and resizing makes the size too small, which is refused.
        return any(self._remount(f"size={self._used()}") for _ in range(_TRIES))

    def write_protect(self) -> bool:
        """Make it read-only; whether it could be done: not while a file is open for writing."""
        return any(self._remount("ro") for _ in range(_TRIES))

    def restore(self) -> None:
        """Writable again, with room."""
        self._remount(f"rw,size={SIZE}")

    def _used(self) -> int:
        about = os.statvfs(self.folder)
        return (about.f_blocks - about.f_bfree) * about.f_frsize

    def _remount(self, options: str) -> bool:
        command = ["mount", "-o", f"remount,{options}", str(self.folder)]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0


@contextmanager
def mounted(folder: Path) -> Iterator[Disk | None]:
    """A disk at `folder`, which is made, for as long as the block lasts; None where this user may not mount one."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        yield None
        return
    try:
        yield Disk(folder)
    finally:
        # Lazily, since a process that was killed a moment ago may still hold a file.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
