# SPDX-License-Identifier: AGPL-3.0-or-later
"""Session folder: append-only records and images of one stretch, cut back to its last checkpoint when resumed."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from anpr.accept.folder.files import append_private, explained, make_folder, parse, read_json, write_private
from anpr.accept.folder.records import DroppedTrack, FolderRecord, MotionEvent, RecordedTransit, SessionState, Still

_AnyRecord = TypeVar("_AnyRecord", bound=FolderRecord)

IMAGES = "images"
_STATE = "session.json"
_FILES: dict[type[FolderRecord], str] = {
    RecordedTransit: "transits.jsonl",
    MotionEvent: "events.jsonl",
    DroppedTrack: "dropped.jsonl",
    Still: "stills.jsonl",
}


class RecordedSession:
    """One session on disk. Not thread-safe; one process writes it at a time."""

    def __init__(self, path: Path, state: SessionState) -> None:
        self.path = path
        self.state = state
        self._lines = dict(state.lines)

    @classmethod
    def create(cls, path: Path, state: SessionState) -> "RecordedSession":
        """A new session in a new folder. Raises InputError."""
        make_folder(path / IMAGES)
        make_folder(path)
        session = cls(path, state)
        session.save()
        return session

    @classmethod
    def open(cls, path: Path) -> "RecordedSession":
        """The session in a folder. Raises InputError naming the file that is wrong."""
        return cls(path, read_json(path / _STATE, SessionState))

    @staticmethod
    def is_one(path: Path) -> bool:
        """Whether the folder holds a session; one that was killed while it was made does not."""
        return (path / _STATE).is_file()

    @property
    def number(self) -> int:
        """1 for the first session of the folder."""
        return int(self.path.name)

    def add(self, record: FolderRecord) -> None:
        """Append a record to its file. Raises InputError."""
        name = _FILES[type(record)]
        append_private(self.path / name, record.model_dump_json().encode() + b"\n")
        self._lines[name] = self._lines.get(name, 0) + 1

    def count(self, kind: type[FolderRecord]) -> int:
        """How many records of this kind there are."""
        return self._lines.get(_FILES[kind], 0)

    def put_image(self, name: str, jpeg: bytes) -> str:
        """Write an image; returns its path relative to the acceptance folder. Raises InputError."""
        write_private(self.path / IMAGES / name, jpeg)
        return (self.path.relative_to(self.path.parent.parent) / IMAGES / name).as_posix()

    def save(self, **changes: object) -> None:
        """Checkpoint: all records so far are complete, and the state changes as given. Raises InputError."""
        self.state = self.state.model_copy(update={**changes, "lines": dict(self._lines)})
        write_private(self.path / _STATE, self.state.model_dump_json(indent=1).encode())

    def cut_back(self) -> None:
        """Forget the records written after the last checkpoint: what they come from is read again."""
        for name in _FILES.values():
            path = self.path / name
            if path.exists():
                with explained(path):
                    kept = path.read_bytes().splitlines(keepends=True)[: self.state.lines.get(name, 0)]
                write_private(path, b"".join(kept))
        self._lines = dict(self.state.lines)

    def discard(self) -> None:
        """Delete the session: nothing came of it. Raises InputError."""
        with explained(self.path):
            shutil.rmtree(self.path)

    def read(self, kind: type[_AnyRecord]) -> Sequence[_AnyRecord]:
        """The records of this kind that were complete at the last checkpoint. Raises InputError naming file and row."""
        return tuple(self._read(kind))

    def _read(self, kind: type[_AnyRecord]) -> Iterator[_AnyRecord]:
        path = self.path / _FILES[kind]
        wanted = self.state.lines.get(_FILES[kind], 0)
        with explained(path):
            lines = path.read_bytes().splitlines()[:wanted] if wanted else []
        for number, line in enumerate(lines, start=1):
            yield parse(f"{path}: row {number}", line, kind)
