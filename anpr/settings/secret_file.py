# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reader of files that hold a secret, as editors leave them: with a byte order mark, and with a line end."""

from pathlib import Path

from anpr.domain.errors import SettingsError

_MARK = "\ufeff"
"""Byte order mark, which Notepad writes first."""


def read_secret_file(path: Path) -> str:
    """The text of the file without byte order mark and surrounding white space.

    Raises SettingsError naming the file, never what is in it.
    """
    text = bare_secret(read_text_file(path))
    if not text:
        raise SettingsError(f"{path}: empty")
    return text


def read_text_file(path: Path) -> str:
    """A text beside the settings (keys, certificates, known hosts) without byte order mark.

    Raises SettingsError like `read_secret_file`.
    """
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise SettingsError(f"{path}: {exc.strerror or exc}") from exc
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: not a UTF-8 text file") from None


def bare_secret(text: str) -> str:
    """The secret itself, of a file or variable that was filled from one."""
    return text.removeprefix(_MARK).strip()
