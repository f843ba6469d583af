# SPDX-License-Identifier: AGPL-3.0-or-later
"""File of first logins: one-time passwords that nobody has used yet, readable by this user only.

A password goes from the file when its user has chosen their own; the file goes with the last one.
"""

import os
import secrets
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

FILE = "first-logins.txt"


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """A name and its first password."""

    name: str
    role: str
    password: str


def read_logins(folder: Path) -> list[Login]:
    """Those that are kept in this folder; none where there is no file.

    Lines that somebody else has written there are no logins. Raises OSError.
    """
    try:
        text = (folder / FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    rows = [line.split(maxsplit=2) for line in text.splitlines()]
    return [Login(name=row[0], role=row[1], password=row[2]) for row in rows if len(row) == 3]


def write_logins(folder: Path, logins: Iterable[Login]) -> None:
    """Keep these and no others, whole or not at all; none: remove the file. Raises OSError."""
    path, lines = folder / FILE, [f"{login.name} {login.role} {login.password}\n" for login in logins]
    if not lines:
        path.unlink(missing_ok=True)
        return
    draft = path.with_name(f"{FILE}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.writelines(lines)
    draft.replace(path)


def forget_logins(folder: Path, names: Collection[str]) -> list[Login]:
    """The users of these names have passwords of their own; returns what is left. Raises OSError."""
    logins = read_logins(folder)
    left = [login for login in logins if login.name not in names]
    if len(left) < len(logins):
        write_logins(folder, left)
    return left
