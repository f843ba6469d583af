"""Watchlists and their entries, and which of them the transits of a batch may be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from anpr.domain.transit import Transit
from anpr.domain.watchlist import Entry, Match, Watchlist
from anpr.store.database import Connection
from anpr.store.queries import load_queries

_SQL = load_queries("watchlists")

Hit = tuple[Transit, Match, Watchlist]
"""A transit, the entry it matches, and that entry's list."""


class ImportMode(StrEnum):
    """What happens to entries that are on the list but not among the new ones."""

    ADD = "add"
    REPLACE = "replace"


@dataclass(frozen=True, kw_only=True, slots=True)
class NewEntry:
    """A plate to put on a list; `plate` in its normal form."""

    plate: str
    reason: str
    valid_from: datetime | None = None
    valid_to: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportResult:
    """Entries added, changed (another reason), left as they were, and removed."""

    added: int
    changed: int
    unchanged: int
    removed: int


def save_watchlist(conn: Connection, watchlist: Watchlist) -> None:
    """Create the list, or replace its settings; its entries stay."""
    raise NotImplementedError


def list_watchlists(conn: Connection) -> list[tuple[Watchlist, int]]:
    """All lists by id, each with its number of entries."""
    raise NotImplementedError


def get_watchlist(conn: Connection, watchlist_id: str) -> Watchlist:
    """Raises InputError when there is no such list."""
    raise NotImplementedError


def delete_watchlist(conn: Connection, watchlist_id: str) -> int:
    """Remove the list with its entries; returns how many. Its alarms stay. Raises InputError when there is none."""
    raise NotImplementedError


def list_entries(conn: Connection, watchlist_id: str, after_plate: str | None = None, limit: int = 200) -> list[Entry]:
    """Entries by plate; with `after_plate`, the ones after it."""
    raise NotImplementedError


def import_entries(
    conn: Connection, watchlist_id: str, entries: Sequence[NewEntry], mode: ImportMode = ImportMode.ADD
) -> ImportResult:
    """Put these entries on the list; an entry with the same plate and validity keeps its id.

    Raises InputError when there is no such list.
    """
    raise NotImplementedError


def add_entry(conn: Connection, watchlist_id: str, entry: NewEntry) -> Entry:
    """Raises InputError when there is no such list, or the entry is on it already."""
    raise NotImplementedError


def remove_entry(conn: Connection, entry_id: int) -> Entry:
    """Take an entry off its list; returns it. Raises InputError when there is none."""
    raise NotImplementedError


def matching_entries(conn: Connection, transits: Sequence[Transit]) -> list[Hit]:
    """Every entry that one of these transits matches by its list's rule, valid at capture time.

    Give the result to `raise_alarms`. Costs one query for the batch.
    """
    raise NotImplementedError
