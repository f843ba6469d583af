# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is stored beside an alarm's vehicle: its last passes anywhere, and plates one sign away at the same gates."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from anpr.domain.transit import Transit
from anpr.store.alarms.beside import LOOK_BACK, MOST_LOOK_ALIKES, MOST_PASSES, Beside, beside_alarm
from anpr.store.database.connection import Database
from anpr.store.transits.rows import insert_transits
from scripts.lab.transits import START, make_transit

PLATE = "AB018CD"
NOW = START + timedelta(hours=2)


def passing(number: int, plate: str, gate_id: str = "gate-1", *, ago: timedelta = timedelta()) -> Transit:
    """Later the higher its number is."""
    at = START + timedelta(seconds=number) - ago
    return replace(make_transit(number, captured_at=at), plate=plate, gate_id=gate_id)


def beside(database: Database, transits: Sequence[Transit]) -> Beside:
    with database.transaction() as conn:
        insert_transits(conn, transits, NOW)
        return beside_alarm(conn, PLATE, {"gate-1", "gate-2"}, NOW)


def plates(found: Beside) -> list[str]:
    return [each.transit.plate for each in found.look_alikes]


def test_the_last_passes_of_the_plate_are_shown_wherever_they_were_and_no_more_than_fit(database: Database) -> None:
    transits = [passing(n, PLATE, gate_id=f"gate-{n}") for n in range(MOST_PASSES + 3)]
    found = beside(database, transits)
    assert [each.transit.id for each in found.passes] == [each.id for each in reversed(transits[3:])]
    assert not found.look_alikes


def test_a_plate_one_sign_away_is_shown_once_by_its_newest_pass_at_the_same_gates(database: Database) -> None:
    transits = [
        passing(1, "ABO18CD"),
        passing(2, "ABO18CD", "gate-2"),
        passing(3, "AB018CO", "gate-9"),  # elsewhere
        passing(4, "ABOI8CD"),  # two signs away
        passing(5, "AB019CD"),  # no camera takes 8 for 9
    ]
    found = beside(database, transits)
    assert [each.transit.id for each in found.look_alikes] == [transits[1].id]
    assert not found.passes


def test_there_are_no_more_plates_one_sign_away_than_fit(database: Database) -> None:
    near = ["ABO18CD", "ABD18CD", "ABQ18CD", "AB0I8CD", "AB01BCD", "AB018CO", "AB018C0", "AB018CQ", "A8018CD"]
    found = beside(database, [passing(n, plate) for n, plate in enumerate(near)])
    assert len(found.look_alikes) == MOST_LOOK_ALIKES
    assert set(plates(found)) <= set(near)


def test_what_is_older_says_little_of_where_it_is(database: Database) -> None:
    found = beside(database, [passing(1, PLATE, ago=LOOK_BACK), passing(2, "ABO18CD", ago=LOOK_BACK)])
    assert found == Beside()
