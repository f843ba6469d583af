# SPDX-License-Identifier: AGPL-3.0-or-later
"""What the page of a gate asks: hours, certainty of reads, history of its cameras; each by an index."""

from datetime import timedelta
from typing import Any

import pytest

from anpr.domain.health import Change, HealthReport, SubjectKind
from anpr.store.database.connection import Database
from anpr.store.database.queries import load_queries
from anpr.store.health.intervals import history
from anpr.store.health.record import record_health
from anpr.store.transits.discarded import discard
from anpr.store.transits.gate_activity import HourCount, ReadCertainty, read_certainty, transits_per_hour
from anpr.store.transits.rows import insert_transits
from scripts.lab.transits import START, make_transit

DAY = timedelta(hours=24)


def test_transits_are_counted_by_hour_with_those_that_were_not_kept(database: Database) -> None:
    kept = [make_transit(number * 600) for number in range(12)]  # START is 10:00; six an hour
    elsewhere = make_transit(60, gate_id="gate-2")
    with database.transaction() as conn:
        insert_transits(conn, [*kept, elsewhere], START + DAY)
    with database.transaction() as conn:
        discard(conn, [make_transit(3601 + number) for number in range(4)])
    with database.transaction() as conn:
        found = transits_per_hour(conn, "gate-1", START, START + DAY)
        assert found == [
            HourCount(hour=START, stored=6, not_kept=0),
            HourCount(hour=START + timedelta(hours=1), stored=6, not_kept=4),
        ]
        assert transits_per_hour(conn, "gate-1", START + timedelta(minutes=55), START + timedelta(minutes=65)) == [
            HourCount(hour=START + timedelta(hours=1), stored=1, not_kept=4)
        ]
        assert transits_per_hour(conn, "nowhere", START, START + DAY) == []


def test_of_the_newest_transits_the_sure_ones_are_counted(database: Database) -> None:
    transits = [make_transit(number, confidence=0.97 if number % 4 else 0.6) for number in range(100)]
    with database.transaction() as conn:
        insert_transits(conn, transits, START + DAY)
        assert read_certainty(conn, "gate-1", START, START + DAY) == ReadCertainty(transits=100, sure=75)
        assert read_certainty(conn, "gate-2", START, START + DAY) == ReadCertainty(transits=0, sure=0)


def report(gate: str, id: str, *changes: tuple[str, float], kind: SubjectKind = SubjectKind.CAMERA) -> HealthReport:
    made = tuple(Change(state=state, since=START + timedelta(minutes=minutes)) for state, minutes in changes)
    at = made[-1].since + timedelta(minutes=1)
    return HealthReport(kind=kind, id=id, reader_id="r-1", gate_ids=(gate,), at=at, changes=made)


def test_the_history_holds_every_state_within_the_range_and_the_one_before(database: Database) -> None:
    with database.transaction() as conn:
        reports = [
            report("g", "c-1", ("up", -300), ("frozen", -200), ("up", -100), ("frozen", 10), ("up", 20)),
            report("g", "r-1", ("up", -300), kind=SubjectKind.READER),
            report("other", "c-2", ("up", -300)),
        ]
        record_health(conn, reports, START + timedelta(minutes=21))
    with database.transaction() as conn:
        found = history(conn, START, START + DAY, ["g"])
        assert [(one.id, one.state) for one in found] == [
            ("c-1", "up"),
            ("c-1", "frozen"),
            ("c-1", "up"),
            ("r-1", "up"),
        ]
        newest = history(conn, START, START + DAY, ["g"], each=1)
        assert [(one.id, one.state) for one in newest] == [("c-1", "up"), ("c-1", "up"), ("r-1", "up")]
        over = history(conn, START + timedelta(minutes=15), START + timedelta(minutes=16), ["g"])
        assert [(one.id, one.state) for one in over] == [("c-1", "frozen"), ("r-1", "up")]


@pytest.mark.parametrize("name", ["per_hour", "confidence"])
def test_no_day_of_transits_is_read_through(database: Database, name: str) -> None:
    with database.transaction() as conn:
        transits = [make_transit(number, gate_id=f"gate-{number % 50}") for number in range(5000)]
        insert_transits(conn, transits, START + DAY)
        conn.execute("ANALYZE transits")
        values: dict[str, Any] = {"gate_id": "gate-1", "since": START, "until": START + DAY, "sure": 0.9, "limit": 500}
        rows = conn.execute(b"EXPLAIN " + load_queries("gate_activity")[name], values)
        plan = "\n".join(str(row["QUERY PLAN"]) for row in rows)
    assert "Seq Scan on transits" not in plan, plan
    assert "gate_id" in plan
