# SPDX-License-Identifier: AGPL-3.0-or-later
"""Holds for a case in a real PostgreSQL: what they keep outlives its day with its images, and goes when they end."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from anpr.contract.image import image_header
from anpr.domain.errors import InputError, RetentionRefusedError
from anpr.domain.hold import Hold, check_end, check_range
from anpr.domain.kept_from import KeptFrom
from anpr.domain.transit import ImageRole, Transit
from anpr.runtime.clock import ManualClock
from anpr.settings import RetentionSettings
from anpr.store.audit import AuditAction, list_audit
from anpr.store.author import Author
from anpr.store.database.connection import Database
from anpr.store.database.partitions import list_partitions
from anpr.store.held import hold_coverage
from anpr.store.holds import add_hold, change_end, count_held, end_hold, get_hold, hold_all, holds_of, list_holds
from anpr.store.images.image_store import ImageStore, record_image
from anpr.store.retention import run_retention
from anpr.store.transits.rows import TransitQuery, insert_transits, search_transits
from scripts.lab.transits import START, make_transit, picture

KEEP = RetentionSettings(transit_days=7)
TODAY = START.date()
ANNA, WHY = Author(name="anna", at=START), "chiesto dalla procura"


@pytest.fixture
def images(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path)


def fill(database: Database, images: ImageStore, number: int, ago: float, **values: Any) -> Transit:
    """A transit with an image, so many days ago."""
    plate = f"AA{number:03d}AA"
    transit = make_transit(number, captured_at=START - timedelta(days=ago), **{"plate": plate, **values})
    data = picture(number, 200)
    header = image_header(transit=transit, role=ImageRole.PLATE, data=data)
    images.put(header, data)
    with database.transaction() as conn:
        insert_transits(conn, [transit], START)
        record_image(conn, header, len(data))
    return transit


def hold(database: Database, *, days: tuple[float, float] = (30, 0), ends_in: int = 30, **named: Any) -> int:
    """Make one over a range of days ago; its number."""
    made = Hold(
        case_reference="12/2026",
        reason="furto",
        author="anna",
        made_at=START,
        since=START - timedelta(days=days[0]),
        until=START - timedelta(days=days[1]),
        ends_on=TODAY + timedelta(days=ends_in),
        **named,
    )
    with database.transaction() as conn:
        return add_hold(conn, made)


def plates(database: Database) -> list[str]:
    with database.transaction() as conn:
        return sorted(stored.transit.plate for stored in search_transits(conn, TransitQuery(pattern="AA*")))


def files(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


def later(clock: ManualClock, database: Database, days: int) -> None:
    """Day after day, on each of which something passes: as retention sees a centre that works."""
    for _ in range(days):
        clock.advance(timedelta(days=1).total_seconds())
        now = clock.now()
        with database.transaction() as conn:
            insert_transits(conn, [make_transit(900 + now.day, captured_at=now, plate="ZZ000ZZ")], now)


def test_one_hold_keeps_the_listed_transits_and_no_others_between_them(
    database: Database, images: ImageStore, clock: ManualClock, tmp_path: Path
) -> None:
    first, last = fill(database, images, 8, 9), fill(database, images, 9, 8)
    fill(database, images, 7, 8.5)
    fill(database, images, 1, 0)
    made = Hold(case_reference="12/2026", reason="furto", author="anna", made_at=START, since=START, until=START,
                ends_on=TODAY + timedelta(days=30))  # fmt: skip
    kept = KeptFrom(rest=START - timedelta(days=7), purposes={})
    with database.transaction() as conn:
        number = hold_all(conn, [last, first], made)
        assert (get_hold(conn, number).since, count_held(conn, number)) == (first.captured_at, 2)
        assert [each.id for each in holds_of(conn, first)] == [number]
        coverage = hold_coverage(conn, number, kept)
        assert (coverage.transits, coverage.due) == (2, 2)
    other = hold(database, plate="AA008AA")
    with database.transaction() as conn:
        assert hold_coverage(conn, number, kept).due == 1, "the other hold keeps one of them"
        assert hold_coverage(conn, other, kept).due == 0, "and this one keeps its"
        end_hold(conn, other, ANNA, WHY)
    run_retention(database, images, KEEP, clock)
    assert plates(database) == ["AA001AA", "AA008AA", "AA009AA"]
    assert files(tmp_path) == 3
    with database.transaction() as conn:
        end_hold(conn, number, ANNA, WHY)
    run_retention(database, images, KEEP, clock)
    assert plates(database) == ["AA001AA"]


@pytest.mark.parametrize(("plate", "gate_id"), [("AA008AA", None), (None, "gate-x"), ("AA008AA", "gate-x")])
def test_what_is_held_outlives_its_day_with_its_image(
    database: Database,
    images: ImageStore,
    clock: ManualClock,
    tmp_path: Path,
    plate: str | None,
    gate_id: str | None,
) -> None:
    held = fill(database, images, 8, 8, gate_id="gate-x")
    fill(database, images, 9, 8)
    fill(database, images, 1, 0)
    number = hold(database, plate=plate, gate_id=gate_id)
    with database.transaction() as conn:
        assert count_held(conn, number) == 1
    run_retention(database, images, KEEP, clock)
    assert plates(database) == ["AA001AA", "AA008AA"]
    assert files(tmp_path) == 2
    with database.transaction() as conn:
        assert [each.id for each in holds_of(conn, held)] == [number]
        end_hold(conn, number, ANNA, WHY)
    run_retention(database, images, KEEP, clock)
    assert plates(database) == ["AA001AA"]
    assert files(tmp_path) == 1
    with database.transaction() as conn:
        assert list_partitions(conn, "transits") == [TODAY]
        assert holds_of(conn, held) == []


def test_one_transit_is_held_and_no_other_of_its_plate(
    database: Database, images: ImageStore, clock: ManualClock
) -> None:
    held = fill(database, images, 8, 8)
    fill(database, images, 9, 9, plate=held.plate)
    fill(database, images, 1, 0)
    hold(database, transit_id=held.id)
    run_retention(database, images, KEEP, clock)
    assert plates(database) == ["AA001AA", "AA008AA"]


def test_a_range_begins_with_its_first_moment_and_ends_before_its_last(database: Database, images: ImageStore) -> None:
    for number, ago in enumerate((3.0, 2.0, 1.0)):
        fill(database, images, number, ago, plate="AA555AA")
    number = hold(database, days=(3.0, 1.0), plate="AA555AA")
    with database.transaction() as conn:
        assert count_held(conn, number) == 2


def test_after_its_last_day_it_ends_by_itself_however_many_days_go(
    database: Database, images: ImageStore, clock: ManualClock
) -> None:
    for ago in range(1, 21):
        fill(database, images, ago, ago, gate_id="gate-x")
    number = hold(database, gate_id="gate-x", ends_in=2)
    later(clock, database, 2)
    run_retention(database, images, KEEP, clock)
    assert len(plates(database)) == 20, "its last day is included"
    later(clock, database, 1)
    expired = run_retention(database, images, KEEP, clock)
    assert len(expired.days["transits"]) > 10, "more days than the guard lets go otherwise"
    assert len(plates(database)) == 4
    with database.transaction() as conn:
        assert list_holds(conn) == []
        (ended,) = list_holds(conn, ended=True)
        event = next(row.event for row in list_audit(conn) if row.event.action is AuditAction.HOLD_ENDED)
    assert (ended.id, ended.ended_by) == (number, "retention")
    assert (event.actor, event.case_reference, event.detail) == ("retention", "12/2026", {"hold": number})


def test_a_clock_that_jumps_ends_no_hold(database: Database, images: ImageStore, clock: ManualClock) -> None:
    fill(database, images, 8, 8)
    fill(database, images, 1, 0)
    hold(database, plate="AA008AA", ends_in=10)
    run_retention(database, images, KEEP, clock)
    clock.advance(timedelta(days=60).total_seconds())
    with pytest.raises(RetentionRefusedError):
        run_retention(database, images, KEEP, clock, database_clock=lambda _: clock.now())
    assert plates(database) == ["AA001AA", "AA008AA"]
    with database.transaction() as conn:
        assert len(list_holds(conn)) == 1


def test_a_hold_is_lengthened_and_what_has_ended_is_not(database: Database) -> None:
    number = hold(database, plate="AA008AA", ends_in=2)
    with database.transaction() as conn:
        change_end(conn, number, date(2027, 5, 31), ANNA, WHY)
        assert get_hold(conn, number).ends_on == date(2027, 5, 31)
        changed, made = (row.event for row in list_audit(conn))
        assert made.action is AuditAction.HOLD_MADE
        assert (made.reason, made.detail["plate"]) == ("furto", "AA008AA")
        before = (TODAY + timedelta(days=2)).isoformat()
        assert changed.detail == {"hold": number, "before": before, "ends_on": "2027-05-31"}
        end_hold(conn, number, ANNA, WHY)
        with pytest.raises(InputError, match=f"hold {number}: it has ended"):
            end_hold(conn, number, ANNA, WHY)
        with pytest.raises(InputError, match=f"hold {number}: it has ended"):
            change_end(conn, number, TODAY, ANNA, WHY)
        with pytest.raises(InputError, match="hold 99: there is none"):
            get_hold(conn, 99)


def test_ended_holds_are_forgotten_with_the_ledger(database: Database, images: ImageStore, clock: ManualClock) -> None:
    fill(database, images, 1, 0)
    number = hold(database, plate="AA008AA")
    long_ago = START - timedelta(days=KEEP.ledger_days + 1)
    with database.transaction() as conn:
        end_hold(conn, number, Author(name="anna", at=long_ago), "chiuso")
    assert run_retention(database, images, KEEP, clock).rows["ended holds"] == 1
    with database.transaction() as conn:
        assert list_holds(conn, ended=True) == []


@pytest.mark.parametrize(
    ("ends_on", "said"),
    [(TODAY - timedelta(days=1), "is over"), (TODAY + timedelta(days=6 * 366), "at most five years")],
)
def test_a_last_day_that_cannot_be(ends_on: date, said: str) -> None:
    with pytest.raises(InputError, match=said):
        check_end(ends_on, TODAY)
    check_end(TODAY, TODAY)


def test_a_range_without_length() -> None:
    moment = datetime.combine(TODAY, datetime.min.time())
    with pytest.raises(InputError, match="--until"):
        check_range(moment, moment)
