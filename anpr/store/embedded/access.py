# SPDX-License-Identifier: AGPL-3.0-or-later
"""Access to the embedded server: processes of its own users over the socket, as the kernel names them, and nobody else.

The socket lies in a folder of 0700 already. Should that ever be opened, these files still let nobody else in.
"""

import os
import pwd
from collections.abc import Iterable
from pathlib import Path

from anpr.store.embedded.system_user import ServerUser

_HBA = "# Written anew at each start.\nlocal all all peer map=anpr\n"


def write_access(data: Path, user: ServerUser) -> None:
    """Write pg_hba.conf and pg_ident.conf of the cluster in `data`, before it is started. Raises OSError."""
    _replace(data / "pg_hba.conf", _HBA, user)
    _replace(data / "pg_ident.conf", _ident(_names(user)), user)


def _ident(names: Iterable[str]) -> str:
    return "# Written anew at each start.\n" + "".join(f'anpr "{name}" all\n' for name in names)


def _names(user: ServerUser) -> list[str]:
    """Root, this process's user, and the server's: it asks itself when it is started."""
    ids = {0, os.geteuid(), *([] if user.uid is None else [user.uid])}
    return sorted(pwd.getpwuid(each).pw_name for each in ids)


def _replace(path: Path, text: str, user: ServerUser) -> None:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.chmod(0o600)
    user.give(part)
    part.replace(path)
