# SPDX-License-Identifier: AGPL-3.0-or-later
"""Locks of lists: changes happen one after the other, and of a list that demands a second person none unapproved."""

from anpr.domain.errors import InputError
from anpr.store.database.connection import Connection
from anpr.store.database.queries import load_queries
from anpr.store.watchlists.lists import no_such_list

_SQL = load_queries("entries")


class SecondPersonError(InputError):
    """The list demands a second person: the change must be proposed, and approved by somebody else."""


def lock_list(conn: Connection, watchlist_id: str) -> bool:
    """Make other changes of lists wait until this transaction ends; whether the list may be changed in it.

    Raises InputError when there is no such list, or it is not one's own organisation's to change.
    """
    conn.execute(_SQL["lock_lists"])
    row = conn.execute(_SQL["lock_list"], {"watchlist_id": watchlist_id}).fetchone()
    if row is None:
        raise no_such_list(conn, watchlist_id)
    return not row["is_closed"]


def lock_to_change(conn: Connection, watchlist_id: str) -> None:
    """As `lock_list`. Raises also SecondPersonError when nobody has approved a change of it in this transaction."""
    if not lock_list(conn, watchlist_id):
        raise SecondPersonError(
            f"watchlist {watchlist_id}: it demands a second person: propose the change in the console, where another"
            " one approves it"
        )
