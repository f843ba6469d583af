# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pages of a list's entries by words of the reason: the same whether a word is frequent or rare, new or old."""

import pytest

from anpr.domain.organisation import MANAGER
from anpr.domain.watchlist import Priority, Watchlist
from anpr.store.database.connection import Database
from anpr.store.database.scope import Scope
from anpr.store.watchlists.entries import NewEntry, import_entries
from anpr.store.watchlists.entry_pages import EntryQuery, find_entries
from anpr.store.watchlists.lists import save_watchlist
from scripts.lab.transits import START

_ENTRIES = 1_300
"""More than `find_entries` looks at before it asks the index."""


def _reason(number: int) -> str:
    words = ["furto denunciato"]
    if number < 100:
        words.append("vecchio")
    if number % 40 == 0:
        words.append("raro")
    return " ".join(words)


@pytest.mark.parametrize("text", ["furto", "vecchio", "raro", "furto raro", "rapina"])
@pytest.mark.parametrize("skipped", [0, 250])
def test_a_page_by_words_has_the_newest_that_have_them(database: Database, text: str, skipped: int) -> None:
    with database.transaction() as conn:
        save_watchlist(conn, Watchlist(id="a1", name="x", priority=Priority.LOW, purpose="p", legal_basis="l"))
        import_entries(
            conn, "a1", [NewEntry(plate=f"AB{number:04}", reason=_reason(number)) for number in range(_ENTRIES)]
        )
        rows = conn.execute("SELECT id, reason FROM entries ORDER BY id DESC").fetchall()
    before = rows[skipped]["id"] if skipped else None
    expected = [
        row["id"]
        for row in rows
        if (before is None or row["id"] < before) and set(text.split()) <= set(row["reason"].split())
    ]
    scoped = database.limited_to(Scope(organisation_id=MANAGER, day=START.date()))
    with scoped.transaction() as conn:
        found = find_entries(conn, "a1", EntryQuery(text=text), START, before)
    assert [listed.entry.id for listed in found] == expected[:50]
