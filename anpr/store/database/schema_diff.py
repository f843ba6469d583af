# SPDX-License-Identifier: AGPL-3.0-or-later
"""Finds schema drift: replays the migrations into a scratch schema and compares it with the live one."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from anpr.store.database.connection import Connection, Database
from anpr.store.database.migrate import Migration, read_migrations
from anpr.store.database.queries import load_queries

SCRATCH = "anpr_check"
_SQL = load_queries("drift")
_BY_PURPOSE = " by purpose"
"""Ends what sql/drift.sql tells as the parent of a purpose's partition of a day."""
_RELATIONS = {"table", "view", "materialized view", "foreign table", "sequence"}

Piece = tuple[str, str | None, str]
"""Kind, relation it belongs to (None: to none), name."""
Pieces = dict[Piece, str]
"""With their definitions."""


@dataclass(frozen=True, slots=True)
class _Schema:
    """`whole`: everything but the daily partitions. `days`: each of them, by its parent and name; alike in shape."""

    whole: Pieces = field(default_factory=dict)
    days: dict[tuple[str, str], Pieces] = field(default_factory=dict)


def find_drift(database: Database, migrations: list[Migration] | None = None) -> list[str]:
    """Every difference between the schema and what the migrations make of an empty one, each in a line; sorted.

    Safe while others work: nothing of the replay is ever committed, and it touches no table of theirs. The role must
    have the right to make schemas (CREATE on the database). Raises StoreError otherwise.
    """
    made = _replayed(database, read_migrations() if migrations is None else migrations)
    return sorted(_differences(_read(database), made))


def _replayed(database: Database, migrations: list[Migration]) -> _Schema:
    with database.transaction() as conn, conn.transaction(force_rollback=True):
        conn.execute(_SQL["patience"])
        operators = _schemas(conn)["operators"]
        conn.execute(_SQL["scratch"])
        _look_at(conn, SCRATCH, operators)
        conn.execute(load_queries("migrate")["create_ledger"])
        for migration in migrations:
            conn.execute(migration.text.encode())
        conn.execute(_SQL["make_days"])
        return _describe(conn)


def _read(database: Database) -> _Schema:
    with database.transaction() as conn:
        schemas = _schemas(conn)
        _look_at(conn, schemas["ours"], schemas["operators"])
        conn.execute(_SQL["hold_days"])
        return _describe(conn)


def _schemas(conn: Connection) -> dict[str, str]:
    return conn.execute(_SQL["schemas"]).fetchone() or {}


def _look_at(conn: Connection, schema: str, operators: str) -> None:
    conn.execute(_SQL["look_at"], {"schema": schema, "operators": operators})


def _describe(conn: Connection) -> _Schema:
    schema = _Schema()
    for row in conn.execute(_SQL["describe"]):
        kind, name, text = row["kind"], row["name"], " ".join(row["text"].split())
        if row["parent"] is None:
            schema.whole[kind, row["relation"], name] = row["text"] if kind == "function" else text
        else:
            day = schema.days.setdefault((row["parent"], row["relation"]), {})
            day[kind, None, "" if kind in _RELATIONS else name] = text
    return schema


def _differences(found: _Schema, made: _Schema) -> Iterator[str]:
    whole = _differing(found.whole, made.whole)
    yield from _lines(whole, found.whole, made.whole)
    told = {(kind, of, each) for kind, of, name in whole for each in (name, *_texts((kind, of, name), found, made))}
    shapes = {parent: pieces for (parent, _), pieces in made.days.items()}
    for (parent, day), pieces in found.days.items():
        if parent in shapes:
            is_now, was = _of(day, pieces), _of(day, shapes[parent])
            # What is wrong with the whole table is so with each day: once is enough.
            whole_table = parent.removesuffix(_BY_PURPOSE)
            new = {piece for piece in _differing(is_now, was) if (piece[0], whole_table, piece[2]) not in told}
            yield from _lines(new, is_now, was)


def _texts(piece: Piece, found: _Schema, made: _Schema) -> list[str]:
    return [schema.whole[piece] for schema in (found, made) if piece in schema.whole]


def _of(day: str, shape: Pieces) -> Pieces:
    return {(kind, day, name or day): text for (kind, _, name), text in shape.items()}


def _differing(found: Pieces, made: Pieces) -> set[Piece]:
    """Without what belongs to a table that is itself too much or missing."""
    strange = {name for kind, _, name in found.keys() ^ made.keys() if kind in _RELATIONS}
    return {
        (kind, of, name)
        for kind, of, name in found.keys() | made.keys()
        if found.get((kind, of, name)) != made.get((kind, of, name)) and (kind in _RELATIONS or of not in strange)
    }


def _lines(pieces: set[Piece], found: Pieces, made: Pieces) -> Iterator[str]:
    for piece in pieces:
        kind, relation, name = piece
        what = f"{kind} {name}" if relation in (None, name) else f"{kind} {name} of {relation}"
        if piece not in found:
            yield f"{what} is missing"
        elif piece not in made:
            yield f"{what} is not part of the schema"
        elif kind == "function":
            yield f"{what} is not as it was made"
        else:
            yield f"{what}: {found[piece]}; made as: {made[piece]}"
