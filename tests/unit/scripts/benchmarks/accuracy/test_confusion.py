# SPDX-License-Identifier: AGPL-3.0-or-later
"""Characters read as others are counted where the lengths agree."""

from scripts.benchmarks.accuracy.confusion import confusions, mistakes, of


def test_substitutions_are_counted_and_other_lengths_left_out() -> None:
    pairs = confusions([("GG1", "CG1"), ("G1", "G1"), ("GAB", "AB"), ("C", "G")])

    assert of(pairs, "G", "C") == (1, 3)
    assert of(pairs, "C", "G") == (1, 1)
    assert set(mistakes(pairs)) == {("G→C", 1, 3), ("C→G", 1, 1)}
    assert mistakes(pairs, most=0) == []
