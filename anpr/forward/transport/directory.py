# SPDX-License-Identifier: AGPL-3.0-or-later
"""Directory transport: writes files into a folder of this machine, or a mounted one."""

import errno
import grp
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from anpr.domain.errors import ForwardError
from anpr.forward.transport.base import MAX_RECEIPT_BYTES, Receipt, checked_receipt
from anpr.runtime.clock import Clock
from anpr.runtime.private_files import warn_if_open
from anpr.settings import DirectoryTarget

# What waiting does not cure. A full disk or a lost mount may be put right before the next try.
_PERMANENT = frozenset(
    {errno.EACCES, errno.EPERM, errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG, errno.EROFS}
)


THREADS = 16
"""Flushes that wait for the disk at the same time (docs/benchmarks.md, as for the images that are stored)."""


@contextmanager
def open_target(
    target: DirectoryTarget,
    where: str,
    clock: Clock,  # noqa: ARG001  all transports are opened in one way
) -> Iterator["DirectoryTransport"]:
    """The folder, made when it is missing. Raises ForwardError."""
    yield DirectoryTransport(Path(target.path), _group_id(target.group, where))


class DirectoryTransport:
    """Writes `.NAME.part`, flushes it to disk, then renames: a reader of the folder sees whole files only.

    Files and a folder that is made are this user's, and readable by the group where there is one.
    """

    def __init__(self, folder: Path, group_id: int | None = None) -> None:
        self._folder = folder
        self._group_id = group_id
        with _naming(self._folder):
            self._make_folder()

    def _make_folder(self) -> None:
        if self._folder.is_dir():
            warn_if_open(self._folder, f"chmod o-rwx {self._folder}, and name who needs it in the target's `group`")
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._group_id is not None:
            os.chown(self._folder, -1, self._group_id)
            self._folder.chmod(0o750)

    def send(self, name: str, data: bytes) -> Receipt:
        self.send_all([(name, data)])
        return Receipt(name=name)

    def send_all(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Each is flushed before any has its name; flushes that wait at once share a commit of the disk's journal."""
        if len(files) > 1:
            with ThreadPoolExecutor(min(THREADS, len(files)), thread_name_prefix="flush") as threads:
                list(threads.map(self._write_part, files))
        else:
            list(map(self._write_part, files))
        for name, _ in files:
            with _naming(self._folder / name):
                self._part(name).replace(self._folder / name)
        with _naming(self._folder):
            self._flush_folder()

    def _part(self, name: str) -> Path:
        return self._folder / f".{name}.part"

    def _write_part(self, file: tuple[str, bytes]) -> None:
        name, data = file
        with _naming(self._folder / name), open(self._part(name), "wb", opener=_opened) as part:
            self._give(part.fileno())
            part.write(data)
            part.flush()
            os.fsync(part.fileno())

    def _give(self, descriptor: int) -> None:
        if self._group_id is None:
            os.fchmod(descriptor, 0o600)  # also one that a killed run left
        else:
            os.fchown(descriptor, -1, self._group_id)
            os.fchmod(descriptor, 0o640)

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


def _group_id(name: str | None, where: str) -> int | None:
    if name is None:
        return None
    try:
        return grp.getgrnam(name).gr_gid
    except KeyError:
        raise ForwardError(f"{where}.group: this machine has no group {name}", permanent=True) from None


def _opened(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC, 0o600)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise _mapped(path, exc) from exc


def _mapped(path: Path, exc: OSError) -> ForwardError:
    return ForwardError(f"{path}: {exc.strerror or exc}", permanent=exc.errno in _PERMANENT)
