# SPDX-License-Identifier: AGPL-3.0-or-later
"""The drawn town: the same for one seed, and its answers are in what is seen."""

from datetime import UTC, datetime, timedelta

import pytest

from anpr.domain.vehicle.gate_fix import great_circle_m
from scripts.lab.town.life import Seen, Town, TownSize
from scripts.lab.town.streets import GATE_IDS, PLACES, gates, seconds_on, way

SIZE = TownSize(vehicles=120, days=5, end=datetime(2026, 11, 21, tzinfo=UTC))


@pytest.fixture(scope="module")
def town() -> tuple[Town, list[Seen]]:
    made = Town(SIZE)
    return made, list(made.seen())


def test_one_seed_draws_one_town(town: tuple[Town, list[Seen]]) -> None:
    again = Town(SIZE)
    assert list(again.seen()) == town[1]
    assert again.answers.convoys == town[0].answers.convoys


def test_there_are_enough_gates_with_places_and_every_one_leads_to_every_other() -> None:
    assert len(GATE_IDS) >= 12
    assert all(gate.latitude is not None for gate in gates())
    assert all(way(start, end)[-1] == end for start in GATE_IDS for end in GATE_IDS)
    assert way("ring-1", "ring-1") == ("ring-1",)


def test_nobody_drives_faster_than_is_said() -> None:
    path = way("road-1", "road-3")
    hours = seconds_on(path, 50)[-1] / 3600
    assert great_circle_m(PLACES["road-1"], PLACES["road-3"]) / 1000 / hours < 50


def test_convoys_are_seen_together(town: tuple[Town, list[Seen]]) -> None:
    made, seen = town
    for leader, members in made.answers.convoys.items():
        mine = [each for each in seen if each.plate == leader]
        for member in members:
            theirs = {(each.gate_id, each.at) for each in seen if each.plate == member}
            near = [
                each
                for each in mine
                if any(gate == each.gate_id and abs(at - each.at) < timedelta(seconds=30) for gate, at in theirs)
            ]
            assert len(near) >= 5, member


def test_robberies_are_in_their_windows(town: tuple[Town, list[Seen]]) -> None:
    made, seen = town
    assert len(made.answers.robberies) == SIZE.robberies
    for robbery in made.answers.robberies:
        mine = [each for each in seen if each.plate == robbery.plate]
        for gate_id, since, until in robbery.windows:
            assert any(each.gate_id == gate_id and since <= each.at < until for each in mine)


def test_nothing_is_seen_in_blind_hours(town: tuple[Town, list[Seen]]) -> None:
    made, seen = town
    blind = made.answers.blind
    assert blind is not None
    at_gate = [each for each in seen if each.gate_id == blind.gate_id]
    assert at_gate
    assert not [each for each in at_gate if blind.since <= each.at < blind.until]


def test_nobody_is_seen_outside_of_the_days(town: tuple[Town, list[Seen]]) -> None:
    for each in town[1]:
        assert SIZE.start <= each.at < SIZE.end + timedelta(hours=4)
