# SPDX-License-Identifier: AGPL-3.0-or-later
"""The outbox file: SQLite in WAL mode, so that one process may write while another reads and acknowledges."""

import contextlib
import json
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from anpr.domain.errors import DiskFullError, TransportError
from anpr.transport.records import OutboxRecord, RecordKind, Waiting
from anpr.transport.reserve import Reserve

T = TypeVar("T")

APPLICATION_ID = 0x414E5052  # "ANPR": what `file` and a person with sqlite3 see
SCHEMA_VERSION = 1
PAGE_BYTES = 4096
MAX_POLL_BYTES = 16 * 1024 * 1024
RESERVE_BYTES = 16 * 1024 * 1024  # more than the write-ahead log holds: 4 MB, and one transit with its images
BUSY_TIMEOUT_S = 30.0
_FEW = 10
_WAL_LIMIT_BYTES = 64 * 1024 * 1024

# AUTOINCREMENT: a number given again after its row was deleted would let an acknowledgement hit the wrong record.
# `totals` is kept by triggers because another process deletes too, and a SUM over a full outbox costs at each put.
_SCHEMA = f"""
CREATE TABLE records (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  topic TEXT NOT NULL,
  camera TEXT NOT NULL,
  put_at TEXT NOT NULL,
  size INTEGER NOT NULL,
  key BLOB NOT NULL,
  headers TEXT NOT NULL,
  value BLOB NOT NULL
);
CREATE INDEX records_by_kind ON records (kind, seq, size);
CREATE TABLE totals (kind TEXT PRIMARY KEY, records INTEGER NOT NULL, bytes INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO totals VALUES ('{RecordKind.METADATA}', 0, 0), ('{RecordKind.IMAGES}', 0, 0);
CREATE TRIGGER records_added AFTER INSERT ON records BEGIN
  UPDATE totals SET records = records + 1, bytes = bytes + new.size WHERE kind = new.kind;
END;
CREATE TRIGGER records_gone AFTER DELETE ON records BEGIN
  UPDATE totals SET records = records - 1, bytes = bytes - old.size WHERE kind = old.kind;
END;
PRAGMA application_id = {APPLICATION_ID};
PRAGMA user_version = {SCHEMA_VERSION};
"""


def _create_private(path: Path) -> None:
    """Plates of people: a new file is for this user only.

    A file that is there must not even be opened: closing it would drop the locks (POSIX ties them to the process) of
    another connection of this process, and the next to close would then take itself for the last one and delete the
    write-ahead log that others still write to.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


class Spool:
    """Read and acknowledge the records of an outbox file; safe to use from several threads and processes.

    Opening makes the file when it is not there. Raises TransportError, `permanent` when the file is not an outbox
    or is damaged, naming the path.
    """

    def __init__(self, path: Path, reserve_bytes: int = RESERVE_BYTES) -> None:
        self.path = path
        self._reserve = Reserve(path.with_name(f"{path.name}.reserve"), reserve_bytes)
        self._lock = threading.Lock()
        with self._mapped_errors():
            self._connection = self._open()

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        _create_private(self.path)
        connection = sqlite3.connect(
            self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, cached_statements=32
        )
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        # What was sent is overwritten; not every build of SQLite does so by itself.
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute(f"PRAGMA journal_size_limit = {_WAL_LIMIT_BYTES}")
        connection.execute("BEGIN IMMEDIATE")
        with connection:
            if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,):
                for statement in _statements(_SCHEMA):
                    connection.execute(statement)
            self._check_identity(connection)

    def _check_identity(self, connection: sqlite3.Connection) -> None:
        (application,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if application != APPLICATION_ID:
            raise TransportError(f"outbox {self.path}: a database of another program", permanent=True)
        if version != SCHEMA_VERSION:
            raise TransportError(
                f"outbox {self.path}: made by another version ({version}, this one has {SCHEMA_VERSION})",
                permanent=True,
            )

    def pending(
        self, kind: RecordKind | str, limit: int, after_seq: int = 0, max_bytes: int = MAX_POLL_BYTES
    ) -> list[OutboxRecord]:
        """The oldest waiting records of one kind after `after_seq`: at most `limit`, and once one is there, no more
        than fit `max_bytes` of values."""
        found: list[OutboxRecord] = []
        room = max_bytes
        with (
            self._lock,
            self._mapped_errors(),
            contextlib.closing(self._select(RecordKind(kind), limit, after_seq)) as rows,
        ):
            for seq, topic, key, headers, value in rows:
                room -= len(value)
                if found and room < 0:
                    break
                found.append(OutboxRecord(seq=seq, topic=topic, key=key, headers=_from_text(headers), value=value))
        return found

    def _select(self, kind: RecordKind, limit: int, after_seq: int) -> sqlite3.Cursor:
        return self._connection.execute(
            "SELECT seq, topic, key, headers, value FROM records WHERE kind = ? AND seq > ? ORDER BY seq LIMIT ?",
            (kind.value, after_seq, limit),
        )

    def acknowledge(self, seqs: Iterable[int]) -> None:
        """Forget these records: the other side has them. Numbers that are not there any more are fine."""
        gone = list(seqs)
        try:
            self._delete(gone)
        except DiskFullError:
            # A small deletion fits into the write-ahead log as it is, where a large one would make it grow.
            for start in range(0, len(gone), _FEW):
                part = gone[start : start + _FEW]
                self._even_when_full(partial(self._delete, part))

    def _delete(self, seqs: Sequence[int]) -> None:
        with self._transaction() as connection:
            connection.executemany("DELETE FROM records WHERE seq = ?", [(seq,) for seq in seqs])

    def _even_when_full(self, action: Callable[[], T]) -> T:
        """For what frees room: on a full disk, done with the room that was kept for it."""
        try:
            return self._over_old_log(action)
        except DiskFullError:
            if not self._reserve.release():
                raise
        return self._over_old_log(action)

    def _over_old_log(self, action: Callable[[], T]) -> T:
        """Do it; where the write-ahead log cannot grow for it, write over what is already in the file."""
        try:
            return action()
        except DiskFullError:
            with self._lock, self._mapped_errors():
                self._connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
        return action()

    def counts(self) -> Mapping[RecordKind, Waiting]:
        """What waits, by kind."""
        with self._lock, self._mapped_errors():
            return self._totals()

    def _totals(self) -> dict[RecordKind, Waiting]:
        rows = self._connection.execute("SELECT kind, records, bytes FROM totals").fetchall()
        return {RecordKind(kind): Waiting(records=records, bytes=size) for kind, records, size in rows}

    def change_mark(self) -> int:
        """A number that changes when another connection has written: cheap to ask often."""
        with self._lock, self._mapped_errors():
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Give the file back; what waits, stays."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._mapped_errors():
            self._connection.execute("BEGIN IMMEDIATE")
            with self._connection:
                yield self._connection

    @contextlib.contextmanager
    def _mapped_errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode & 0xFF in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}:
                raise DiskFullError(f"outbox {self.path}: the disk is full or failing ({exc})") from exc
            raise TransportError(f"outbox {self.path}: {exc}") from exc
        except sqlite3.DatabaseError as exc:
            raise TransportError(
                f"outbox {self.path}: damaged or not an outbox ({exc}); move the file away to go on without it",
                permanent=True,
            ) from exc
        except sqlite3.Error as exc:
            raise TransportError(f"outbox {self.path}: {exc}", permanent=True) from exc
        except OSError as exc:
            raise TransportError(f"outbox {self.path}: {exc.strerror or exc}", permanent=True) from exc


def to_text(headers: Mapping[str, bytes]) -> str:
    """Headers as they stand in the file: JSON, values as Latin-1 so that any byte goes through."""
    return json.dumps({name: value.decode("latin-1") for name, value in headers.items()})


def _from_text(text: str) -> dict[str, bytes]:
    return {name: value.encode("latin-1") for name, value in json.loads(text).items()}


def _statements(script: str) -> Iterator[str]:
    """Each whole statement: executescript() commits what is open, and two processes may open a new file at once."""
    statement = ""
    for line in script.splitlines():
        statement += f"{line}\n"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
