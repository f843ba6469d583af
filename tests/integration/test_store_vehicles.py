# SPDX-License-Identifier: AGPL-3.0-or-later
"""Questions about vehicles asked of a store: company, common vehicles, and how they are looked up."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from anpr.domain.errors import InputError
from anpr.domain.transit import Transit
from anpr.domain.vehicle.cross import CrossWindow
from anpr.store.audit import AuditAction, list_audit
from anpr.store.author import Author
from anpr.store.database.connection import Connection, Database
from anpr.store.database.queries import load_queries
from anpr.store.transits.rows import TransitQuery, insert_transits
from anpr.store.vehicles.common import CrossQuery, common_vehicles
from anpr.store.vehicles.companions import CompanionQuery, Companions, companions_of
from anpr.store.vehicles.fixes import fixes_of, transits_alike, transits_of_vehicle
from anpr.store.vehicles.recorded_cross import record_cross, recorded_cross
from scripts.lab.transits import START, make_transit

PLATE, OTHER = "AB018CD", "CD456EF"
NOW = START + timedelta(days=3)


def passing(number: int, plate: str, gate_id: str, after: timedelta) -> Transit:
    return make_transit(number, captured_at=START + after, plate=plate, gate_id=gate_id)


def store(database: Database, transits: Sequence[Transit]) -> None:
    with database.transaction() as conn:
        insert_transits(conn, transits, NOW)


def together(conn: Connection, **changes: object) -> Companions:
    query = CompanionQuery(plate=PLATE, since=START - timedelta(days=4), until=NOW, **changes)  # type: ignore[arg-type]
    whole = TransitQuery(pattern=PLATE, since=query.since, until=query.until)
    fixes = fixes_of([each.transit for each in transits_of_vehicle(conn, whole)], {})
    return companions_of(conn, query, fixes)


def company(times: int) -> list[Transit]:
    """Two vehicles at two gates, on so many days at another hour each, and one that is only once beside the first."""
    transits = []
    for day in range(times):
        for number, gate_id in enumerate(("gate-1", "gate-2")):
            after = timedelta(hours=7 * day, minutes=10 * number)
            transits.append(passing(10 * day + number, PLATE, gate_id, after))
            transits.append(passing(10 * day + number + 4, OTHER, gate_id, after + timedelta(seconds=20)))
    return [*transits, passing(9000, "EF111GH", "gate-1", timedelta(seconds=10))]


def test_who_was_near_again_and_again_is_found_with_all_that_were_compared(database: Database) -> None:
    store(database, company(4))
    with database.transaction() as conn:
        found = together(conn)
        narrow = together(conn, window=timedelta(seconds=15))
        many_gates = together(conn, least_gates=3)
    (one,) = found.found
    assert (one.plate, one.journeys, one.meetings, one.median_offset_s) == (OTHER, 4, 8, 20)
    assert found.compared == 2
    assert not found.is_capped
    assert found.transit_of.keys() == {OTHER}
    assert not narrow.found
    assert not many_gates.found


def test_those_alike_are_without_the_plate_itself_and_at_most_as_many_as_are_shown(database: Database) -> None:
    store(database, [passing(1, PLATE, "gate-1", timedelta()), passing(2, "ABO18CD", "gate-1", timedelta(minutes=1))])
    with database.transaction() as conn:
        found = transits_alike(conn, TransitQuery(pattern=PLATE))
    assert [each.plate for each in found] == ["ABO18CD"]


def window(gate_id: str, after: timedelta, minutes: int = 10) -> CrossWindow:
    middle, half = START + after, timedelta(minutes=minutes) / 2
    return CrossWindow(gate_ids=(gate_id,), since=middle - half, until=middle + half)


def question(*windows: CrossWindow, least: int = 2, received: datetime = NOW) -> CrossQuery:
    return CrossQuery(windows=windows, least=least, since=START - timedelta(days=4), received_until=received)


def test_vehicles_common_to_windows_are_found_over_midnight_and_in_any_order(database: Database) -> None:
    store(database, company(4))
    windows = [window("gate-2", timedelta(hours=21, minutes=10)), window("gate-1", timedelta())]
    with database.transaction() as conn:
        found = common_vehicles(conn, question(*windows))
        all_three = common_vehicles(conn, question(*windows, window("gate-9", timedelta()), least=3))
        before = common_vehicles(conn, question(*windows, received=NOW - timedelta(seconds=1)))
    assert {each.plate for each in found.found} == {PLATE, OTHER}
    assert found.total == 2
    assert {each.transits for each in found.found} == {8}
    assert [hit.gate_id for hit in found.found[0].hits] == ["gate-2", "gate-1"]
    assert (all_three.found, all_three.total) == ([], 0)
    assert before.total == 0, "what the centre had not received yet"


def test_a_cross_search_is_recorded_and_read_back(database: Database) -> None:
    store(database, company(4))
    windows = (window("gate-1", timedelta()), window("gate-2", timedelta(minutes=10)))
    by = Author(name="investigator", at=NOW)
    number = record_cross(database, question(*windows), by, "rapina in banca", "12/26", 5)
    with database.transaction() as conn:
        read = recorded_cross(conn, number)
        assert recorded_cross(conn, number + 1) is None
    assert read is not None
    assert (read.windows, read.least, read.found, read.at) == (windows, 2, 2, NOW)
    assert (read.actor, read.reason, read.case_reference) == ("investigator", "rapina in banca", "12/26")


def test_without_a_reason_or_with_windows_that_make_no_sense_nothing_is_asked(database: Database) -> None:
    by = Author(name="investigator", at=NOW)
    windows = (window("gate-1", timedelta()), window("gate-2", timedelta()))
    with pytest.raises(InputError, match="reason"):
        record_cross(database, question(*windows), by, "...", None, 5)
    with pytest.raises(InputError, match="window 2"):
        record_cross(database, question(windows[0], window("gate-1", timedelta(), 0)), by, "rapina", None, 5)
    with database.transaction() as conn:
        assert AuditAction.CROSS_SEARCHED not in {row.event.action for row in list_audit(conn)}


@pytest.mark.parametrize("name", ["meetings", "common", "habits", "count_at_gates"])
def test_each_question_goes_by_the_indexes_of_gates_or_plates(database: Database, name: str) -> None:
    """Without a look at whole days, whatever is in them."""
    store(database, company(4))
    values = {
        "plate": PLATE, "since": START - timedelta(days=4), "until": NOW, "most": 500, "window": timedelta(seconds=30),
        "least_gates": 2, "least": 2, "most_others": 100, "plates": [PLATE, OTHER], "gate_ids": ["gate-1", "gate-2"],
        "received_until": NOW,
        "windows": '[{"number": 0, "gate_ids": ["a"], "since": "2026-11-21T09:00Z", "until": "2026-11-21T11:00Z"}]',
    }  # fmt: skip
    with database.transaction() as conn:
        conn.execute("SET LOCAL enable_seqscan = off")
        plan = conn.execute(b"EXPLAIN " + load_queries("vehicle")[name], values).fetchall()
    text = "\n".join(row["QUERY PLAN"] for row in plan)
    assert "Seq Scan on transits" not in text
    assert "gate_id_captured_at_idx" in text or "plate_captured_at_idx" in text, text
