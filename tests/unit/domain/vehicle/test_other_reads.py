# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plates that look alike: which may be the asked vehicle, and which live a life of their own."""

from dataclasses import replace

import pytest

from anpr.domain.read import Candidate
from anpr.domain.transit import Transit
from anpr.domain.vehicle.other_reads import Kinship, other_reads, probability_of
from scripts.lab.transits import make_transit

PLATE = "AB018CD"


def read(number: int, plate: str, asked: float) -> Transit:
    candidates = (Candidate(text=plate, probability=1 - asked), Candidate(text=PLATE, probability=asked))
    return replace(make_transit(number), plate=plate, candidates=candidates)


def test_a_read_whose_candidates_name_the_plate_may_be_it() -> None:
    (found,) = other_reads(PLATE, [read(1, "ABO18CD", 0.35), read(2, "ABO18CD", 0.05)])
    assert found.kinship is Kinship.MAYBE_SAME
    assert found.probability == pytest.approx(0.35)
    assert found.expected == pytest.approx(0.4)
    assert found.transits[0].id == make_transit(1).id, "the most probable first"


def test_a_plate_that_is_read_surely_again_and_again_is_another_vehicle() -> None:
    (found,) = other_reads(PLATE, [read(n, "ABO18CD", 0.01) for n in range(4)])
    assert found.kinship is Kinship.ANOTHER


def test_of_a_plate_that_was_seen_once_nothing_can_be_said() -> None:
    (found,) = other_reads(PLATE, [replace(read(1, "ABO18CD", 0.1), candidates=())])
    assert found.kinship is Kinship.UNDECIDED
    assert probability_of(PLATE, found.transits[0]) == 0


def test_the_plate_itself_is_none_of_them_and_the_most_probable_comes_first() -> None:
    found = other_reads(PLATE, [read(1, PLATE, 0.9), read(2, "AB0I8CD", 0.1), read(3, "ABO18CD", 0.3)])
    assert [each.plate for each in found] == ["ABO18CD", "AB0I8CD"]
