# SPDX-License-Identifier: AGPL-3.0-or-later
"""The fuzz test of received lists in short, in this process: 200 hostile files change no list by halves."""

from pathlib import Path

from anpr.store.database.connection import Database
from scripts.reliability.lists.receiving_site import ReceivingSite

COUNT = 200


def test_no_hostile_file_changes_a_list_by_halves(database: Database, tmp_path: Path) -> None:
    found = ReceivingSite(database, tmp_path).fuzz(2, COUNT)
    assert found.problems == []
    assert found.outcomes["taken"] > COUNT / 10
    assert found.outcomes["failed"] > COUNT / 10
