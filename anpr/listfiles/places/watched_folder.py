# SPDX-License-Identifier: AGPL-3.0-or-later
"""Watched folder (hot folder): what has arrived whole, and where it goes: `done`, `failed`, or `waiting` for a whole
list.

A name that begins with a dot or ends with .part, .tmp or .filepart is still being written; so is a file that has just
changed.
"""

import os
import stat
from dataclasses import dataclass
from datetime import datetime, timedelta
from filecmp import cmp
from glob import escape
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from anpr.domain.errors import InputError
from anpr.runtime.clock import Clock

DONE, FAILED, WAITING = "done", "failed", "waiting"
UNFINISHED = (".part", ".tmp", ".filepart")
"""Ends of names of files that somebody is still writing."""
_MOST_A_LOOK = 100
"""Files of a folder in one look; the others wait for the next."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchedFolder:
    """One folder. `settle_s`: so long a file must not have changed."""

    path: Path
    clock: Clock
    zone: ZoneInfo
    settle_s: float

    def arrived(self) -> list[tuple[Path, os.stat_result]]:
        """Whole files, the oldest first, so that of several the newest has the last word. Raises InputError."""
        before = (self.clock.now() - timedelta(seconds=self.settle_s)).timestamp()
        found = [(path, state) for path, state in _files(self.path) if not is_unfinished(path.name)]
        whole = sorted((state.st_mtime, path, state) for path, state in found if state.st_mtime <= before)
        if whole:
            self._make_folders(
                DONE, FAILED
            )  # before anything is imported: what cannot be put away would be imported for ever
        return [(path, state) for _, path, state in whole[:_MOST_A_LOOK]]

    def put_away(self, path: Path, where: str) -> Path:
        """Into the folder beside it, with the moment before its name: a file of the same name comes every day."""
        now = self.clock.now()
        target = self.path / where / f"{now.astimezone(self.zone):%Y%m%d-%H%M%S-%f}-{path.name}"
        self._move(path, target, now)
        return target

    def keep_waiting(self, path: Path) -> None:
        """It is looked at again when `bring_back` is called; under its own name, which may say its version."""
        self._make_folders(WAITING)
        folder = self.path / WAITING
        same = next((each for each in folder.glob(f"*{escape(path.name)}") if _is_same(path, each)), None)
        self._move(path, same or free_place(folder, path.name), self.clock.now())

    def bring_back(self) -> None:
        """What waits is as good as arrived now."""
        if (self.path / WAITING).is_dir():
            for path, state in _files(self.path / WAITING):
                target = self.path / path.name
                if not target.exists():
                    self._move(path, target, datetime.fromtimestamp(state.st_mtime, self.zone))

    def forget(self, before: datetime) -> None:
        """Delete what was put away before this moment."""
        for where in (DONE, FAILED, WAITING):
            if (self.path / where).is_dir():
                for path, state in _files(self.path / where):
                    if state.st_mtime < before.timestamp():
                        path.unlink(missing_ok=True)

    def _make_folders(self, *names: str) -> None:
        try:
            for where in names:
                (self.path / where).mkdir(mode=0o700, exist_ok=True)
        except OSError as exc:
            raise InputError(f"{self.path}: no folder can be made in it ({exc.strerror or exc})") from exc

    def _move(self, path: Path, target: Path, at: datetime) -> None:
        try:
            path.rename(target)
            os.utime(target, (at.timestamp(), at.timestamp()))
        except OSError as exc:
            raise InputError(f"{path}: it cannot be moved to {target.parent.name} ({exc.strerror or exc})") from exc


def is_unfinished(name: str) -> bool:
    """Whether a file of this name is still being written, or hidden."""
    return name.startswith(".") or name.lower().endswith(UNFINISHED)


def is_harmless(name: str) -> bool:
    """Whether a name from outside may be one of a file here."""
    return bool(name) and "/" not in name and name.isprintable() and len(name.encode(errors="replace")) <= 200


def is_as_it_was(path: Path, state: os.stat_result) -> bool:
    """Whether nobody has changed the file since; False when it is gone, as another process has put it away."""
    try:
        now = path.stat()
    except FileNotFoundError:
        return False
    return (now.st_size, now.st_mtime_ns, now.st_ino) == (state.st_size, state.st_mtime_ns, state.st_ino)


def land(folder: Path, part: Path, name: str, written_at: float) -> None:
    """A file that was written as `part` appears in the folder in one step, under its name or one that ends with it: it
    replaces none. `written_at` (seconds since 1970) is its time, by which the folder's files have their order."""
    os.utime(part, (written_at, written_at))
    part.rename(free_place(folder, name))


def free_place(folder: Path, name: str) -> Path:
    """This name in the folder, or one that ends with it and has no other digits, where it is taken: a profile reads
    versions from names."""
    return next(path for number in count() if not (path := folder / ("_" * number + name)).exists())


def _is_same(path: Path, other: Path) -> bool:
    return other.is_file() and not other.is_symlink() and cmp(path, other, shallow=False)


def _files(folder: Path) -> list[tuple[Path, os.stat_result]]:
    """Regular files and their state; no links, which could lead anywhere."""
    try:
        with os.scandir(folder) as entries:
            found = [(Path(entry.path), entry.stat(follow_symlinks=False)) for entry in entries]
    except OSError as exc:
        raise InputError(f"{folder}: {exc.strerror or exc}") from exc
    return [(path, state) for path, state in found if stat.S_ISREG(state.st_mode)]
