# SPDX-License-Identifier: AGPL-3.0-or-later
"""The month of traffic that the query benchmark asks about, in a real database."""

from datetime import UTC, datetime, timedelta

import pytest

from anpr.store.database.connection import Connection, Database
from anpr.store.database.partitions import list_parts
from anpr.store.transits.rows import TransitQuery, count_transits, search_transits
from scripts.benchmarks.centre.month import MONTH_DAYS, Month, fill, is_filled, last_day
from scripts.benchmarks.centre.queries import kinds

END = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)


def test_a_month_has_its_indexes_and_answers_every_kind_of_question(database: Database) -> None:
    month = Month(rows=3_000, end=END)
    with database.transaction() as conn:
        indexes = _indexes(conn)
    fill(database, month)
    with database.transaction() as conn:
        assert _indexes(conn) == indexes
        assert count_transits(conn, last_day(month) - timedelta(days=MONTH_DAYS), END) == 3_000
        for kind in kinds(database, month):
            assert all(question(conn) for question in kind.questions), kind.name
        one = conn.execute("SELECT plate, look_alike FROM plates WHERE plate <> look_alike LIMIT 1").fetchone()
        assert one
        found = search_transits(conn, TransitQuery(pattern=one["look_alike"], look_alike=True))
        assert one["plate"] in {stored.transit.plate for stored in found}


def test_a_month_that_was_interrupted_goes_on_with_the_day_that_is_missing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    month = Month(rows=3_000, end=END)
    with database.transaction() as conn:
        indexes = _indexes(conn)
    with monkeypatch.context() as patched:
        patched.setattr("scripts.benchmarks.centre.month._make_indexes", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            fill(database, month)
    with database.transaction() as conn:
        conn.execute("DELETE FROM transits WHERE captured_at < %s", (last_day(month) - timedelta(days=9),))
    assert not is_filled(database)
    fill(database, Month(rows=60, end=END + timedelta(days=1)))
    assert is_filled(database)
    with database.transaction() as conn:
        assert _indexes(conn) == indexes
        assert count_transits(conn, last_day(month) - timedelta(days=MONTH_DAYS), END) == 3_000


def _interrupted(_conn: Connection) -> None:
    raise KeyboardInterrupt


def _indexes(conn: Connection) -> set[str]:
    rows = conn.execute("SELECT indexname FROM pg_indexes WHERE tablename IN ('transits', 'plates')")
    return {row["indexname"] for row in rows}


def test_a_month_of_gates_with_purposes_has_a_partition_of_each_every_day(database: Database) -> None:
    fill(database, Month(rows=3_000, end=END), purposes=3)
    with database.transaction() as conn:
        parts = list_parts(conn, "transits")
        assert {part.purpose for part in parts} == {f"purpose-{number}" for number in range(3)}
        assert len(parts) == 3 * MONTH_DAYS
        assert count_transits(conn, END - timedelta(days=MONTH_DAYS + 2), END) == 3_000
