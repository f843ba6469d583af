# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which transit belongs to which counted vehicle."""

from hypothesis import given
from hypothesis import strategies as st

from anpr.accept.judge.match import Result, match
from tests.support.acceptance import transit, vehicle


def test_a_vehicle_with_a_transit_of_its_plate_is_read_right() -> None:
    (outcome,) = match([vehicle("AB123CD", 60)], [transit("AB123CD", 62)], 10).outcomes

    assert outcome.result is Result.CORRECT


def test_a_vehicle_with_another_text_at_its_time_is_read_wrong() -> None:
    (outcome,) = match([vehicle("AB123CD", 60)], [transit("A8123CD", 60)], 10).outcomes

    assert outcome.result is Result.WRONG
    assert outcome.looks_right


def test_a_vehicle_without_a_transit_is_missed_and_a_transit_without_a_vehicle_is_extra() -> None:
    matching = match([vehicle("AB123CD", 60)], [transit("EF456GH", 300)], 10)

    assert [one.result for one in matching.outcomes] == [Result.MISSED]
    assert [one.transit.plate for one in matching.extras] == ["EF456GH"]
    assert not matching.extras[0].is_repeat


def test_the_same_plate_goes_before_what_is_nearer_in_time() -> None:
    vehicles = [vehicle("AB123CD", 60), vehicle("EF456GH", 63)]

    matching = match(vehicles, [transit("EF456GH", 60), transit("AB123CD", 63)], 10)

    assert [one.result for one in matching.outcomes] == [Result.CORRECT, Result.CORRECT]


def test_a_similar_plate_goes_before_what_is_nearer_in_time() -> None:
    vehicles = [vehicle("AB123CD", 60), vehicle("XY999ZZ", 66)]

    (first, second) = match(vehicles, [transit("AB123CO", 66)], 10).outcomes

    assert (first.result, second.result) == (Result.WRONG, Result.MISSED)


def test_a_plate_that_nobody_can_read_counts_as_seen_and_not_as_right() -> None:
    (outcome,) = match([vehicle(None, 60)], [transit("AB123CD", 60)], 10).outcomes

    assert outcome.result is Result.SEEN


def test_a_second_transit_of_one_vehicle_is_a_repeat() -> None:
    matching = match([vehicle("AB123CD", 60)], [transit("AB123CD", 60), transit("AB123CD", 65)], 10)

    assert [one.is_repeat for one in matching.extras] == [True]


def test_beyond_the_tolerance_the_same_plate_is_another_vehicle() -> None:
    # The transit lasts from 59 s to 61 s.
    inside = match([vehicle("AB123CD", 71)], [transit("AB123CD", 60)], 10)
    outside = match([vehicle("AB123CD", 71.5)], [transit("AB123CD", 60)], 10)

    assert inside.outcomes[0].result is Result.CORRECT
    assert outside.outcomes[0].result is Result.MISSED


_PLATES = st.sampled_from(["AB123CD", "A8123CD", "EF456GH", "XY999ZZ"])
_TIMES = st.integers(0, 60)


@given(
    counted=st.lists(st.tuples(st.none() | _PLATES, _TIMES), max_size=8),
    read=st.lists(st.tuples(_PLATES, _TIMES), max_size=8),
)
def test_every_transit_is_of_one_vehicle_or_extra(
    counted: list[tuple[str | None, int]], read: list[tuple[str, int]]
) -> None:
    vehicles = [vehicle(plate, seconds) for plate, seconds in counted]
    transits = [transit(plate, seconds) for plate, seconds in read]

    matching = match(vehicles, transits, 5)

    matched = [one.transit for one in matching.outcomes if one.transit is not None]
    assert len(matching.outcomes) == len(vehicles)
    assert sorted(t.model_dump_json() for t in [*matched, *(one.transit for one in matching.extras)]) == sorted(
        t.model_dump_json() for t in transits
    )
