# SPDX-License-Identifier: AGPL-3.0-or-later
"""Finds the entries that match a batch of transits: by the database alone, or by confirming candidates from memory.

In both ways the domain decides. The first needs nothing but the database and is what the second is held against.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from anpr.domain.plate import look_alike_key
from anpr.domain.transit import Transit
from anpr.domain.watchlist import Entry, Match, Watchlist, matches
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import count_of, one_row
from anpr.store.database.queries import load_queries
from anpr.store.watchlists.entries import entry_from_row
from anpr.store.watchlists.entry_index import IndexedEntry
from anpr.store.watchlists.lists import watchlist_from_row

_SQL = load_queries("matching")

Hit = tuple[Transit, Match, Watchlist]
"""A transit, the entry it matches, and that entry's list."""


def matching_entries(conn: Connection, transits: Sequence[Transit]) -> list[Hit]:
    """Every entry that one of these transits matches by its list's rule, valid at capture time.

    Give the result to `raise_alarms`. Costs one query for the batch.
    """
    likely = _likely_entries(conn, transits)
    return [hit for number, transit in enumerate(transits) for hit in _hits(transit, likely[number])]


@dataclass(frozen=True, kw_only=True, slots=True)
class Confirmed:
    """Entries as the database has them now, by number, and the version of the lists that this is."""

    version: int
    entries: dict[int, tuple[Entry, Watchlist]]

    def hits(self, transit: Transit, likely: Iterable[int]) -> list[Hit]:
        """Those of the likely entries that the transit matches; one that is gone is none of them."""
        return _hits(transit, [self.entries[number] for number in sorted(likely) if number in self.entries])


def confirm(conn: Connection, likely: Iterable[int]) -> Confirmed:
    """Read these entries as they are now. One query, also when there are none."""
    rows = conn.execute(_SQL["confirm"], {"ids": list(likely)}).fetchall()
    entries = {row["entry_id"]: _entry_and_list(row) for row in rows if row["entry_id"] is not None}
    return Confirmed(version=rows[0]["list_version"], entries=entries)


def see_one_moment(conn: Connection) -> None:
    """Call it first in a transaction: what the functions below tell then belongs together."""
    conn.execute(_SQL["one_moment"])


def list_version(conn: Connection) -> int:
    """The version of the lists: every change of a list or its entries raises it, one after the other."""
    return int(one_row(conn, _SQL["version"])["version"])  # the one row that migration 5 makes


def count_newer(conn: Connection, after: int) -> int:
    """How many entries `newer_entries` gives."""
    return count_of(conn, _SQL["count_newer"], {"after": after})


def newer_entries(conn: Connection, after: int) -> Iterator[IndexedEntry]:
    """Entries that came, changed, or are compared in another way since the version `after`; -1 gives all."""
    with conn.cursor() as cursor, cursor.copy(_SQL["newer"], {"after": after}) as copy:
        copy.set_types(("int8", "text", "text", "bool"))
        yield from (IndexedEntry(*row) for row in copy.rows())


def _hits(transit: Transit, likely: Sequence[tuple[Entry, Watchlist]]) -> list[Hit]:
    lists = {watchlist.id: watchlist for _, watchlist in likely}
    return [(transit, match, lists[match.entry.watchlist_id]) for match in matches(transit, likely)]


def _entry_and_list(row: dict[str, Any]) -> tuple[Entry, Watchlist]:
    entry = {name.removeprefix("entry_"): value for name, value in row.items() if name.startswith("entry_")}
    return entry_from_row(entry), watchlist_from_row(row)


def _likely_entries(conn: Connection, transits: Sequence[Transit]) -> dict[int, list[tuple[Entry, Watchlist]]]:
    likely: dict[int, list[tuple[Entry, Watchlist]]] = defaultdict(list)
    if not transits:
        return likely
    texts = [(n, text) for n, t in enumerate(transits) for text in {t.plate, *(c.text for c in t.candidates)}]
    values = {
        "numbers": [n for n, _ in texts],
        "texts": [text for _, text in texts],
        "plates": [t.plate for t in transits],
        "keys": [look_alike_key(t.plate) for t in transits],
        "captured": [t.captured_at for t in transits],
    }
    for row in conn.execute(_SQL["likely"], values):
        likely[row["number"]].append(_entry_and_list(row))
    return likely
