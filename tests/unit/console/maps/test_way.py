# SPDX-License-Identifier: AGPL-3.0-or-later
"""The way of a vehicle: numbered by time, and never without a stop that has no place."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from anpr.console.maps.way import way_of
from anpr.domain.gate import Gate
from anpr.domain.read import Box, Candidate
from anpr.domain.transit import Transit

START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
NORTH = Gate(id="north", name="Porta Nord", purpose="p", legal_basis="l", latitude=43.9, longitude=11.1)
BRIDGE = Gate(id="bridge", name="Ponte", purpose="p", legal_basis="l")


def transit(number: int, gate_id: str, minutes: int) -> Transit:
    at = START + timedelta(minutes=minutes)
    return Transit(
        id=UUID(int=number), gate_id=gate_id, camera_id="c", reader_id="r", captured_at=at, first_seen=at, last_seen=at,
        plate="AB123CD", raw="AB123CD", confidence=0.9, candidates=(Candidate(text="AB123CD", probability=0.9),),
        reads=1, box=Box(x=0, y=0, w=1, h=1),
    )  # fmt: skip


def test_stops_are_numbered_from_the_oldest() -> None:
    newest_first = [transit(3, "north", 20), transit(2, "bridge", 10), transit(1, "north", 0)]
    way = way_of(newest_first, {"north": NORTH, "bridge": BRIDGE}, UUID(int=3))
    assert [(stop.number, stop.transit_id.int, stop.gate_name) for stop in way] == [
        (1, 1, "Porta Nord"), (2, 2, "Ponte"), (3, 3, "Porta Nord"),
    ]  # fmt: skip
    assert [stop.is_here for stop in way] == [False, False, True]


def test_a_gate_without_a_place_keeps_its_stop() -> None:
    way = way_of(
        [transit(1, "bridge", 0), transit(2, "gone", 1), transit(3, "north", 2)], {g.id: g for g in (NORTH, BRIDGE)}
    )
    assert [stop.has_place for stop in way] == [False, False, True]
    assert way[1].gate_name == "gone", "a gate that is not configured any more"


def test_two_at_the_same_moment_have_an_order() -> None:
    way = way_of([transit(2, "north", 0), transit(1, "bridge", 0)], {})
    assert [stop.transit_id.int for stop in way] == [1, 2]


def test_no_transits_are_no_way() -> None:
    assert way_of([], {}) == []
