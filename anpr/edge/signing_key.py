# SPDX-License-Identifier: AGPL-3.0-or-later
"""Key file of a reader: made on its own machine, readable by its own user only."""

import os
import stat
from pathlib import Path

from anpr.contract.signature import SigningKey
from anpr.domain.errors import InputError, SettingsError
from anpr.runtime.private_files import MASK
from anpr.settings import Settings
from anpr.settings.secret_file import read_secret_file

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL


def make_key(path: Path) -> SigningKey:
    """A new key in this file, written so that it survives a power cut. Raises InputError where there is one already."""
    key = SigningKey.generate()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, _NEW, 0o600), "w", encoding="ascii") as file:
            file.write(key.to_pem())
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as exc:
        raise InputError(f"{path}: a key is there already; for another one name another file: --file") from exc
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror or exc}") from exc
    return key


def read_key(path: Path) -> SigningKey:
    """The key in this file. Raises SettingsError naming the file, also where others than its user may read it."""
    try:
        key = SigningKey.from_pem(read_secret_file(path))
        mode = stat.S_IMODE(path.stat().st_mode)
    except InputError as exc:
        raise SettingsError(f"reader.key_file: {path}: {exc}") from exc
    except OSError as exc:
        raise SettingsError(f"reader.key_file: {path}: {exc.strerror or exc}") from exc
    if mode & MASK:
        raise SettingsError(f"reader.key_file: {path}: others than its user may read it ({mode:o}); chmod 600 {path}")
    return key


def key_of(settings: Settings) -> SigningKey | None:
    """The key that this machine's reader signs with; None where none was made and the settings name none.

    Raises SettingsError for a file that the settings name and that is not there, and as `read_key` does.
    """
    path = settings.signing_key_path
    if settings.reader.key_file is None and not path.exists():
        return None
    return read_key(path)
