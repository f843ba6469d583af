"""Which entries the transits of a batch may be: the database finds the likely ones, the domain decides."""

from collections import defaultdict
from collections.abc import Sequence

from anpr.domain.plate import look_alike_key
from anpr.domain.transit import Transit
from anpr.domain.watchlist import Entry, Match, Watchlist, matches
from anpr.store.database import Connection
from anpr.store.entries import entry_from_row
from anpr.store.queries import load_queries
from anpr.store.watchlists import watchlist_from_row

_SQL = load_queries("matching")

Hit = tuple[Transit, Match, Watchlist]
"""A transit, the entry it matches, and that entry's list."""


def matching_entries(conn: Connection, transits: Sequence[Transit]) -> list[Hit]:
    """Every entry that one of these transits matches by its list's rule, valid at capture time.

    Give the result to `raise_alarms`. Costs one query for the batch.
    """
    likely = _likely_entries(conn, transits)
    hits = []
    for number, transit in enumerate(transits):
        lists = {watchlist.id: watchlist for _, watchlist in likely[number]}
        hits += [(transit, match, lists[match.entry.watchlist_id]) for match in matches(transit, likely[number])]
    return hits


def _likely_entries(conn: Connection, transits: Sequence[Transit]) -> dict[int, list[tuple[Entry, Watchlist]]]:
    likely: dict[int, list[tuple[Entry, Watchlist]]] = defaultdict(list)
    if not transits:
        return likely
    texts = [(n, text) for n, t in enumerate(transits) for text in {t.plate, *(c.text for c in t.candidates)}]
    values = {
        "numbers": [n for n, _ in texts],
        "texts": [text for _, text in texts],
        "keys": [look_alike_key(t.plate) for t in transits],
        "captured": [t.captured_at for t in transits],
    }
    for row in conn.execute(_SQL["likely"], values):
        entry = {name.removeprefix("entry_"): value for name, value in row.items() if name.startswith("entry_")}
        likely[row["number"]].append((entry_from_row(entry), watchlist_from_row(row)))
    return likely
