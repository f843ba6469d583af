# SPDX-License-Identifier: AGPL-3.0-or-later
"""Searches with conditions against a real PostgreSQL: each leaves out what it says, in a stable order, page by page."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.domain.alarm import AlarmKind
from anpr.domain.errors import InputError
from anpr.domain.gate import Direction
from anpr.domain.recurrence import Recurrence
from anpr.domain.search_conditions import NO_CONDITIONS, Onward, SearchConditions
from anpr.domain.transit import Transit
from anpr.runtime.clock import ManualClock
from anpr.store.audit import AuditAction, list_audit
from anpr.store.database.connection import Database
from anpr.store.transits.audited_search import audited_search, describe, record_search
from anpr.store.transits.recorded_search import PageKey, last_reason, page_of, query_from, recorded_search
from anpr.store.transits.rows import StoredTransit, TransitQuery, count_found, insert_transits, search_transits
from anpr.store.transits.search_sql import SearchOrder
from scripts.lab.transits import START, make_transit

HOUR = timedelta(hours=1)
WHOLE = TransitQuery(pattern="", since=START, until=START + 24 * HOUR, gate_ids=("gate-1", "gate-2"))


def passed(number: int, gate: str, after: timedelta, plate: str, **changes: Any) -> Transit:
    at = START + after
    transit = make_transit(number)
    return replace(
        transit,
        gate_id=gate,
        captured_at=at,
        first_seen=at,
        last_seen=at,
        plate=plate,
        raw=plate,
        **changes,
    )


def store(database: Database, transits: Sequence[Transit]) -> None:
    with database.transaction() as conn:
        insert_transits(conn, transits, START)


def plates(database: Database, query: TransitQuery) -> list[str]:
    with database.transaction() as conn:
        found = [stored.transit.plate for stored in search_transits(conn, query)]
        assert count_found(conn, replace(query, limit=10_000)) == len(found)
    return found


@pytest.fixture
def street(database: Database) -> Database:
    """Four vehicles at two gates within a day."""
    store(
        database,
        [
            passed(
                1, "gate-1", HOUR, "AA111AA", direction=Direction.APPROACHING, lane="1", country="IT", confidence=0.95
            ),
            passed(
                2, "gate-2", 2 * HOUR, "AA111AA", direction=Direction.RECEDING, lane="2", country="IT", confidence=0.95
            ),
            passed(
                3, "gate-1", 3 * HOUR, "BB222BB", direction=Direction.RECEDING, lane="1", country="DE", confidence=0.6
            ),
            passed(4, "gate-2", 4 * HOUR, "AB333CD", direction=None, lane=None, country=None, confidence=0.8),
            passed(5, "gate-3", 5 * HOUR, "ZZ999ZZ"),
        ],
    )
    return database


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        (NO_CONDITIONS, ["AB333CD", "BB222BB", "AA111AA", "AA111AA"]),
        (SearchConditions(direction=Direction.RECEDING), ["BB222BB", "AA111AA"]),
        (SearchConditions(lane="1"), ["BB222BB", "AA111AA"]),
        (SearchConditions(country="DE"), ["BB222BB"]),
        (SearchConditions(least_confidence=0.8), ["AB333CD", "AA111AA", "AA111AA"]),
        (SearchConditions(excluded=("AA111AA",)), ["AB333CD", "BB222BB"]),
        (SearchConditions(excluded=("A*", "ZZ?99ZZ")), ["BB222BB"]),
        (SearchConditions(onward=Onward(gate_id="gate-2", minutes=90)), ["AA111AA"]),
        (SearchConditions(onward=Onward(gate_id="gate-2", minutes=30)), []),
        (SearchConditions(kinds=(AlarmKind.STOLEN,)), []),
        (
            SearchConditions(recurrence=Recurrence(starts=time(12), ends=time(14)), zone="UTC"),
            ["BB222BB", "AA111AA"],
        ),
        (SearchConditions(recurrence=Recurrence(weekdays=(START.isoweekday() % 7 + 1,)), zone="UTC"), []),
    ],
    ids=[
        *["none", "direction", "lane", "country", "confidence", "excluded", "excluded patterns", "onward", "too late"],
        *["no alarm", "hours", "another day"],
    ],
)
def test_each_condition_leaves_out_what_it_says(
    street: Database, conditions: SearchConditions, expected: list[str]
) -> None:
    assert plates(street, replace(WHOLE, conditions=conditions)) == expected


def test_a_plate_is_searched_with_conditions_too(street: Database) -> None:
    late = SearchConditions(recurrence=Recurrence(starts=time(12), ends=time(14)), zone="UTC")
    query = replace(WHOLE, gate_ids=(), conditions=late)
    assert plates(street, replace(query, pattern="AA111AA")) == ["AA111AA"]
    assert plates(street, replace(query, pattern="*222*")) == ["BB222BB"]
    assert plates(street, replace(query, pattern="8B*", look_alike=True)) == ["BB222BB"]
    assert plates(street, replace(query, pattern="AB…", conditions=NO_CONDITIONS)) == ["AB333CD"]


@pytest.mark.parametrize("order", list(SearchOrder))
@pytest.mark.parametrize("pattern", ["", "AA*"])
def test_pages_follow_one_another_without_gap_or_double_whatever_the_order(
    database: Database, clock: ManualClock, order: SearchOrder, pattern: str
) -> None:
    same = [passed(n, f"gate-{n % 2 + 1}", HOUR * (n // 4), f"AA{n % 5:03}AA") for n in range(1, 24)]
    store(database, same)
    clock.advance(86_400)
    number = record_search(database, replace(WHOLE, pattern=pattern), "anna", "furto", None, clock, reason_kind="Furto")
    with database.transaction() as conn:
        search = recorded_search(conn, number)
        assert search is not None
        assert (search.found, search.reason_kind) == (23, "Furto")
        by_key: list[UUID] = []
        rows: list[StoredTransit] = []
        after: PageKey | None = None
        by_number = [row.transit.id for page in (1, 2, 3, 4) for row in page_of(conn, search, page, 7, order)]
        for page in (1, 2, 3, 4):
            rows = page_of(conn, search, page, 7, order, after)
            by_key += [row.transit.id for row in rows]
            after = PageKey(at=rows[-1].transit.captured_at, id=rows[-1].transit.id)
        back, before = by_key[21:], PageKey(at=rows[0].transit.captured_at, id=rows[0].transit.id, is_backward=True)
        for page in (3, 2, 1):
            rows = page_of(conn, search, page, 7, order, before)
            back = [row.transit.id for row in rows] + back
            before = PageKey(at=rows[0].transit.captured_at, id=rows[0].transit.id, is_backward=True)
    assert by_key == back == by_number
    assert set(by_key) == {transit.id for transit in same}
    assert len(by_key) == 23


@pytest.mark.parametrize("order", list(SearchOrder))
def test_a_key_reads_no_page_before_it_and_one_that_is_gone_is_found_by_number(
    database: Database, clock: ManualClock, order: SearchOrder
) -> None:
    same = [passed(n, f"gate-{n % 2 + 1}", HOUR * (n // 4), f"AA{n % 5:03}AA") for n in range(1, 24)]
    store(database, same)
    clock.advance(86_400)
    number = record_search(database, replace(WHOLE, pattern="AA*"), "anna", "furto", None, clock)
    with database.transaction() as conn:
        search = recorded_search(conn, number)
        assert search is not None
        first, second = (page_of(conn, search, page, 7, order) for page in (1, 2))
        last = first[-1].transit
        key = PageKey(at=last.captured_at, id=last.id)
        conn.execute("DELETE FROM transits WHERE id = %s", (first[0].transit.id,))
        assert page_of(conn, search, 2, 7, order, key) == second, "a number would pass over one more"
        conn.execute("DELETE FROM transits WHERE id = %s", (last.id,))
        gone = page_of(conn, search, 2, 7, order, key)
        by_number = page_of(conn, search, 2, 7, order)
        assert gone == (by_number if order is SearchOrder.PLATE else second)


def test_what_was_asked_is_in_the_audit_and_is_asked_again_from_there(street: Database, clock: ManualClock) -> None:
    asked = SearchConditions(
        excluded=("AA*",),
        recurrence=Recurrence(weekdays=(1, 6), starts=time(0), ends=time(5)),
        zone="Europe/Rome",
        direction=Direction.RECEDING,
        lane="1",
        country="DE",
        least_confidence=0.5,
        kinds=(AlarmKind.STOLEN, AlarmKind.LOCAL),
        onward=Onward(gate_id="gate-2", minutes=30),
    )
    query = replace(WHOLE, conditions=asked)
    audited_search(street, query, "anna", "furto", None, clock)
    with street.transaction() as conn:
        (row,) = list_audit(conn)
        assert query_from(row.event.detail) == replace(query, limit=200)
        last = last_reason(conn, "anna", clock.now())
        assert last is not None
        assert (last.kind, last.text, last.case) == ("", "furto", "")
        assert last_reason(conn, "bruno", clock.now()) is None
    assert row.event.detail["onward"] == {"gate": "gate-2", "minutes": 30}


@pytest.mark.parametrize(
    ("query", "complaint"),
    [
        (replace(WHOLE, gate_ids=()), "plate"),
        (replace(WHOLE, since=None), "since"),
        (replace(WHOLE, until=None), "since"),
        (replace(WHOLE, pattern="*"), "at least 2"),
        (replace(WHOLE, pattern="A" * 40), "at most"),
        (replace(WHOLE, since=datetime.fromisoformat("1990-01-01T00:00+00:00")), "days"),
    ],
    ids=["no gate", "no start", "no end", "a bare *", "forty signs", "a range of years"],
)
def test_what_would_read_everything_is_refused_and_recorded(
    database: Database, clock: ManualClock, query: TransitQuery, complaint: str
) -> None:
    with pytest.raises(InputError, match=complaint):
        audited_search(database, query, "anna", "furto", None, clock)
    with database.transaction() as conn:
        (row,) = list_audit(conn)
    assert row.event.action is AuditAction.SEARCH_REFUSED


def test_a_hits_kind_is_that_of_its_alarm(street: Database) -> None:
    with street.transaction() as conn:
        transit = search_transits(conn, TransitQuery(pattern="BB222BB"))[0].transit
        conn.execute(
            "INSERT INTO alarms (vehicle, organisation_id, kind, priority, raised_at, first_seen_at, last_seen_at)"
            " VALUES ('BB222BB', 'manager', 'stolen', 'high', %(at)s, %(at)s, %(at)s)",
            {"at": transit.captured_at},
        )
        conn.execute(
            "INSERT INTO sightings (alarm_id, transit_id, captured_at, raised_at, gate_id, camera_id, plate, entry_id,"
            " entry_plate, watchlist_id, reason, priority, probability) SELECT id, %(id)s, %(at)s, %(at)s, 'gate-1',"
            " 'c', 'BB222BB', 1, 'BB222BB', 'a1', 'rubata', 'high', 1 FROM alarms",
            {"at": transit.captured_at, "id": transit.id},
        )
    stolen, local = (SearchConditions(kinds=(kind,)) for kind in (AlarmKind.STOLEN, AlarmKind.LOCAL))
    assert plates(street, replace(WHOLE, conditions=stolen)) == ["BB222BB"]
    assert plates(street, replace(WHOLE, gate_ids=(), conditions=stolen)) == ["BB222BB"], "at any gate"
    assert plates(street, replace(WHOLE, conditions=local)) == []


_conditions = st.builds(
    SearchConditions,
    excluded=st.lists(st.sampled_from(["AA111AA", "B*", "A?1*"]), unique=True).map(tuple),
    recurrence=st.builds(
        Recurrence,
        weekdays=st.sets(st.integers(1, 7)).map(lambda days: tuple(sorted(days))),
        starts=st.just(time(5, 30)),
        ends=st.sampled_from([time(0), time(4), time(23, 59)]),
    ),
    zone=st.just("Europe/Rome"),
    direction=st.sampled_from([None, *Direction]),
    lane=st.sampled_from(["", "1"]),
    country=st.sampled_from(["", "IT"]),
    least_confidence=st.sampled_from([0.0, 0.75]),
    kinds=st.lists(st.sampled_from(AlarmKind), unique=True).map(tuple),
    onward=st.sampled_from([None, Onward(gate_id="gate-1", minutes=1)]),
)


@given(conditions=_conditions)
def test_any_conditions_come_back_from_what_is_told_of_them(conditions: SearchConditions) -> None:
    assert query_from(describe(replace(WHOLE, conditions=conditions))).conditions == conditions
