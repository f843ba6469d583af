# SPDX-License-Identifier: AGPL-3.0-or-later
"""User that the embedded PostgreSQL runs as: this one or, since PostgreSQL refuses root, a system user made for it."""

import logging
import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from anpr.domain.errors import StoreError

_NAME = "anpr-postgres"
log = logging.getLogger(__name__)


class ProcessUser(TypedDict, total=False):
    """Arguments of subprocess that change the user."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, kw_only=True, slots=True)
class ServerUser:
    """Ids to switch to; None where we stay who we are."""

    uid: int | None
    gid: int | None

    def as_process(self) -> ProcessUser:
        """For subprocess.run."""
        if self.uid is None or self.gid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def give(self, folder: Path) -> None:
        """Make the folder this user's."""
        if self.uid is not None and self.gid is not None:
            os.chown(folder, self.uid, self.gid)

    def let_reach(self, folder: Path) -> None:
        """Let this user pass through the folders above: pass, not list or read. Root's home is often closed."""
        if self.uid is None:
            return
        for above in folder.parents:
            mode = above.stat().st_mode
            if not mode & stat.S_IXOTH and above.stat().st_uid != self.uid:
                log.warning("%s: letting the database's user pass through (chmod o+x)", above)
                above.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def server_user() -> ServerUser:
    """The user to run as. Raises StoreError when we are root and a system user cannot be made."""
    if os.geteuid() != 0:
        return ServerUser(uid=None, gid=None)
    try:
        entry = pwd.getpwnam(_NAME)
    except KeyError:
        _create()
        entry = pwd.getpwnam(_NAME)
    return ServerUser(uid=entry.pw_uid, gid=entry.pw_gid)


def _create() -> None:
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _NAME]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as exc:
        raise StoreError("PostgreSQL does not run as root, and useradd is missing: run as an ordinary user") from exc
    if done.returncode and done.returncode != 9:  # 9: another process has just made it
        raise StoreError(f"PostgreSQL does not run as root, and user {_NAME} cannot be made: {done.stderr.strip()}")
