# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tallies are added field by field and stay what they are."""

from dataclasses import dataclass

from anpr.domain.counts import Counts


@dataclass(frozen=True, kw_only=True)
class Tally(Counts):
    kept: int = 0
    seconds: float = 0.0


def test_a_sum_adds_each_field_and_keeps_the_class() -> None:
    total = Tally(kept=1, seconds=0.5) + Tally(kept=2, seconds=0.25)
    assert total == Tally(kept=3, seconds=0.75)
    assert type(total) is Tally


def test_nothing_to_add_is_all_zeros() -> None:
    assert sum([], Tally()) == Tally()
    assert sum([Tally(kept=1), Tally(kept=4)], Tally()) == Tally(kept=5)
