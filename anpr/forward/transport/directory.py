# SPDX-License-Identifier: AGPL-3.0-or-later
"""Directory transport: writes files into a folder of this machine, or a mounted one."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from anpr.domain.errors import ForwardError
from anpr.forward.transport.base import MAX_RECEIPT_BYTES, Receipt, checked_receipt
from anpr.settings import DirectoryTarget

# What waiting does not cure. A full disk or a lost mount may be put right before the next try.
_PERMANENT = frozenset(
    {errno.EACCES, errno.EPERM, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EROFS}
)


@contextmanager
def open_target(target: DirectoryTarget, where: str) -> Iterator["DirectoryTransport"]:  # noqa: ARG001  one signature
    """The folder, made when it is missing. Raises ForwardError."""
    yield DirectoryTransport(Path(target.path))


class DirectoryTransport:
    """Writes `.NAME.part`, flushes it to disk, then renames: a reader of the folder sees whole files only."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise _mapped(self._folder, exc) from exc

    def send(self, name: str, data: bytes) -> None:
        part = self._folder / f".{name}.part"
        try:
            with part.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._folder / name)
            self._flush_folder()
        except OSError as exc:
            raise _mapped(self._folder / name, exc) from exc

    def fetch(self, name: str) -> Receipt | None:
        path = self._folder / name
        try:
            with path.open("rb") as file:
                data = file.read(MAX_RECEIPT_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise _mapped(path, exc) from exc
        return checked_receipt(str(path), name, data)

    def _flush_folder(self) -> None:
        # Without it a power cut may undo the rename after the ledger says `sent`.
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _mapped(path: Path, exc: OSError) -> ForwardError:
    return ForwardError(f"{path}: {exc.strerror or exc}", permanent=exc.errno in _PERMANENT)
