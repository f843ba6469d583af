# SPDX-License-Identifier: AGPL-3.0-or-later
"""Shared by the verbs that use the database: opening it, and the user that the audit names."""

import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from anpr.settings import Settings
from anpr.settings.process import environment_variable
from anpr.store.database.connection import Database
from anpr.store.embedded.configured import address_for, open_database_url
from anpr.store.embedded.roles import CentreRole

_LOGIN_UID = Path("/proc/self/loginuid")
_NO_LOGIN = 2**32 - 1


@contextmanager
def open_database(settings: Settings, application: str, role: CentreRole | None = None) -> Iterator[Database]:
    """An open database whose schema is this version's: as its owner, or with the rights of `role` only, which a server
    of one's own gives to the login in its address. Raises StoreError otherwise.
    """
    with open_database_url(settings) as owner:
        url = address_for(settings, owner, role)
        with Database(url, pool_size=settings.database.pool_size, application=application) as database:
            yield database


def operating_system_user() -> str:
    """Who the audit names for what is done on the command line: `os:root (login anna)`.

    The user of this process as the kernel knows it, whatever the environment says. Whoever became that user is named
    beside it: by the kernel's own record of the login, or by what sudo says, which root could have written itself.
    """
    name = _name_of(os.getuid())
    if (login := _login_uid()) is not None and login != os.getuid():
        return f"os:{name} (login {_name_of(login)})"
    if (caller := environment_variable("SUDO_USER")) and caller != name:
        return f"os:{name} (sudo says {caller[:64] if caller.isprintable() else '?'})"
    return f"os:{name}"


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # a container's user has no name, and a number of its own
        return f"uid {uid}"


def _login_uid() -> int | None:
    """The user who logged in to the session that this process descends from; None where the kernel keeps none."""
    try:
        uid = int(_LOGIN_UID.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return None if uid == _NO_LOGIN else uid
