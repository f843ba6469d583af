# SPDX-License-Identifier: AGPL-3.0-or-later
"""Retention against a real PostgreSQL: whole days go, and nothing of them stays behind."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from anpr.console.rendering.translations import load_catalogues
from anpr.contract.image import image_header
from anpr.domain.alarm import AlarmOutcome
from anpr.domain.errors import PoisonReason, RetentionRefusedError, StoreError
from anpr.domain.hold import Hold
from anpr.domain.transit import ImageRole
from anpr.domain.watchlist import Entry, Match, Priority, Watchlist
from anpr.ingest.maintenance import maintain, running_maintenance
from anpr.runtime.clock import ManualClock, SystemClock
from anpr.settings import RetentionSettings
from anpr.store.alarms.handling import close_alarm
from anpr.store.alarms.raising import raise_alarms
from anpr.store.alarms.rows import get_alarm, list_alarms
from anpr.store.audit import AuditAction, list_audit
from anpr.store.audit_chain.verification import verify
from anpr.store.author import Author
from anpr.store.database.connection import Connection, Database
from anpr.store.database.partitions import NO_PURPOSE, list_partitions
from anpr.store.database.schema_diff import find_drift
from anpr.store.dead_letters import DeadLetter, count_dead_letters, record_dead_letters
from anpr.store.holds import add_hold, end_hold
from anpr.store.images.image_store import ImageStore, header_key, record_image
from anpr.store.retention import cutoffs, run_retention
from anpr.store.retention_guard import retention_state
from anpr.store.transits.rows import TransitQuery, insert_transits, search_transits
from scripts.lab.transits import START, make_transit, picture

TODAY = START.date()
KEEP = RetentionSettings(transit_days=7, alarm_days=30)
LIST = Watchlist(id="a1", name="Rubati", priority=Priority.HIGH, purpose="a test", legal_basis="none")


def _day(ago: int) -> date:
    return TODAY - timedelta(days=ago)


def _fill(database: Database, images: ImageStore, *days_ago: int, closed: bool = True) -> None:
    """A transit with all that can belong to it, so many days ago; its alarm closed, or not."""
    for ago in days_ago:
        transit = make_transit(ago, captured_at=START - timedelta(days=ago), plate=f"AA{ago:03d}AA")
        data = picture(ago, 200)
        header = image_header(transit=transit, role=ImageRole.PLATE, data=data)
        images.put(header, data)
        entry = Entry(id=1, watchlist_id="a1", plate=transit.plate, reason="x")
        letter = DeadLetter(
            received_at=transit.captured_at,
            topic="anpr.transits",
            partition=0,
            offset=ago,
            reason=PoisonReason.NOT_JSON,
            detail="broken",
            size=3,
            value=b"{{{",
        )
        with database.transaction() as conn:
            insert_transits(conn, [transit], START)
            record_image(conn, header, len(data))
            record_dead_letters(conn, [letter])
            (alarm,) = raise_alarms(conn, [(transit, Match(entry=entry, probability=1.0), LIST)], START).alarms
            if closed:
                close_alarm(conn, alarm.id, "anna", START, AlarmOutcome.OTHER)


def _plates(conn: Connection) -> list[str]:
    return [row["plate"] for row in conn.execute("SELECT plate FROM plates ORDER BY plate")]


def test_days_past_retention_go_with_everything_of_theirs(
    database: Database, tmp_path: Path, clock: ManualClock
) -> None:
    images = ImageStore(tmp_path)
    _fill(database, images, 0, 7, 8, 31)
    expired = run_retention(database, images, KEEP, clock)
    assert expired.days["transits"] == expired.days["images"] == [_day(31), _day(8)]
    assert expired.rows == {
        "open alarms closed": 0,
        "sightings": 1,
        "alarms": 1,
        "suppressions": 0,
        "handovers": 0,
        "deliveries": 0,
        "dead letters": 2,
        "refused senders": 0,
        "health": 0,
        "list changes": 0,
        "notifications": 0,
        "answers of patrols": 0,
        "counts of alarms": 0,
        "positions of patrols": 0,
        "deliveries of lists": 0,
        "imports of lists": 0,
        "differences of imports": 0,
        "uploaded lists": 0,
        "ended holds": 0,
        "ended investigations": 0,
        "expired proposals": 0,
        "proposals": 0,
        "places of lists": 0,
        "closed requests": 0,
        "discarded transits": 0,
        "hours of discarded transits": 0,
        "accounts of transits": 0,
        "completeness reports": 0,
        "texts of readers' software": 0,
        "plates": 2,
    }
    words = load_catalogues()["it"].messages
    assert [name for name in expired.rows if f"detail.{name}" not in words] == [], "words of the audit's page"
    assert sorted(p.name for p in tmp_path.iterdir()) == [_day(7).isoformat(), TODAY.isoformat()]
    with database.transaction() as conn:
        assert list_partitions(conn, "transits") == [_day(7), TODAY]
        assert list_partitions(conn, "images") == [_day(7), TODAY]
        assert _plates(conn) == ["AA000AA", "AA007AA"]
        assert len(list_alarms(conn)) == 3, "alarms outlive their transit: they have a retention of their own"
        assert sum(count_dead_letters(conn).values()) == 2
        assert len(search_transits(conn, TransitQuery(pattern="AA*"))) == 2


def test_the_audit_says_what_went_without_a_plate(database: Database, tmp_path: Path, clock: ManualClock) -> None:
    images = ImageStore(tmp_path)
    _fill(database, images, 0, 8)
    run_retention(database, images, KEEP, clock)
    with database.transaction() as conn:
        ended, begun, rows = (row.event for row in list_audit(conn))
        assert verify(conn).broken_at is None
    for event in (ended, begun, rows):
        assert (event.actor, event.action) == ("retention", AuditAction.DATA_DELETED)
        assert "AA008AA" not in str(event.detail)
    assert (begun.detail["phase"], ended.detail["phase"]) == ("begun", "ended")
    assert (
        begun.detail["days"]
        == ended.detail["days"]
        == {
            "transits": [_day(8).isoformat()],
            "images": [_day(8).isoformat()],
        }
    )
    assert rows.detail["rows"] == {
        "open alarms closed": 0,
        "sightings": 0,
        "alarms": 0,
        "suppressions": 0,
        "handovers": 0,
        "deliveries": 0,
        "dead letters": 1,
        "refused senders": 0,
        "health": 0,
        "list changes": 0,
        "notifications": 0,
        "answers of patrols": 0,
        "counts of alarms": 0,
        "positions of patrols": 0,
        "deliveries of lists": 0,
        "imports of lists": 0,
        "differences of imports": 0,
        "uploaded lists": 0,
        "ended holds": 0,
        "ended investigations": 0,
        "expired proposals": 0,
        "proposals": 0,
        "places of lists": 0,
        "closed requests": 0,
        "discarded transits": 0,
        "hours of discarded transits": 0,
        "accounts of transits": 0,
        "completeness reports": 0,
        "texts of readers' software": 0,
    }


def test_nothing_to_drop_is_no_event(database: Database, tmp_path: Path, clock: ManualClock) -> None:
    images = ImageStore(tmp_path)
    _fill(database, images, 0, 1)
    assert run_retention(database, images, KEEP, clock).is_nothing
    with database.transaction() as conn:
        assert list_audit(conn) == []


def test_a_plate_seen_again_later_is_kept(database: Database, tmp_path: Path, clock: ManualClock) -> None:
    for ago in (8, 0, 9):
        with database.transaction() as conn:
            transit = make_transit(ago, captured_at=START - timedelta(days=ago), plate="AB123CD")
            insert_transits(conn, [transit], START)
    run_retention(database, ImageStore(tmp_path), KEEP, clock)
    with database.transaction() as conn:
        assert _plates(conn) == ["AB123CD"]
        assert [s.transit.id for s in search_transits(conn, TransitQuery(pattern="AB1*"))] == [make_transit(0).id]


def test_a_day_goes_once_its_last_moment_is_too_old() -> None:
    settings = RetentionSettings(transit_days=7)
    assert cutoffs(settings, datetime(2026, 11, 21, 0, 0, tzinfo=UTC)).transits == date(2026, 11, 14)
    assert cutoffs(settings, datetime(2026, 11, 21, 23, 59, 59, tzinfo=UTC)).transits == date(2026, 11, 14)


def test_a_long_search_delays_it_instead_of_everybody_else(
    database: Database, tmp_path: Path, clock: ManualClock
) -> None:
    with database.transaction() as conn:
        insert_transits(conn, [make_transit(1, captured_at=START - timedelta(days=8)), make_transit(2)], START)
    with database.transaction() as reader:
        reader.execute("SELECT count(*) FROM transits")
        with pytest.raises(StoreError, match="lock timeout"):
            run_retention(database, ImageStore(tmp_path), KEEP, clock)
    with database.transaction() as conn:
        assert list_partitions(conn, "transits") == [_day(8), TODAY]
    assert run_retention(database, ImageStore(tmp_path), KEEP, clock).days["transits"] == [_day(8)]


def test_it_runs_while_ingest_stores_the_plates_it_forgets(
    database: Database, tmp_path: Path, clock: ManualClock
) -> None:
    """An inserter that has stored an expired plate anew but not committed only delays it."""
    with database.transaction() as conn:
        old = make_transit(1, captured_at=START - timedelta(days=8), plate="AB123CD")
        insert_transits(conn, [old, make_transit(3, plate="ZZ999ZZ")], START)
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as conn:
            insert_transits(conn, [make_transit(2, plate="AB123CD")], START)
            retention = pool.submit(run_retention, database, ImageStore(tmp_path), KEEP, clock)
            while not _waits(database):
                assert not retention.done()
        assert retention.result(30).days["transits"] == [_day(8)]
    with database.transaction() as conn:
        assert _plates(conn) == ["AB123CD", "ZZ999ZZ"]


def _waits(database: Database) -> bool:
    with database.transaction() as conn:
        row = conn.execute("SELECT count(*) AS n FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted")
        return row.fetchone() != {"n": 0}


def test_maintenance_makes_days_ahead_and_drops_old_ones(database: Database, tmp_path: Path) -> None:
    _fill(database, ImageStore(tmp_path), 0, 7)
    clock = ManualClock(datetime(2026, 11, 21, 23, 30, tzinfo=UTC))
    for _ in range(2):
        maintain(database, ImageStore(tmp_path), KEEP, clock)
        clock.advance(3600)
    with database.transaction() as conn:
        # The first hour still kept the day a week ago, and the second made one more day ahead.
        assert list_partitions(conn, "transits") == [date(2026, 11, day) for day in (21, 22, 23, 24, 25)]
        assert _plates(conn) == ["AA000AA"]


def test_maintenance_that_fails_says_so(database: Database, tmp_path: Path) -> None:
    with database.transaction() as conn:
        conn.execute("ALTER TABLE plates RENAME TO elsewhere")
    with pytest.raises(StoreError, match='relation "plates" does not exist'):
        maintain(database, ImageStore(tmp_path), KEEP, ManualClock(START))


def test_maintenance_runs_in_the_background_and_ends_with_its_context(database: Database, tmp_path: Path) -> None:
    with running_maintenance(database, ImageStore(tmp_path), KEEP, SystemClock(), lambda: [NO_PURPOSE]):
        while True:
            with database.transaction() as conn:
                if list_partitions(conn, "images"):
                    break
    assert "maintenance" not in {thread.name for thread in threading.enumerate()}


def test_two_processes_at_it_take_turns(database: Database, tmp_path: Path, clock: ManualClock) -> None:
    _fill(database, ImageStore(tmp_path), 0, 8, 9)
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: run_retention(database, ImageStore(tmp_path), KEEP, clock), range(2)))
    assert sorted(len(expired.days["transits"]) for expired in both) == [0, 2]


def test_an_open_alarm_keeps_its_transit_and_image_and_nothing_else_of_the_day(
    database: Database, tmp_path: Path, clock: ManualClock
) -> None:
    images = ImageStore(tmp_path)
    _fill(database, images, 0, 31, closed=False)
    with database.transaction() as conn:
        other = make_transit(500, captured_at=START - timedelta(days=31, minutes=1), plate="ZZ999ZZ")
        insert_transits(conn, [other], START)
    header = image_header(transit=other, role=ImageRole.PLATE, data=picture(5, 200))
    images.put(header, picture(5, 200))
    kept = make_transit(31, captured_at=START - timedelta(days=31))
    for dropped in (True, False):  # the second run finds nothing to do
        expired = run_retention(database, images, KEEP, clock)
        assert (expired.left_alarms, expired.is_nothing) == (1, not dropped)
        with database.transaction() as conn:
            assert list_partitions(conn, "transits") == list_partitions(conn, "images") == [_day(31), TODAY]
            found = search_transits(conn, TransitQuery(pattern="AA*"))
            assert {stored.transit.id for stored in found} == {kept.id, make_transit(0).id}
            assert _plates(conn) == ["AA000AA", "AA031AA"]
        assert images.shelf.read(header_key(image_header(transit=kept, role=ImageRole.PLATE, data=picture(31, 200))))
        assert images.shelf.read(header_key(header)) is None
    assert find_drift(database) == []


@pytest.mark.parametrize(("ago", "closed"), [(31, True), (38, False)])
def test_an_alarm_stays_as_long_as_its_transit_is_held(
    database: Database, tmp_path: Path, clock: ManualClock, ago: int, closed: bool
) -> None:
    images = ImageStore(tmp_path)
    _fill(database, images, 0)
    _fill(database, images, ago, 39, closed=closed)
    anna = Author(name="anna", at=START)
    hold = Hold(
        case_reference="12/2026",
        reason="furto",
        author=anna.name,
        made_at=anna.at,
        since=START - timedelta(days=50),
        until=START,
        ends_on=TODAY + timedelta(days=9),
        plate=f"AA{ago:03d}AA",
    )
    with database.transaction() as conn:
        number = add_hold(conn, hold)
    for first in (True, False):  # the second run finds nothing to do, and the guard nothing to fear
        expired = run_retention(database, images, KEEP, clock)
        assert (expired.rows["alarms"], expired.is_nothing) == (int(first), not first)
        with database.transaction() as conn:
            assert {alarm.vehicle for alarm in list_alarms(conn)} == {"AA000AA", hold.plate}
    with database.transaction() as conn:
        end_hold(conn, number, anna, "archiviato")
    assert run_retention(database, images, KEEP, clock).rows["alarms"] == 1
    with database.transaction() as conn:
        assert [alarm.vehicle for alarm in list_alarms(conn)] == ["AA000AA"]


def test_an_alarm_that_nobody_closes_is_closed_by_retention_after_its_grace_and_then_everything_goes(
    database: Database, tmp_path: Path, clock: ManualClock
) -> None:
    images = ImageStore(tmp_path)
    _fill(database, images, 0)
    _fill(database, images, 37, 38, closed=False)
    with database.transaction() as conn:
        recent, overdue = (alarm for alarm in list_alarms(conn) if alarm.state != "closed" or alarm.outcome is None)
        recent, overdue = sorted((recent, overdue), key=lambda alarm: alarm.first_seen_at, reverse=True)
    expired = run_retention(database, images, KEEP, clock)
    assert (expired.rows["open alarms closed"], expired.rows["alarms"], expired.left_alarms) == (1, 1, 1)
    with database.transaction() as conn:
        assert get_alarm(conn, recent.id) is not None
        assert get_alarm(conn, overdue.id) is None
        assert list_partitions(conn, "transits") == [_day(37), TODAY]
        (closing,) = (row.event for row in list_audit(conn) if row.event.action is AuditAction.ALARM_CLOSED)
    assert (closing.actor, closing.detail) == ("retention", {"alarms": [overdue.id], "outcome": "other"})
    assert closing.reason is not None


def test_of_two_clocks_the_older_one_counts(database: Database, tmp_path: Path) -> None:
    images = ImageStore(tmp_path)
    _fill(database, images, 0, 1, 2)
    ahead = ManualClock(START + timedelta(days=400))
    assert run_retention(database, images, KEEP, ahead, database_clock=lambda _: START).is_nothing


def test_a_clock_that_jumped_drops_nothing_also_when_transits_of_the_new_time_come(
    database: Database, tmp_path: Path, clock: ManualClock
) -> None:
    images = ImageStore(tmp_path)
    _fill(database, images, 0, 1, 2, 3, 4)
    run_retention(database, images, KEEP, clock, database_clock=lambda _: clock.now())
    clock.advance(400 * 86400)
    for _ in range(2):
        with pytest.raises(RetentionRefusedError, match=r"refuses to drop 5 days.*anpr db expire --really"):
            run_retention(database, images, KEEP, clock, database_clock=lambda _: clock.now())
        with database.transaction() as conn:
            assert len(search_transits(conn, TransitQuery(pattern="AA*"))) == 5
            assert len(list_alarms(conn)) == 5
            late = make_transit(900, captured_at=clock.now(), plate="BB000BB")
            insert_transits(conn, [late], clock.now())
    with database.transaction() as conn:
        state = retention_state(conn)
    assert state.refused_at == clock.now()
    assert "refuses to drop 5 days" in str(state.refusal)


def test_a_machine_that_was_off_goes_on_when_somebody_says_so(
    database: Database, tmp_path: Path, clock: ManualClock
) -> None:
    images = ImageStore(tmp_path)
    _fill(database, images, 0, 1, 2, 3, 4)
    clock.advance(30 * 86400)
    with pytest.raises(RetentionRefusedError):
        run_retention(database, images, KEEP, clock, database_clock=lambda _: clock.now())
    expired = run_retention(database, images, KEEP, clock, really_by="os:anna", database_clock=lambda _: clock.now())
    assert len(expired.days["transits"]) == 5
    with database.transaction() as conn:
        assert retention_state(conn).refusal is None
        demanded = [row.event for row in list_audit(conn) if row.event.actor == "os:anna"]
    assert [event.detail["phase"] for event in demanded] == ["demanded"]


def test_a_day_a_day_goes_without_a_question(database: Database, tmp_path: Path, clock: ManualClock) -> None:
    images = ImageStore(tmp_path)
    for _ in range(12):
        with database.transaction() as conn:
            now = clock.now()
            insert_transits(conn, [make_transit(now.day + 1000, captured_at=now, plate="AA000AA")], now)
        run_retention(database, images, KEEP, clock, database_clock=lambda _: clock.now())
        clock.advance(86400)
    with database.transaction() as conn:
        assert len(search_transits(conn, TransitQuery(pattern="AA*"))) == 8


def test_what_came_in_after_an_absence_explains_its_days(
    database: Database, tmp_path: Path, clock: ManualClock
) -> None:
    """Readers went on while ingest was away for ten days: what they kept says that the days were real."""
    images = ImageStore(tmp_path)
    with database.transaction() as conn:
        conn.execute("UPDATE retention_state SET ran_at = %s", (START,))
    _fill(database, images, *range(10))
    clock.advance(10 * 86400)
    for day in range(1, 11):
        with database.transaction() as conn:
            at = START + timedelta(days=day)
            insert_transits(conn, [make_transit(day + 100, captured_at=at, plate="BB000BB")], at)
    run_retention(database, images, KEEP, clock, database_clock=lambda _: clock.now())
    with database.transaction() as conn:
        assert list_partitions(conn, "transits")[0] == TODAY + timedelta(days=3)
