# SPDX-License-Identifier: AGPL-3.0-or-later
"""Secret key that signs cookies: made once per installation, readable by its owner only."""

import os
import secrets
import stat
from pathlib import Path

from anpr.domain.errors import SettingsError

_FILE = "console-secret"
_BYTES = 32


def load_secret(data_dir: Path) -> str:
    """The signing key in `data_dir`/console-secret, made with mode 0600 when it is not there yet.

    Raises SettingsError when the file cannot be read or written, others may read it, or it is too short to be ours.
    """
    path = data_dir / _FILE
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _create(path)
        return _read(path)
    except OSError as exc:
        raise SettingsError(f"{path}: {exc.strerror or exc}") from exc


def _create(path: Path) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(_BYTES))
    try:
        # A hard link appears whole or not at all, and only one of two processes that start together wins.
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _read(path: Path) -> str:
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise SettingsError(f"{path}: others may read this key; chmod 600 it, or delete it to end every session")
    key = path.read_text(encoding="ascii", errors="replace").strip()
    if len(key) < 2 * _BYTES:
        raise SettingsError(f"{path}: not a key of ours; delete it to make a new one (every session ends)")
    return key
