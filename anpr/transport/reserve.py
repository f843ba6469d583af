# SPDX-License-Identifier: AGPL-3.0-or-later
"""Disk reserve of the outbox, so that records can be given up and acknowledged when the disk is full.

SQLite writes before it deletes. Without a reserve a full disk could neither take nor let go of anything.
"""

import contextlib
import os
from pathlib import Path


class Reserve:
    """A file of `size` bytes beside the outbox, without content."""

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size

    @property
    def is_held(self) -> bool:
        """Whether the room is kept."""
        return self._path.exists()

    def hold(self) -> bool:
        """Reserve the room; false when the disk has less left. Raises OSError for anything else."""
        part = self._path.with_name(f"{self._path.name}.part")
        handle = os.open(part, os.O_CREAT | os.O_WRONLY, 0o600)
        try:
            os.posix_fallocate(handle, 0, self._size)
        except OSError:
            part.unlink()
            return False
        finally:
            os.close(handle)
        part.replace(self._path)
        return True

    def release(self) -> bool:
        """Give the room back; false when it was not kept."""
        with contextlib.suppress(FileNotFoundError):
            self._path.unlink()
            return True
        return False
