# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reaper: stops the embedded PostgreSQL once the last process using it has exited, even by SIGKILL.

`python -m anpr.store.embedded.reaper FOLDER`.

Returns at once: the lock is taken, and a child keeps it and waits. Imports no database driver, to stay small.
"""

import fcntl
import os
import sys
from pathlib import Path
from typing import IO

from anpr.store.embedded.server import find_server, stop


def become_reaper(folder: Path) -> IO[str] | None:
    """The reaper's lock, held; None when there is a reaper."""
    lock = (folder / "reaper.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return None
    return lock


def guard(folder: Path, lock: IO[str]) -> None:
    """Wait until nobody holds the users' lock, then stop the server."""
    with (folder / "users.lock").open("w") as users:
        fcntl.flock(users, fcntl.LOCK_EX)
        stop(find_server(folder))
        # First this one: whoever gets the users' lock next must see that there is no reaper any more.
        lock.close()


def main() -> None:
    """Fork: the parent returns, the child guards."""
    folder = Path(sys.argv[1])
    lock = become_reaper(folder)
    if lock is None or os.fork() > 0:
        return  # the child has the lock too, and keeps it
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    guard(folder, lock)


if __name__ == "__main__":
    main()
