# SPDX-License-Identifier: AGPL-3.0-or-later
"""Secret keys of the console: made once per installation, readable by their owner only."""

import os
import secrets
import stat
from pathlib import Path

from anpr.domain.errors import SettingsError

FACTOR_KEY = "second-factor-key"
_FILE = "console-secret"
_BYTES = 32
_LOSS = {_FILE: "every session ends", FACTOR_KEY: "every second factor must then be reset"}
"""What it costs to delete the file."""


def load_secret(data_dir: Path) -> str:
    """The signing key in `data_dir`/console-secret, made with mode 0600 when it is not there yet.

    Raises SettingsError when the file cannot be read or written, others may read it, or it is too short to be ours.
    """
    return _load(data_dir / _FILE)


def load_factor_key(data_dir: Path) -> str:
    """The key of second factors in `data_dir`/second-factor-key, likewise; a copy of it belongs to every backup.

    Raises SettingsError as `load_secret` does.
    """
    return _load(data_dir / FACTOR_KEY)


def _load(path: Path) -> str:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
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
        raise SettingsError(f"{path}: others may read this key; chmod 600 it, or delete it ({_LOSS[path.name]})")
    key = path.read_text(encoding="ascii", errors="replace").strip()
    if len(key) < 2 * _BYTES:
        raise SettingsError(f"{path}: not a key of ours; delete it to make a new one ({_LOSS[path.name]})")
    return key
