# SPDX-License-Identifier: AGPL-3.0-or-later
"""The transits a camera made lately, and which verdicts speak of one vehicle."""

import pytest

from anpr.domain.read import Candidate
from anpr.reader.assemble.recent import RecentTransits, same_vehicle
from anpr.reader.assemble.vote import Verdict
from scripts.lab.transits import plate_of


def verdict(plate: str, confidence: float = 0.97, **others: float) -> Verdict:
    candidates = (
        Candidate(text=plate, probability=confidence),
        *(Candidate(text=text, probability=p) for text, p in others.items()),
    )
    return Verdict(plate=plate, confidence=confidence, candidates=candidates, country=None, reads=5, agreeing=5)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (verdict("AB123CD"), verdict("AB123CD"), True),
        (verdict("AB123CD"), verdict("A8I23CO"), True),
        (verdict("AB123CD"), verdict("AB124CD"), False),  # a fleet
        (verdict("AB123CD"), verdict("AB124CD", 0.8), True),
        (verdict("AB123CD"), verdict("AB723FD", 0.5, AB123CD=0.3), True),
        (verdict("AB123CD"), verdict("B123C", 0.7), True),
        (verdict("AB123CD"), verdict("B123C", 0.97), True),
        (verdict("AB123CD"), verdict("123", 0.97), False),
        (verdict("AB123CD"), verdict("EF456GH", 0.7), False),
        (verdict("AB123CD"), verdict("AB", 0.7), False),
    ],
)
def test_same_vehicle(a: Verdict, b: Verdict, expected: bool) -> None:
    assert same_vehicle(a, b) is expected
    assert same_vehicle(b, a) is expected


def test_it_counts_from_when_the_vehicle_was_last_seen() -> None:
    recent = RecentTransits(60)
    parked = recent.remember(verdict("AB123CD"), 0)
    assert recent.find(verdict("AB123CD"), 59) is parked
    assert recent.find(verdict("AB123CD"), 61) is None
    parked.see(1000)
    parked.see(500)
    assert recent.find(verdict("AB123CD"), 1059) is parked


def test_another_plate_is_not_known() -> None:
    recent = RecentTransits(60)
    recent.remember(verdict("AB123CD"), 0)
    assert recent.find(verdict("EF456GH"), 1) is None


def test_it_stays_small() -> None:
    recent = RecentTransits(1e9)
    first = last = recent.remember(verdict(plate_of(0)), 0)
    assert recent.find(verdict(plate_of(0)), 1) is first
    for number in range(1, 1000):
        last = recent.remember(verdict(plate_of(number * 1000)), number)
    assert recent.find(verdict(plate_of(0)), 1000) is None, "the oldest is forgotten"
    assert recent.find(verdict(plate_of(999 * 1000)), 1000) is last
    recent = RecentTransits(10)
    for number in range(1000):
        recent.remember(verdict(plate_of(number * 1000)), number)
    assert len(recent._transits) <= 21


def test_a_set_clock_moves_what_is_remembered() -> None:
    recent = RecentTransits(60)
    known = recent.remember(verdict("AB123CD"), 10_000)
    recent.shift(-9_000)
    assert recent.find(verdict("AB123CD"), 1_050) is known
    assert recent.find(verdict("AB123CD"), 1_070) is None
