# SPDX-License-Identifier: AGPL-3.0-or-later
"""Commit log: triggers record how many rows each process changed, in the same transactions."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import psycopg

_TABLE = """
CREATE TABLE chaos_commits (
  xact xid8 NOT NULL, who text NOT NULL, what text NOT NULL, at timestamptz NOT NULL, number bigint NOT NULL
)
"""
_FUNCTION = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO public.chaos_commits
  SELECT pg_current_xact_id(), session_user, {what}, clock_timestamp(), count(*) FROM {rows} GROUP BY 3;
  RETURN NULL;
END $$
"""
_CHANGED = "added JOIN gone USING (destination, captured_at, transit_id) WHERE added.state <> gone.state"
_INSERTS = {
    "transits": ("'stored'", "added"),
    "sightings": ("'alarms'", "added"),
    "dead_letters": ("'poison ' || added.topic", "added"),
    "deliveries": ("added.state", "added WHERE added.state <> 'queued'"),
}


@dataclass(frozen=True, kw_only=True)
class Commit:
    """`number` rows of one kind in one transaction of one process; `at`, just before it ended, in s since 1970."""

    xact: str
    who: str
    what: str
    at: float
    number: int


def install_commit_log(conn: psycopg.Connection[Any], users: Iterable[str]) -> None:
    """Create the triggers, and one database user for each process, by which its commits are attributed."""
    conn.execute(_TABLE)
    for table, (what, rows) in _INSERTS.items():
        _note(conn, f"chaos_{table}", what, rows, f"INSERT ON {table} REFERENCING NEW TABLE AS added")
    changes = "UPDATE ON deliveries REFERENCING NEW TABLE AS added OLD TABLE AS gone"
    _note(conn, "chaos_changes", "added.state", _CHANGED, changes)
    for user in users:
        conn.execute(f"CREATE ROLE {user} SUPERUSER LOGIN".encode())


def _note(conn: psycopg.Connection[Any], name: str, what: str, rows: str, when: str) -> None:
    conn.execute(_FUNCTION.format(name=name, what=what, rows=rows).encode())
    conn.execute(f"CREATE TRIGGER {name} AFTER {when} FOR EACH STATEMENT EXECUTE FUNCTION {name}()".encode())


def read_commits(conn: psycopg.Connection[Any]) -> list[Commit]:
    """Read the log, oldest commit first."""
    rows = conn.execute(
        "SELECT xact::text, who, what, extract(epoch FROM max(at))::float8, sum(number)::int8 FROM chaos_commits"
        " GROUP BY xact, who, what ORDER BY max(at)"
    ).fetchall()
    return [Commit(xact=xact, who=who, what=what, at=at, number=number) for xact, who, what, at, number in rows]
