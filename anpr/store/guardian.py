"""Stops an embedded PostgreSQL when its last user is gone, however it went: `python -m anpr.store.guardian FOLDER`."""

import fcntl
import sys
from pathlib import Path

from anpr.store.embedded import find_server, stop


def guard(folder: Path) -> None:
    """Wait until nobody holds the users' lock, then stop the server. One guardian per folder; a second one leaves."""
    with (folder / "guardian.lock").open("w") as guardian, (folder / "users.lock").open("w") as users:
        try:
            fcntl.flock(guardian, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        fcntl.flock(users, fcntl.LOCK_EX)
        stop(find_server(folder))
        # First this one: whoever gets the users' lock next must see that there is no guardian any more.
        fcntl.flock(guardian, fcntl.LOCK_UN)


if __name__ == "__main__":
    guard(Path(sys.argv[1]))
