# SPDX-License-Identifier: AGPL-3.0-or-later
"""Watchlists: name, purpose, legal basis, and how each compares plates."""

import re
from typing import Any

from anpr.domain.errors import InputError
from anpr.domain.near_name import suggestion
from anpr.domain.watchlist import MatchMode, Priority, Watchlist
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

_SQL = load_queries("watchlists")
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


def save_watchlist(conn: Connection, watchlist: Watchlist) -> None:
    """Create the list, or replace its settings; its entries stay. Raises InputError for a setting that is none."""
    _check(watchlist)
    values = {
        "id": watchlist.id,
        "name": watchlist.name,
        "priority": str(watchlist.priority),
        "purpose": watchlist.purpose,
        "legal_basis": watchlist.legal_basis,
        "match": str(watchlist.match),
        "min_probability": watchlist.min_probability,
    }
    conn.execute(_SQL["save"], values)


def list_watchlists(conn: Connection) -> list[tuple[Watchlist, int]]:
    """All lists by id, each with its number of entries, which are counted one by one: see `watchlist_names`."""
    return [(watchlist_from_row(row), row["entries"]) for row in conn.execute(_SQL["list"])]


def watchlist_names(conn: Connection) -> dict[str, str]:
    """The name of each list by id; takes the same time however many entries there are."""
    return {row["id"]: row["name"] for row in conn.execute(_SQL["names"])}


def get_watchlist(conn: Connection, watchlist_id: str) -> Watchlist:
    """Raises InputError when there is no such list."""
    row = conn.execute(_SQL["get"], {"id": watchlist_id}).fetchone()
    if row is None:
        raise no_such_list(conn, watchlist_id)
    return watchlist_from_row(row)


def no_such_list(conn: Connection, watchlist_id: str) -> InputError:
    """The error that names a list which is not there, and the one that may have been meant."""
    return InputError(f"watchlist {watchlist_id}: no such list{suggestion(watchlist_id, watchlist_names(conn))}")


def delete_watchlist(conn: Connection, watchlist_id: str) -> int:
    """Remove the list with its entries; returns how many. Its alarms stay. Raises InputError when there is none."""
    get_watchlist(conn, watchlist_id)
    removed = conn.execute(_SQL["delete_entries"], {"id": watchlist_id}).rowcount
    conn.execute(_SQL["delete"], {"id": watchlist_id})
    return removed


def _check(watchlist: Watchlist) -> None:
    if not _ID.fullmatch(watchlist.id):
        raise InputError(f"watchlist {watchlist.id!r}: lower-case letters, digits, dot, dash, underscore; at most 64")
    for name in ("name", "purpose", "legal_basis"):
        if not getattr(watchlist, name).strip():
            raise InputError(f"watchlist {watchlist.id}: {name.replace('_', ' ')} must not be empty")
    if not 0 < watchlist.min_probability <= 1:
        raise InputError(
            f"watchlist {watchlist.id}: the least probability lies above 0 and at most at 1,"
            f" not {watchlist.min_probability}"
        )


def watchlist_from_row(row: dict[str, Any]) -> Watchlist:
    """The list in a row of the table."""
    return Watchlist(
        id=row["id"],
        name=row["name"],
        priority=Priority(row["priority"]),
        purpose=row["purpose"],
        legal_basis=row["legal_basis"],
        match=MatchMode(row["match"]),
        min_probability=row["min_probability"],
    )
