"""The transits a camera made lately."""

from anpr.reader.assemble.recent import RecentTransits
from scripts.lab.transits import plate_of
from tests.unit.reader.assemble.test_same import verdict


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
    first = recent.remember(verdict(plate_of(0)), 0)
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
