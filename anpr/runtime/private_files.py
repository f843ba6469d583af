# SPDX-License-Identifier: AGPL-3.0-or-later
"""Files and folders that only their own user may open: plates and pictures of people lie in them."""

import logging
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MASK = 0o077
"""What a new file or folder of ours never gives: anything to the group or to others."""
_OTHERS = stat.S_IRWXO
_LISTING = stat.S_IROTH | stat.S_IWOTH
log = logging.getLogger(__name__)


@contextmanager
def private_by_default() -> Iterator[None]:
    """New files are 0600 and new folders 0700 in this process, whatever its user's umask says."""
    before = os.umask(MASK)
    try:
        yield
    finally:
        os.umask(before)


def close_to_others(folder: Path, *, let_pass: bool = False) -> None:
    """Take from a folder of ours, where there is one, what it gives to others; that closes all below it. The group's
    rights stay: somebody gave them. With `let_pass` others may still pass through to what is theirs below.

    What belongs to somebody else is named in a warning with the command that mends it.
    """
    try:
        found = folder.stat()
        open_for = found.st_mode & (_LISTING if let_pass else _OTHERS)
        if not open_for:
            return
        folder.chmod(stat.S_IMODE(found.st_mode) & ~open_for)
    except FileNotFoundError:
        return
    except OSError as exc:
        log.warning("%s: every user of this machine may read it (%s): chmod o-rwx %s", folder, exc.strerror, folder)
    else:
        log.warning("%s: every user of this machine could read it; closed it to them (chmod o-rwx)", folder)


def warn_if_open(folder: Path, how: str) -> None:
    """Name a folder that every user of this machine may read, with `how` to mend it; others may rely on it."""
    try:
        if folder.stat().st_mode & _LISTING:
            log.warning("%s: every user of this machine may read it; %s", folder, how)
    except FileNotFoundError:
        return
    except OSError as exc:
        log.warning("%s: who may read it cannot be told: %s", folder, exc.strerror)
