# SPDX-License-Identifier: AGPL-3.0-or-later
"""Locks of lists: changes happen one after the other, and of a list that demands a second person none unapproved."""

from anpr.domain.errors import InputError
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import one_row
from anpr.store.database.queries import load_queries
from anpr.store.watchlists.lists import no_such_list

_SQL = load_queries("entries")


class SecondPersonError(InputError):
    """The list demands a second person: the change must be proposed, and approved by somebody else."""


class ReceivedListError(InputError):
    """A centre hands the list out: it changes by its deliveries only, and nobody's hand."""


def lock_list(conn: Connection, watchlist_id: str) -> bool:
    """Make other changes of lists wait until this transaction ends; whether the list may be changed in it.

    Raises InputError when there is no such list, or it is not one's own organisation's to change.
    """
    conn.execute(_SQL["lock_lists"])
    row = conn.execute(_SQL["lock_list"], {"watchlist_id": watchlist_id}).fetchone()
    if row is None:
        raise no_such_list(conn, watchlist_id)
    return not row["is_closed"]


def refuse_by_hand(conn: Connection, watchlist_id: str) -> None:
    """Raises ReceivedListError when entries of this list change by deliveries only, and this transaction brings
    none."""
    if one_row(conn, _SQL["is_by_hand"], {"watchlist_id": watchlist_id})["is_by_hand"]:
        raise ReceivedListError(f"watchlist {watchlist_id}: a centre hands it out; it changes by its deliveries only")


def lock_to_change(conn: Connection, watchlist_id: str, *, entries: bool = True) -> None:
    """As `lock_list`. Raises also SecondPersonError when nobody has approved a change of it in this transaction, and
    ReceivedListError when its `entries` are to change by hand."""
    if entries:
        refuse_by_hand(conn, watchlist_id)
    if not lock_list(conn, watchlist_id):
        raise SecondPersonError(
            f"watchlist {watchlist_id}: it demands a second person: propose the change in the console, where another"
            " one approves it"
        )
