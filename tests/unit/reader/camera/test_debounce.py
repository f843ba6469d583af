# SPDX-License-Identifier: AGPL-3.0-or-later
"""A condition counts when it lasts."""

from datetime import timedelta

from anpr.reader.camera.debounce import Debounce
from tests.unit.reader.camera.view_scenes import START


class Looks:
    """A look every five seconds."""

    def __init__(self) -> None:
        self.steady = Debounce(60, 20)
        self.at_s = 0.0

    def see(self, condition: str | None, seconds: float) -> list[tuple[str | None, float]]:
        """The changes this brings: to what, and since which second."""
        changes = []
        for _ in range(round(seconds / 5)):
            self.at_s += 5
            if self.steady.add(condition, self.at_s, START + timedelta(seconds=self.at_s)):
                assert self.steady.since is not None
                changes.append((self.steady.condition, (self.steady.since - START).total_seconds()))
        return changes


def test_it_counts_after_a_minute_and_from_its_beginning() -> None:
    looks = Looks()
    looks.see(None, 100)
    assert looks.see("blurred", 60) == []
    assert looks.see("blurred", 200) == [("blurred", 105)]
    assert looks.see(None, 60) == []
    assert looks.see(None, 100) == [(None, 365)]


def test_one_good_look_begins_anew() -> None:
    looks = Looks()
    for _ in range(50):
        assert looks.see("blurred", 55) == []
        assert looks.see(None, 5) == []


def test_one_bad_look_while_it_gets_better_does_not_split_it() -> None:
    looks = Looks()
    assert len(looks.see("dark", 100)) == 1
    for _ in range(20):
        assert looks.see(None, 55) == [], "headlights"
        assert looks.see("dark", 5) == []
    assert looks.steady.condition == "dark"


def test_another_fault_takes_its_own_minute() -> None:
    looks = Looks()
    looks.see("dark", 100)
    assert looks.see("blurred", 60) == []
    assert looks.see("blurred", 5) == [("blurred", 105)]


def test_looks_on_both_sides_of_a_gap_are_not_one_run() -> None:
    looks = Looks()
    assert looks.see("dark", 50) == []
    looks.at_s += 600
    assert looks.see("dark", 60) == []
    assert looks.see("dark", 5) == [("dark", 655)]


def test_what_is_disproved_is_over_at_once() -> None:
    looks = Looks()
    looks.see("dark", 100)
    assert looks.steady.disprove("dark", START + timedelta(seconds=101))
    assert (looks.steady.condition, looks.steady.since) == (None, START + timedelta(seconds=101))
    assert not looks.steady.disprove("dark", START)
    assert looks.see("dark", 60) == [], "and needs a minute again"
