# SPDX-License-Identifier: AGPL-3.0-or-later
"""Watchlists: name, purpose, legal basis, and how each compares plates."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from anpr.domain.errors import InputError
from anpr.domain.near_name import suggestion
from anpr.domain.watchlist import MOST_HOURS, MOST_URGENT_HOURS, ListKind, MatchMode, Priority, Watchlist
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries

_SQL = load_queries("watchlists")
_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, kw_only=True, slots=True)
class ListEnd:
    """When a list ends (UTC; not included), and whose it is."""

    id: str
    name: str
    valid_to: datetime
    organisation_id: str


def save_watchlist(conn: Connection, watchlist: Watchlist) -> None:
    """Create the list, or replace its settings; its entries stay. Raises InputError for a setting that is none."""
    check_watchlist(watchlist)
    conn.execute(_SQL["save"], values_of(watchlist))


def values_of(watchlist: Watchlist) -> dict[str, Any]:
    """The settings as the table's columns hold them."""
    return {
        "id": watchlist.id,
        "name": watchlist.name,
        "kind": str(watchlist.kind),
        "priority": str(watchlist.priority),
        "purpose": watchlist.purpose,
        "legal_basis": watchlist.legal_basis,
        "match": str(watchlist.match),
        "min_probability": watchlist.min_probability,
        "valid_to": watchlist.valid_to,
        "stale_after_hours": watchlist.stale_after_hours,
        "instructions": watchlist.instructions,
        "second_person": watchlist.second_person,
        "urgent_hours": watchlist.urgent_hours,
    }


def list_watchlists(conn: Connection) -> list[tuple[Watchlist, int]]:
    """All lists by id, each with its number of entries."""
    return [(watchlist_from_row(row), row["entries"]) for row in conn.execute(_SQL["list"])]


def watchlist_names(conn: Connection) -> dict[str, str]:
    """The name of each list by id; takes the same time however many entries there are."""
    return {row["id"]: row["name"] for row in conn.execute(_SQL["names"])}


def list_ends(conn: Connection) -> list[ListEnd]:
    """Of every list that has an end; of the console's role, of those that its organisation may see."""
    return [ListEnd(**row) for row in conn.execute(_SQL["ends"])]


def get_watchlist(conn: Connection, watchlist_id: str) -> Watchlist:
    """Raises InputError when there is no such list."""
    found = find_watchlist(conn, watchlist_id)
    if found is None:
        raise no_such_list(conn, watchlist_id)
    return found


def find_watchlist(conn: Connection, watchlist_id: str) -> Watchlist | None:
    """The list with this id; None when there is none."""
    row = conn.execute(_SQL["get"], {"id": watchlist_id}).fetchone()
    return watchlist_from_row(row) if row else None


def no_such_list(conn: Connection, watchlist_id: str) -> InputError:
    """The error that names a list which is not there, and the one that may have been meant."""
    return InputError(f"watchlist {watchlist_id}: no such list{suggestion(watchlist_id, watchlist_names(conn))}")


def delete_watchlist(conn: Connection, watchlist_id: str) -> int:
    """Remove the list with its entries; returns how many. Its alarms stay. Raises InputError when there is none."""
    get_watchlist(conn, watchlist_id)
    removed = conn.execute(_SQL["delete_entries"], {"id": watchlist_id}).rowcount
    conn.execute(_SQL["delete"], {"id": watchlist_id})
    return removed


def is_watchlist_id(text: str) -> bool:
    """Whether a list may have this id."""
    return _ID.fullmatch(text) is not None


def check_watchlist(watchlist: Watchlist) -> None:
    """Raises InputError for a setting that is none."""
    if not is_watchlist_id(watchlist.id):
        raise InputError(f"watchlist {watchlist.id!r}: lower-case letters, digits, dot, dash, underscore; at most 64")
    for name in ("name", "purpose", "legal_basis"):
        if not getattr(watchlist, name).strip():
            raise InputError(f"watchlist {watchlist.id}: {name.replace('_', ' ')} must not be empty")
    if not 0 < watchlist.min_probability <= 1:
        raise InputError(
            f"watchlist {watchlist.id}: the least probability lies above 0 and at most at 1,"
            f" not {watchlist.min_probability}"
        )
    if watchlist.stale_after_hours is not None and not 0 < watchlist.stale_after_hours <= MOST_HOURS:
        raise InputError(f"watchlist {watchlist.id}: it is out of date after 1 to {MOST_HOURS} hours without a change")
    if not 0 <= watchlist.urgent_hours <= MOST_URGENT_HOURS:
        raise InputError(f"watchlist {watchlist.id}: an urgent entry counts for 0 to {MOST_URGENT_HOURS} hours")


def watchlist_from_row(row: dict[str, Any]) -> Watchlist:
    """The list in a row of the table."""
    return Watchlist(
        id=row["id"],
        name=row["name"],
        kind=ListKind(row["kind"]),
        priority=Priority(row["priority"]),
        purpose=row["purpose"],
        legal_basis=row["legal_basis"],
        match=MatchMode(row["match"]),
        min_probability=row["min_probability"],
        valid_to=row["valid_to"],
        stale_after_hours=row["stale_after_hours"],
        instructions=row["instructions"],
        second_person=row.get("second_person", False),
        urgent_hours=row.get("urgent_hours", 0),
    )
