# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reader of files that hold a secret, as editors leave them: with a byte order mark, and with a line end."""

from pathlib import Path

from anpr.domain.errors import SettingsError


def read_secret_file(path: Path) -> str:
    """The text of the file without byte order mark and surrounding white space.

    Raises SettingsError naming the file, never what is in it.
    """
    try:
        text = path.read_text(encoding="utf-8-sig").strip()
    except OSError as exc:
        raise SettingsError(f"{path}: {exc.strerror or exc}") from exc
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: not a UTF-8 text file") from None
    if not text:
        raise SettingsError(f"{path}: empty")
    return text
