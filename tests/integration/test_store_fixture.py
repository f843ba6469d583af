# SPDX-License-Identifier: AGPL-3.0-or-later
"""The test database itself."""

from anpr.store.database.connection import Database


def test_each_test_has_a_migrated_database_of_its_own(database: Database) -> None:
    with database.transaction() as conn:
        row = conn.execute("SELECT count(*) AS count FROM transits").fetchone()
    assert row == {"count": 0}
