# SPDX-License-Identifier: AGPL-3.0-or-later
"""Health reports as intervals in a real PostgreSQL."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from anpr.domain.health import Change, HealthReport, SubjectKind
from anpr.store.database.connection import Connection, Database
from anpr.store.health.intervals import delete_health, intervals_between, open_intervals
from anpr.store.health.record import mark_offline, record_health

START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
CAMERA, READER = SubjectKind.CAMERA, SubjectKind.READER


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def report(
    said_at: float, *changes: tuple[str, float], kind: SubjectKind = CAMERA, id: str = "cam-1", gate: str = "gate-1"
) -> HealthReport:
    return HealthReport(
        kind=kind,
        id=id,
        reader_id="reader-1",
        gate_ids=(gate,),
        at=at(said_at),
        changes=tuple(Change(state=state, since=at(since)) for state, since in changes),
    )


def reader(said_at: float, *changes: tuple[str, float]) -> HealthReport:
    return report(said_at, *changes, kind=READER, id="reader-1")


def record(database: Database, *reports: HealthReport, heard: float | None = None) -> int:
    with database.transaction() as conn:
        moment = max(each.at for each in reports) if heard is None else at(heard)
        return record_health(conn, reports, moment)


def spans(database: Database, kind: SubjectKind = CAMERA, id: str = "cam-1") -> list[tuple[str, float, float | None]]:
    """All intervals of a subject, in seconds after START."""
    with database.transaction() as conn:
        rows = conn.execute(
            "SELECT * FROM health_intervals WHERE kind = %s AND id = %s ORDER BY started_at", (kind.value, id)
        ).fetchall()
    return [(row["state"], _s(row["started_at"]), row["ended_at"] and _s(row["ended_at"])) for row in rows]


def _s(moment: datetime) -> float:
    return (moment - START).total_seconds()


def test_changes_become_intervals_and_the_last_is_open(database: Database) -> None:
    assert record(database, report(601, ("connecting", 0), ("up", 2), ("unreachable", 600))) == 1
    assert spans(database) == [("connecting", 0, 2), ("up", 2, 600), ("unreachable", 600, None)]


def test_the_next_report_closes_what_was_open_and_repeating_it_changes_nothing(database: Database) -> None:
    history = [("connecting", 0), ("up", 2), ("unreachable", 600), ("up", 2400)]
    record(database, report(601, *history[:3]))
    assert record(database, report(2401, *history)) == 1
    after = spans(database)
    assert after == [("connecting", 0, 2), ("up", 2, 600), ("unreachable", 600, 2400), ("up", 2400, None)]
    assert record(database, report(2401, *history)) == 0
    assert record(database, report(3001, *history)) == 1, "a heartbeat is new, and changes no interval"
    assert spans(database) == after


def test_an_old_report_that_comes_late_changes_nothing(database: Database) -> None:
    record(database, report(2401, ("up", 2), ("frozen", 600), ("up", 2400)))
    before = spans(database)
    assert record(database, report(601, ("up", 2), ("frozen", 600)), heard=2500) == 0
    assert spans(database) == before


def test_reports_that_were_lost_are_made_up_for_by_the_next_one(database: Database) -> None:
    history = [("up" if number % 2 == 0 else "frozen", number * 100.0) for number in range(40)]
    record(database, report(1, *history[:1]))
    record(database, report(4000, *history))
    starts = [start for _, start, _ in spans(database)]
    assert starts == [number * 100.0 for number in range(40)]


@pytest.mark.parametrize("seed", range(5))
def test_whatever_order_and_repetition_the_end_is_the_same(database: Database, seed: int) -> None:
    history = [("up" if number % 2 == 0 else "ended", number * 60.0) for number in range(20)]
    reports = [report(history[last][1] + 1, *history[: last + 1]) for last in range(20)]
    chance = random.Random(seed)
    mixed = reports * 2
    chance.shuffle(mixed)
    while mixed:
        record(database, *[mixed.pop() for _ in range(min(len(mixed), chance.randint(1, 5)))], heard=9000)
    in_order: Sequence[tuple[str, float, float | None]] = [
        (state, since, history[number + 1][1] if number < 19 else None) for number, (state, since) in enumerate(history)
    ]
    assert spans(database) == in_order


def test_many_reports_cost_as_many_statements_as_one(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """One statement a report let a sender of many reports hold up the transits of everybody else."""
    statements: list[object] = []
    execute = psycopg.Connection.execute

    def counted(conn: Connection, query: Any, *rest: Any, **named: Any) -> Any:
        statements.append(query)
        return execute(conn, query, *rest, **named)

    monkeypatch.setattr(psycopg.Connection, "execute", counted)

    def cost(number: int) -> int:
        statements.clear()
        record(database, *[report(30, ("up", 0), id=f"cam-{number}-{each}") for each in range(number)])
        return len(statements)

    assert cost(300) == cost(1)


def test_a_reader_that_is_silent_is_away_since_its_last_word(database: Database) -> None:
    record(database, reader(30, ("up", 0)), heard=31)
    with database.transaction() as conn:
        assert mark_offline(conn, at(120)) == []
        assert mark_offline(conn, at(122)) == ["reader-1"]
        assert mark_offline(conn, at(150)) == [], "it is known by now"
    assert spans(database, READER, "reader-1") == [("up", 0, 30), ("away", 30, None)]


def test_a_reader_that_was_only_cut_off_was_looking_all_the_time(database: Database) -> None:
    record(database, reader(30, ("up", 0)))
    with database.transaction() as conn:
        mark_offline(conn, at(3600))
    record(database, reader(3610, ("up", 0)))
    assert spans(database, READER, "reader-1") == [("up", 0, None)]


@pytest.mark.parametrize("is_noticed", [True, False])
def test_a_reader_that_was_killed_was_away_until_it_began_anew(database: Database, is_noticed: bool) -> None:
    record(database, reader(30, ("up", 0)))
    if is_noticed:
        with database.transaction() as conn:
            mark_offline(conn, at(3600))
    record(database, reader(3610, ("up", 3605)))
    assert spans(database, READER, "reader-1") == [("up", 0, 30), ("away", 30, 3605), ("up", 3605, None)]


def test_a_reader_that_said_that_it_stops_is_stopped_and_not_away(database: Database) -> None:
    record(database, reader(30, ("up", 0), ("stopped", 30)))
    with database.transaction() as conn:
        assert mark_offline(conn, at(3600)) == []
    record(database, reader(7201, ("up", 7200)))
    assert spans(database, READER, "reader-1") == [("up", 0, 30), ("stopped", 30, 7200), ("up", 7200, None)]


def test_a_reader_heard_of_by_a_clock_that_was_ahead_is_missed_all_the_same(database: Database) -> None:
    """The centre's clock was a month ahead for a moment: the reader's silence must not be noticed a month late."""
    now = datetime.now(UTC)
    change = Change(state="up", since=now - timedelta(minutes=5))
    beat = HealthReport(
        kind=READER, id="reader-1", reader_id="reader-1", gate_ids=("gate-1",), at=now, changes=(change,)
    )
    with database.transaction() as conn:
        record_health(conn, [beat], now + timedelta(days=30))
        assert mark_offline(conn, now) == []
        assert mark_offline(conn, now + timedelta(minutes=3)) == ["reader-1"]


def test_silence_is_measured_by_our_clock_not_by_the_readers(database: Database) -> None:
    """Its clock is ten minutes behind: it is heard of all the same."""
    record(database, reader(-600, ("up", -900)), heard=0)
    with database.transaction() as conn:
        assert mark_offline(conn, at(60)) == []


def test_when_nobody_looked_by_time_and_gate(database: Database) -> None:
    record(
        database,
        report(2401, ("up", 0), ("unreachable", 600), ("up", 2400)),
        report(101, ("up", 0), ("frozen", 90), ("up", 95), ("frozen", 100), id="cam-2", gate="gate-2"),
        reader(30, ("up", 0)),
    )
    with database.transaction() as conn:
        mark_offline(conn, at(5000))

        def found(since: float, until: float | None, *gates: str, least: float = 0) -> list[tuple[str, float]]:
            end = None if until is None else at(until)
            rows = intervals_between(conn, at(since), end, gates, least=timedelta(seconds=least))
            return [(row.id, _s(row.started_at)) for row in rows]

        assert found(0, None) == [("cam-1", 600), ("cam-2", 100), ("cam-2", 90), ("reader-1", 30)]
        assert found(0, None, least=10) == [("cam-1", 600), ("cam-2", 100), ("reader-1", 30)]
        assert found(2400, None, "gate-1") == [("reader-1", 30)], "until 2400 does not touch what begins then"
        assert found(0, 600, "gate-1") == [("reader-1", 30)]
        assert found(2000, 2100, "gate-1") == [("cam-1", 600), ("reader-1", 30)]
        assert found(0, None, "gate-2") == [("cam-2", 100), ("cam-2", 90)]
        now = {(interval.id, interval.state) for interval in open_intervals(conn)}
    assert now == {("cam-1", "up"), ("cam-2", "frozen"), ("reader-1", "away")}


def test_retention_forgets_what_ended_and_keeps_what_is_open(database: Database) -> None:
    record(database, report(2401, ("up", 0), ("unreachable", 600), ("up", 2400)))
    with database.transaction() as conn:
        assert delete_health(conn, at(1000)) == 1
    assert spans(database) == [("unreachable", 600, 2400), ("up", 2400, None)]
