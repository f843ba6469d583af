# SPDX-License-Identifier: AGPL-3.0-or-later
"""Migrations: numbered SQL files, each in a transaction, one migrator at a time."""

import hashlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from psycopg import errors

from anpr.domain.errors import StoreError
from anpr.store.database.connection import Connection, Database
from anpr.store.database.queries import load_queries

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"
TRIES = 10
"""Each waits 2 s at most for a table that others use, and so holds nobody up for longer."""
_FILE_NAME = re.compile(r"^(\d{4})_(\w+)\.sql$")
_SQL = load_queries("migrate")


@dataclass(frozen=True, kw_only=True, slots=True)
class Migration:
    """One step of the schema. `checksum` is the SHA-256 of its text."""

    version: int
    name: str
    text: str = field(repr=False)
    checksum: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SchemaStatus:
    """Where a database stands against this version's migrations."""

    applied: tuple[tuple[Migration, datetime], ...]
    pending: tuple[Migration, ...]
    unknown: tuple[str, ...]
    """Migrations in the database that this version does not have: it was written by a newer one."""
    changed: tuple[str, ...]
    """Migrations whose text is not what was applied."""

    @property
    def is_current(self) -> bool:
        return not (self.pending or self.unknown or self.changed)


def read_migrations(folder: Path = MIGRATIONS) -> list[Migration]:
    """All migrations in the order of their numbers. Raises StoreError for a number used twice or a strange name.

    Numbers may be missing, and one may come after a higher one has been applied: they are given out when work begins,
    not when it is done. What is pending is what the database has not seen, whatever its number.
    """
    found: dict[int, Migration] = {}
    for path in sorted(folder.glob("*.sql")):
        name = _FILE_NAME.match(path.name)
        if name is None:
            raise StoreError(f"migration {path.name}: expected a name like 0001_first.sql")
        version, text = int(name[1]), path.read_text(encoding="utf-8")
        if version in found:
            raise StoreError(f"migration {path.name}: the number is taken by {version:04d}_{found[version].name}")
        checksum = hashlib.sha256(text.encode()).hexdigest()
        found[version] = Migration(version=version, name=name[2], text=text, checksum=checksum)
    return list(found.values())


def migrate(url: str, migrations: list[Migration] | None = None) -> list[Migration]:
    """Apply what is pending, each migration in a transaction of its own; returns what was applied.

    Raises StoreError when the database was written by a newer version, or an applied migration has been changed.
    """
    known = read_migrations() if migrations is None else migrations
    applied: list[Migration] = []
    with Database(url, pool_size=1, application="anpr migrate") as database:
        while True:
            migration = _patiently(database, known)
            if migration is None:
                return applied
            applied.append(migration)


def _patiently(database: Database, known: list[Migration]) -> Migration | None:
    """Apply the next one, tried again while others hold what it needs: whoever comes after it queues up behind it."""
    for left in reversed(range(TRIES)):
        try:
            with database.transaction() as conn:
                return _apply_next(conn, known)
        except StoreError as exc:
            if left == 0 or not isinstance(exc.__cause__, errors.LockNotAvailable | errors.DeadlockDetected):
                raise
    raise AssertionError("there is a last try")  # pragma: no cover


def _apply_next(conn: Connection, known: list[Migration]) -> Migration | None:
    conn.execute(_SQL["lock"])
    conn.execute(_SQL["create_ledger"])
    status = _status(conn, known)
    _refuse_strange(status)
    if not status.pending:
        return None
    migration = status.pending[0]
    conn.execute(_SQL["patience"])  # after the lock: another migrator is waited for as long as it takes
    conn.execute(migration.text.encode())
    conn.execute(_SQL["record"], {"version": migration.version, "name": migration.name, "checksum": migration.checksum})
    return migration


def schema_status(url: str) -> SchemaStatus:
    """What is applied, pending, unknown or changed. Raises StoreError when the database cannot be reached."""
    with Database(url, pool_size=1, application="anpr migrate") as database, database.transaction() as conn:
        return _status(conn, read_migrations())


def check_schema(url: str) -> None:
    """Raises StoreError, saying what to do, unless the schema is exactly this version's."""
    status = schema_status(url)
    _refuse_strange(status)
    if status.pending:
        names = ", ".join(f"{m.version:04d}_{m.name}" for m in status.pending)
        raise StoreError(f"the database's schema is not current ({names} pending): run `anpr db migrate`")


def _refuse_strange(status: SchemaStatus) -> None:
    if status.unknown:
        raise StoreError(f"the database was written by a newer version ({', '.join(status.unknown)} applied)")
    if status.changed:
        raise StoreError(f"migration {status.changed[0]} is not what was applied to this database")


def _status(conn: Connection, known: list[Migration]) -> SchemaStatus:
    rows = {row["version"]: row for row in _ledger(conn)}
    by_version = {m.version: m for m in known}
    both = [(m, rows[m.version]) for m in known if m.version in rows]
    return SchemaStatus(
        applied=tuple((m, row["applied_at"]) for m, row in both),
        pending=tuple(m for m in known if m.version not in rows),
        unknown=tuple(f"{v:04d}_{row['name']}" for v, row in sorted(rows.items()) if v not in by_version),
        changed=tuple(f"{m.version:04d}_{m.name}" for m, row in both if row["checksum"] != m.checksum),
    )


def _ledger(conn: Connection) -> list[dict[str, Any]]:
    if conn.execute(_SQL["has_ledger"]).fetchone() == {"found": False}:
        return []
    return conn.execute(_SQL["ledger"]).fetchall()
