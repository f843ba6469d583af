# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pages of a list's entries by keyset pagination, newest first; and on which lists a plate is.

No question takes long on a list of a million entries: `find_entries` of migration 65 has an index for each, and looks
for words among the newest entries first.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from anpr.domain.watchlist import Entry, Priority
from anpr.store.database.connection import Connection
from anpr.store.database.fetch import count_of
from anpr.store.database.queries import load_queries
from anpr.store.watchlists.entries import entry_from_row

WARNED_DAYS = 14
"""Before its end an entry is told of; the queries say the same."""
_SQL = load_queries("entries")
_END = 2**63 - 1
_MOST_LISTS = 200


class Validity(StrEnum):
    """Whether an entry holds at some moment, will, or did."""

    NOW = "now"
    COMING = "coming"
    ENDED = "ended"
    ENDING = "ending"
    """As a question: it ends within WARNED_DAYS. An entry that does holds now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EntryQuery:
    """Which entries; None: whatever it is. All that is given must hold."""

    plate: str | None = None
    """In its normal form."""
    pattern: str | None = None
    """Letters and digits in capitals; `*` stands for any number of characters, `?` for one."""
    text: str | None = None
    """Words of the reason, in whatever case and order, each from its beginning."""
    validity: Validity | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedEntry:
    """An entry with who put it on its list, and when (UTC); None: before that was noted, or nobody said it."""

    entry: Entry
    author: str | None
    added_at: datetime | None
    edited_by: str | None = None
    """Who changed it last; None: nobody did, or nobody noted it."""
    edited_at: datetime | None = None

    def validity_at(self, moment: datetime) -> Validity:
        """Whether it holds at that moment."""
        return validity_at(self.entry.valid_from, self.entry.valid_to, moment)


@dataclass(frozen=True, kw_only=True, slots=True)
class EndingEntries:
    """How many entries of a list end soon, and the first end (UTC; not included)."""

    id: str
    """Of the list."""
    name: str
    organisation_id: str
    number: int
    first_end: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """That a plate is on a list, without why."""

    entry_id: int
    is_partial: bool
    """Whether it is listed by a partial plate that stands for it."""
    watchlist_id: str
    name: str
    priority: Priority
    list_valid_to: datetime | None
    valid_from: datetime | None
    valid_to: datetime | None
    added_at: datetime | None

    def validity_at(self, moment: datetime) -> Validity:
        """Whether the entry holds at that moment; one of a list that is over holds no more."""
        ends = [end for end in (self.valid_to, self.list_valid_to) if end]
        return validity_at(self.valid_from, min(ends, default=None), moment)


def validity_at(valid_from: datetime | None, valid_to: datetime | None, moment: datetime) -> Validity:
    """Of what holds in [valid_from, valid_to)."""
    if valid_to is not None and valid_to <= moment:
        return Validity.ENDED
    return Validity.COMING if valid_from is not None and valid_from > moment else Validity.NOW


def find_entries(
    conn: Connection, watchlist_id: str, query: EntryQuery, moment: datetime, before: int | None = None, limit: int = 50
) -> list[ListedEntry]:
    """Entries of the list, newest first; with `before`, those that are older than the entry of this number.

    For the console's role alone, which sees entries of the lists that its organisation may search.
    """
    values = {
        "watchlist_id": watchlist_id,
        "exact": query.plate,
        "pattern": _like(query.pattern).replace("*", "%").replace("?", "_") if query.pattern else None,
        "said": " & ".join(f"'{word}':*" for word in words_of(query.text)) if query.text else None,
        "validity": query.validity.value if query.validity else None,
        "moment": moment,
        "before": before or _END,
        "limit": limit,
    }
    return [listed_from_row(row) for row in conn.execute(_SQL["find"], values)]


def count_ending(conn: Connection, watchlist_id: str, now: datetime) -> int:
    """Entries of the list that end within WARNED_DAYS."""
    return count_of(conn, _SQL["count_ending"], {"watchlist_id": watchlist_id, "now": now})


def ending_by_list(conn: Connection, now: datetime) -> list[EndingEntries]:
    """Of each list with entries that end within WARNED_DAYS, how many; the list with the first end first."""
    return [EndingEntries(**row) for row in conn.execute(_SQL["ending_by_list"], {"now": now})]


def get_entry(conn: Connection, watchlist_id: str, number: int) -> ListedEntry | None:
    """The entry of this number; None when the list has none."""
    row = conn.execute(_SQL["one"], {"watchlist_id": watchlist_id, "id": number}).fetchone()
    return listed_from_row(row) if row else None


def lists_of_plate(conn: Connection, plate: str) -> list[Listing]:
    """Where the plate (in its normal form) is listed now, will be or was, by list; of the lists that one may search."""
    rows = conn.execute(_SQL["lists_of_plate"], {"plate": plate, "limit": _MOST_LISTS})
    return [_listing(row) for row in rows]


def listed_from_row(row: dict[str, Any]) -> ListedEntry:
    """The entry in a row of the table."""
    told = {name: row[name] for name in ("author", "added_at", "edited_by", "edited_at")}
    return ListedEntry(entry=entry_from_row(row), **told)


def _listing(row: dict[str, Any]) -> Listing:
    told = {name: row[name] for name in Listing.__dataclass_fields__ if name not in {"entry_id", "priority"}}
    return Listing(entry_id=row["id"], priority=Priority(row["priority"]), **told)


def words_of(text: str) -> list[str]:
    """The words of a text as the index has them: letters and digits, in small letters."""
    return [word.lower() for word in re.findall(r"[^\W_]+", text)]


def _like(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
