# SPDX-License-Identifier: AGPL-3.0-or-later
"""Shelf interface: a blob store with keys day/gate/name; implementations differ in how bytes are made durable."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from fsspec import AbstractFileSystem

from anpr.domain.errors import StoreError


@dataclass(frozen=True, kw_only=True, slots=True)
class Stored:
    """A file on the shelf; `modified` is when its bytes came there."""

    key: str
    size: int
    modified: datetime


class Shelf(ABC):
    """Files below `root` of one fsspec file system. Every failure is a StoreError that names what it is about."""

    def __init__(self, fs: AbstractFileSystem, root: str) -> None:
        self._fs = fs
        self._root = root.rstrip("/")

    @abstractmethod
    def put_all(self, files: Mapping[str, bytes]) -> set[str]:
        """Write those that are not there; they last when it returns, and each is there whole or not at all.

        Returns the keys under which other bytes lie: those stay as they are. After a failure some may be there; doing
        it again is harmless.
        """

    @abstractmethod
    def drop_day(self, day: date) -> None:
        """Remove everything of that day."""

    def thin_day(self, day: date, keep: Collection[str]) -> None:
        """Remove every file of that day whose key is not in `keep`."""
        for gate in self.gates(day):
            for key in [each.key for each in self.files(day, gate) if each.key not in keep]:
                self.remove(key)

    def read(self, key: str) -> bytes | None:
        """The file's bytes; None when there is none."""
        with self.failing("image", key):
            try:
                data: bytes = self._fs.cat_file(self._at(key))
            except FileNotFoundError:
                return None
            return data

    def remove(self, key: str) -> None:
        """Remove one file; nothing happens when it is gone."""
        with self.failing("image", key):
            try:
                self._fs.rm_file(self._at(key))
            except FileNotFoundError:
                return

    def days(self) -> list[date]:
        """The days there are folders of, oldest first. Folders of other names are somebody else's."""
        found = (_day_of(_name(entry)) for entry in self._list(self._root))
        return sorted(day for day in found if day is not None)

    def gates(self, day: date) -> list[str]:
        """The names of that day's folders, in order."""
        return sorted(_name(each) for each in self._list(self._at(day.isoformat())) if each["type"] == "directory")

    def files(self, day: date, gate: str) -> Iterator[Stored]:
        """The files in one of that day's folders."""
        yield from self.listed(f"{day.isoformat()}/{gate}")

    @abstractmethod
    def put_file(self, key: str, path: Path) -> None:
        """Put a large file there, whole or not at all; it lasts when it returns, in place of one of that name."""

    def size(self, key: str) -> int | None:
        """Bytes of a file; None when there is none."""
        with self.failing("file", key):
            try:
                return int(self._fs.info(self._at(key))["size"])
            except FileNotFoundError:
                return None

    def chunks(self, key: str, size: int = 1 << 20) -> Iterator[bytes]:
        """A large file, a piece of `size` bytes at a time."""
        with self.failing("file", key), self._fs.open(self._at(key), "rb", block_size=size) as file:
            while chunk := file.read(size):
                yield bytes(chunk)

    def listed(self, folder: str) -> Iterator[Stored]:
        """The files in a folder; none where there is no such folder."""
        for entry in self._list(self._at(folder)):
            if entry["type"] == "file":
                yield Stored(key=f"{folder}/{_name(entry)}", size=int(entry["size"]), modified=_modified(entry))

    def _list(self, folder: str) -> list[dict[str, Any]]:
        with self.failing("images in", folder):
            try:
                entries: list[dict[str, Any]] = self._fs.ls(folder, detail=True)
            except FileNotFoundError:
                return []
            return entries

    def _at(self, key: str) -> str:
        return f"{self._root}/{key}"

    @contextmanager
    def failing(self, what: str, key: str) -> Iterator[None]:
        """Whatever the file system raises inside becomes a StoreError that names `key`."""
        try:
            yield
        except OSError as exc:
            raise StoreError(f"{what} {key}: {exc.strerror or exc}") from exc


def _name(entry: dict[str, Any]) -> str:
    return str(entry["name"]).rstrip("/").rpartition("/")[2]


def _day_of(name: str) -> date | None:
    try:
        day = date.fromisoformat(name)
    except ValueError:
        return None
    return day if day.isoformat() == name else None


def _modified(entry: dict[str, Any]) -> datetime:
    """fsspec gives seconds for files of a disk, and a datetime elsewhere."""
    when = entry.get("mtime", entry.get("last_modified"))
    return when if isinstance(when, datetime) else datetime.fromtimestamp(float(when or 0), UTC)
