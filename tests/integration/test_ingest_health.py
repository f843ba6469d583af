# SPDX-License-Identifier: AGPL-3.0-or-later
"""Health reports through ingest: stored with what comes beside them, refused when broken, silence noticed."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from anpr.capture.health import CameraState, CameraStatus
from anpr.contract.health import encode_health
from anpr.contract.topics import HEALTH_TOPIC
from anpr.domain.errors import CameraFault, OutboxFullError, PoisonReason
from anpr.domain.health import Change, HealthReport, SubjectKind
from anpr.edge.heartbeat import Heartbeat
from anpr.edge.state_history import StateHistory
from anpr.ingest.offline_readers import mark_silent_readers
from anpr.ingest.store_batch import Centre
from anpr.runtime.clock import ManualClock
from anpr.store.database.connection import Database
from anpr.store.dead_letters import list_dead_letters
from anpr.store.health.intervals import intervals_between, open_intervals
from anpr.store.images.image_store import ImageStore
from anpr.transport.direct import DirectSource
from anpr.transport.outbox import Outbox
from anpr.transport.source import Incoming
from scripts.lab.transits import START, make_transit
from tests.integration.test_ingest import consume, count
from tests.support.small_disk import fill_disk, free_disk
from tests.support.sources import ListSource, message, transit_message


@pytest.fixture
def centre(ingest_database: Database, tmp_path: Path) -> Centre:
    return Centre(database=ingest_database, images=ImageStore(tmp_path / "images"))


def reader_report(seconds: float, *changes: Change) -> HealthReport:
    return HealthReport(
        kind=SubjectKind.READER,
        id="reader-1",
        reader_id="reader-1",
        gate_ids=("gate-1",),
        at=START + timedelta(seconds=seconds),
        changes=changes or (Change(state="up", since=START),),
    )


def health_message(report: HealthReport, offset: int) -> Incoming:
    return message(encode_health(report), offset, HEALTH_TOPIC)


def test_reports_are_stored_beside_transits_and_coming_again_changes_nothing(centre: Centre) -> None:
    clock = ManualClock(START + timedelta(seconds=40))
    records = [transit_message(make_transit(1), 0), health_message(reader_report(30), 1)]
    for _ in range(2):
        source = ListSource(records)
        consumer = consume(centre, source, clock)
        assert (consumer.summary.poison, source.committed) == (0, 2)
    assert (count(centre.database, "transits"), count(centre.database, "health_intervals")) == (1, 1)


def test_broken_reports_become_dead_letters_and_the_rest_is_stored(centre: Centre) -> None:
    clock = ManualClock(START + timedelta(seconds=40))
    years_off = replace(reader_report(0), at=START + timedelta(days=900))
    source = ListSource(
        [
            message(b'{"version": 7}', 0, HEALTH_TOPIC),
            health_message(years_off, 1),
            health_message(reader_report(30), 2),
        ]
    )
    assert consume(centre, source, clock).summary.poison == 2
    with centre.database.transaction() as conn:
        reasons = {letter.offset: letter.reason for letter in list_dead_letters(conn)}
    assert reasons == {0: PoisonReason.UNKNOWN_VERSION, 1: PoisonReason.WRONG_TIME}
    assert count(centre.database, "health_intervals") == 1


def test_a_silent_reader_is_noticed_and_forgiven_when_it_was_only_cut_off(centre: Centre) -> None:
    clock = ManualClock(START + timedelta(seconds=31))
    consume(centre, ListSource([health_message(reader_report(30), 0)]), clock)
    clock.advance(90)
    mark_silent_readers(centre.database, clock)
    assert states(centre.database) == ["up"], "90 s are not long enough"
    clock.advance(1)
    mark_silent_readers(centre.database, clock)
    assert states(centre.database) == ["away"]
    clock.advance(600)
    consume(centre, ListSource([health_message(reader_report(600), 1)]), clock)
    assert states(centre.database) == ["up"]
    with centre.database.transaction() as conn:
        assert intervals_between(conn, START - timedelta(days=1), None) == []


def states(database: Database) -> list[str]:
    with database.transaction() as conn:
        return [interval.state for interval in open_intervals(conn)]


def test_from_the_camera_to_the_question_when_nobody_was_looking(centre: Centre, tmp_path: Path) -> None:
    """The direct form, one clock for all: a camera fails for half an hour while ingest is down for most of it."""
    clock = ManualClock(START)
    history = StateHistory()
    with Outbox(tmp_path / "outbox.sqlite", 10_000_000, clock) as outbox:
        heartbeat = Heartbeat("reader-1", {"cam-1": ("gate-1", history)}, outbox, clock)

        def run(seconds: int) -> None:
            for _ in range(seconds):
                heartbeat.tick()
                clock.advance(1)

        def ingest() -> None:
            source = DirectSource(outbox.path, clock)
            try:
                consume(centre, source, clock)
            finally:
                source.close()

        history.add(CameraState(status=CameraStatus.UP, since=clock.now()))
        run(60)
        ingest()
        failed_at = clock.now()
        history.add(CameraState(status=CameraStatus.FAULT, since=failed_at, fault=CameraFault.UNREACHABLE))
        run(1800)
        assert len(outbox.pending("metadata", 100)) == 2, "of an outage only the newest of each waits"
        back_at = clock.now()
        history.add(CameraState(status=CameraStatus.UP, since=back_at))
        run(2)
        heartbeat.close()
        ingest()
    with centre.database.transaction() as conn:
        down, stopped = sorted(intervals_between(conn, START, None, ["gate-1"]), key=lambda each: each.started_at)
        assert intervals_between(conn, START, failed_at, ["gate-1"]) == []
        assert intervals_between(conn, START, None, ["gate-2"]) == []
    assert (down.id, down.state, down.started_at, down.ended_at) == ("cam-1", "unreachable", failed_at, back_at)
    assert (stopped.id, stopped.state, stopped.ended_at) == ("reader-1", "stopped", None)


def test_a_disk_that_was_really_full_is_an_interval_at_the_centre(
    centre: Centre, small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else's file takes the disk; transits are refused; with room again the centre learns how long."""
    monkeypatch.setattr("anpr.transport.outbox.RESERVE_BYTES", 1_000_000)
    clock = ManualClock(START)
    with Outbox(small_disk / "outbox.sqlite", 256_000_000, clock) as outbox:
        heartbeat = Heartbeat("reader-1", {}, outbox, clock)

        def run(first: int, last: int) -> int:
            """A transit each second; how many were refused."""
            refused = 0
            for number in range(first, last):
                try:
                    outbox.put_transit(make_transit(number), {})
                except OutboxFullError:
                    refused += 1
                heartbeat.tick()
                clock.advance(1)
            return refused

        assert run(0, 60) == 0
        fill_disk(small_disk)
        refused = run(60, 1_500)
        assert refused > 100
        free_disk(small_disk)
        assert run(1_500, 1_560) == 0
        source = DirectSource(outbox.path, clock)
        consume(centre, source, clock)
        source.close()
    assert count(centre.database, "transits") == 1_560 - refused
    with centre.database.transaction() as conn:
        (full,) = intervals_between(conn, START, None)
    assert (full.id, full.state) == ("reader-1", "disk-full")
    assert full.ended_at is not None
    assert (full.ended_at - full.started_at).total_seconds() == pytest.approx(refused, abs=12)
