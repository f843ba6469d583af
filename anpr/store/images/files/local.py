# SPDX-License-Identifier: AGPL-3.0-or-later
"""Shelf on the centre's own disk: fsspec reads and lists; writing is ours, because fsspec flushes nothing to disk."""

import errno
import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

from fsspec.implementations.local import LocalFileSystem

from anpr.store.images.files.base import Shelf, Stored

THREADS = 16
"""Flushes that wait for the disk at the same time: a journal takes all of them in one commit (docs/benchmarks.md)."""


_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK}
"""What file systems say that know no hard links: exFAT, some network shares."""


class LocalShelf(Shelf):
    """Files below a folder."""

    def __init__(self, root: Path, threads: int = THREADS) -> None:
        super().__init__(LocalFileSystem(), str(root.absolute()))
        self._folder = root.absolute()
        self._threads = threads

    def put_all(self, files: Mapping[str, bytes]) -> set[str]:
        if not files:
            return set()
        folders = sorted({(self._folder / key).parent for key in files})
        for folder in folders:
            with self.failing("images in", str(folder)):
                _make(folder)
        with ThreadPoolExecutor(min(self._threads, len(files)), thread_name_prefix="images") as threads:
            taken = {
                key
                for key, is_there in zip(files, threads.map(self._put, *zip(*files.items(), strict=True)), strict=True)
                if not is_there
            }
            # Also where nothing was written: the process that wrote it may have fallen before its folder was flushed.
            list(threads.map(self._flush_folder, folders))
        return taken

    def listed(self, folder: str) -> Iterator[Stored]:
        # Not by fsspec: it holds a dict of everything about each file of the folder, and there may be 100,000s.
        with self.failing("images in", str(self._folder / folder)):
            try:
                with os.scandir(self._folder / folder) as entries:
                    for entry in entries:
                        yield from _stored(folder, entry)
            except FileNotFoundError:
                return

    def put_file(self, key: str, path: Path) -> None:
        place = self._folder / key
        part = place.with_name(f".{place.name}.{os.getpid()}-{threading.get_ident()}.part")
        with self.failing("file", str(place)):
            _make(place.parent)
            try:
                with path.open("rb") as source, os.fdopen(_new(part), "wb") as target:
                    shutil.copyfileobj(source, target, 1 << 20)
                    target.flush()
                    os.fsync(target.fileno())
                part.replace(place)
                _flush(place.parent)
            finally:
                part.unlink(missing_ok=True)

    def drop_day(self, day: date) -> None:
        with self.failing("images", str(self._folder / day.isoformat())):
            shutil.rmtree(self._folder / day.isoformat())

    def _put(self, key: str, data: bytes) -> bool:
        """Whether `data` is what lies there now."""
        path = self._folder / key
        with self.failing("image", str(path)):
            try:
                return path.read_bytes() == data
            except FileNotFoundError:
                return _write_whole(path, data) or path.read_bytes() == data

    def _flush_folder(self, folder: Path) -> None:
        with self.failing("images in", str(folder)):
            _flush(folder)


def _stored(folder: str, entry: os.DirEntry[str]) -> Iterator[Stored]:
    """The file, unless it is none or has gone since."""
    try:
        if entry.is_file(follow_symlinks=False):
            stat = entry.stat(follow_symlinks=False)
            modified = datetime.fromtimestamp(stat.st_mtime, UTC)
            yield Stored(key=f"{folder}/{entry.name}", size=stat.st_size, modified=modified)
    except FileNotFoundError:
        return


def _make(folder: Path) -> None:
    """Make the folder so that it lasts: the name of each new one is flushed with the folder above it."""
    if folder.is_dir():
        return
    _make(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)
    _flush(folder.parent)


def _write_whole(path: Path, data: bytes) -> bool:
    """All of it or nothing, and never over what another put there first; whether `data` was."""
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        with os.fdopen(_new(part), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        return _name(part, path)
    finally:
        part.unlink(missing_ok=True)


def _new(part: Path) -> int:
    return os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)


def _name(part: Path, path: Path) -> bool:
    try:
        path.hardlink_to(part)
    except FileExistsError:
        return False
    except OSError as exc:
        if exc.errno not in _NO_LINKS:
            raise
        part.replace(path)  # two who write the same name at the same moment: the later one wins
    return True


def _flush(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
