# SPDX-License-Identifier: AGPL-3.0-or-later
"""Signed heads of the audit in a file outside the database: with its password alone nobody rewrites the past unseen.

One JSON object a line: when, how many rows, the newest row's hash, and HMAC-SHA256 of these by a key of this machine.
"""

import hashlib
import hmac
import json
import logging
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

from anpr.domain.errors import SettingsError, StoreError
from anpr.settings.secret_file import read_secret_file
from anpr.store.audit import NotedHead

log = logging.getLogger(__name__)

_KEY_BYTES = 32
_TAIL_BYTES = 4096
"""More than a line."""
MOST_BYTES = 4 * 2**20
"""A file that is longer is thinned: two weeks of a line a minute."""
KEPT_LINES = 1000
"""The newest so many heads always stay."""
KEPT_DAYS = 3660
"""Of those before them the last of each day stays, for so many days: the file never grows beyond 1 MB again at once."""


def ensure_key(path: Path) -> bytes:
    """The key in this file, made when there is none. Raises SettingsError when it cannot be read or made."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        pass
    except OSError as exc:
        raise SettingsError(f"audit.key_file: {path}: {exc.strerror or exc}") from exc
    return read_key(path)


def read_key(path: Path) -> bytes:
    """The key in this file, which is there already. Raises SettingsError when it cannot be read."""
    key = read_secret_file(path).encode()
    if len(key) < _KEY_BYTES:
        raise SettingsError(f"audit.key_file: {path}: expected at least {_KEY_BYTES} characters")
    return key


class HeadFile:
    """The heads in one file, oldest first."""

    def __init__(self, path: Path, key: bytes) -> None:
        self.path = path
        self._key = key

    def append(self, noted: NotedHead, at: datetime) -> None:
        """Add a line that survives a power cut. Raises StoreError."""
        when = at.astimezone(UTC).isoformat(timespec="seconds")
        line = {"at": when, "rows": noted.rows, "head": noted.head, "signature": self._sign(when, noted)}
        try:
            with os.fdopen(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600), "rb+") as file:
                end = file.seek(0, os.SEEK_END)
                file.seek(max(0, end - _TAIL_BYTES))
                tail = file.read()
                file.seek(end - len(tail) + tail.rfind(b"\n") + 1)
                file.truncate()  # a line that a power cut left half
                file.write(json.dumps(line).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as exc:
            raise StoreError(f"audit.head_file: {self.path}: {exc.strerror or exc}") from exc

    def read(self) -> list[NotedHead]:
        """All of them; empty where there is no file yet. Raises StoreError for a line that we did not write so."""
        lines = _whole_lines(self._read_from_end(None))
        return [self._checked(f"line {number}", line) for number, line in enumerate(lines, 1)]

    def last(self) -> NotedHead | None:
        """The newest, from the end of the file; None where there is none. Raises StoreError as `read` does."""
        lines = _whole_lines(self._read_from_end(_TAIL_BYTES))
        return self._checked("the last line", lines[-1]) if lines else None

    def thin(self) -> bool:
        """Where the file is longer than MOST_BYTES, keep the newest KEPT_LINES and the last head of each day before;
        whether it was. A chain that was cut or rewritten still differs from every head after the change.

        Raises StoreError for a line that we did not write so, and then the file stays as it is.
        """
        if not self.path.exists() or self.path.stat().st_size <= MOST_BYTES:
            return False
        lines = _whole_lines(self._read_from_end(None))
        for number, line in enumerate(lines, 1):
            self._checked(f"line {number}", line)
        last_of_day = {str(json.loads(line)["at"])[:10]: line for line in lines[:-KEPT_LINES]}
        kept = [last_of_day[day] for day in sorted(last_of_day)[-KEPT_DAYS:]] + lines[-KEPT_LINES:]
        self._replace(b"".join(line + b"\n" for line in kept))
        return True

    def _replace(self, content: bytes) -> None:
        """The whole file at once, also where the power fails meanwhile. Raises StoreError."""
        part = self.path.with_name(f"{self.path.name}.part")
        try:
            with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path)
        except OSError as exc:
            raise StoreError(f"audit.head_file: {self.path}: {exc.strerror or exc}") from exc

    def _read_from_end(self, most: int | None) -> bytes:
        try:
            with self.path.open("rb") as file:
                if most is not None:
                    file.seek(max(0, file.seek(0, os.SEEK_END) - most))
                return file.read()
        except FileNotFoundError:
            return b""
        except OSError as exc:
            raise StoreError(f"audit.head_file: {self.path}: {exc.strerror or exc}") from exc

    def _checked(self, where: str, line: bytes) -> NotedHead:
        try:
            values = json.loads(line)
            noted = NotedHead(rows=int(values["rows"]), head=str(values["head"]))
            if hmac.compare_digest(str(values["signature"]), self._sign(str(values["at"]), noted)):
                return noted
        except (ValueError, KeyError, TypeError):
            log.debug("%s: %s is no head", self.path, where)
        raise StoreError(f"audit.head_file: {self.path}: {where} is not signed with this machine's key")

    def _sign(self, when: str, noted: NotedHead) -> str:
        return hmac.new(self._key, f"{when} {noted}".encode(), hashlib.sha256).hexdigest()


def _whole_lines(data: bytes) -> list[bytes]:
    """Without one that has no end: a power cut left it half."""
    return data[: data.rfind(b"\n") + 1].splitlines()
