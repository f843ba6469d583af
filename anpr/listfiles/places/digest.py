# SPDX-License-Identifier: AGPL-3.0-or-later
"""A file that is written and digested at once, and what a server says its digest is (RFC 9530, RFC 3230)."""

import base64
import binascii
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from anpr.domain.errors import ForwardError

_STRUCTURED = re.compile(r"sha-256=:([A-Za-z0-9+/=]+):")
_OLD = re.compile(r"sha-256=([A-Za-z0-9+/=]+)", re.IGNORECASE)


class DigestWriter:
    """Writes a new file, flushed to the disk at its end; counts its bytes and its SHA-256.

    Raises ForwardError naming the folder when it cannot be written: the fault is of this machine, not of a server.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[bytes] | None = None
        self._sha256 = sha256()
        self.size = 0
        """Bytes so far."""

    def __enter__(self) -> Self:
        with self._disk_errors():
            self._file = self._path.open("wb")
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, at: TracebackType | None) -> None:
        if self._file is not None:
            with self._disk_errors() if kind is None else suppress(OSError), closing(self._file):
                if kind is None:
                    self._file.flush()
                    os.fsync(self._file.fileno())

    def write(self, piece: bytes) -> None:
        """Go on."""
        assert self._file is not None
        with self._disk_errors():
            self._file.write(piece)
        self._sha256.update(piece)
        self.size += len(piece)

    @contextmanager
    def _disk_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as exc:
            raise ForwardError(f"{self._path.parent}: {exc.strerror or exc}") from exc

    @property
    def digest(self) -> bytes:
        """SHA-256 of what was written."""
        return self._sha256.digest()


@contextmanager
def in_place_of(part: Path) -> Iterator[DigestWriter]:
    """A new file, which takes this one's place once it is whole; of one that fails nothing is left."""
    inside = part.with_name(f"{part.name}.file.part")
    try:
        with DigestWriter(inside) as written:
            yield written
        inside.replace(part)
    finally:
        inside.unlink(missing_ok=True)


def digest_told(headers: Mapping[str, str]) -> bytes | None:
    """SHA-256 of the body by its headers; None where they do not say."""
    for name, pattern in (("repr-digest", _STRUCTURED), ("content-digest", _STRUCTURED), ("digest", _OLD)):
        found = pattern.search(headers.get(name, ""))
        if found:
            try:
                return base64.b64decode(found[1], validate=True)
            except binascii.Error:
                return b""  # what cannot be read is not what came
    return None
