# SPDX-License-Identifier: AGPL-3.0-or-later
"""Single-writer lock of an outbox file."""

import fcntl
from pathlib import Path
from typing import IO

from anpr.domain.errors import TransportError


def lock_writer(path: Path) -> IO[bytes]:
    """The lock, held until it is closed or the process is gone. Raises TransportError, permanent, naming the path, when
    another process has it or the folder cannot be written.
    """
    lock_path = path.with_name(f"{path.name}.lock")
    try:
        lock_path.parent.mkdir(parents=True, exist_ok=True)
        handle = lock_path.open("ab")
    except OSError as exc:
        raise TransportError(f"outbox {path}: {exc.strerror or exc}", permanent=True) from exc
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as exc:
        handle.close()
        raise TransportError(f"outbox {path}: another process writes to it", permanent=True) from exc
    return handle
