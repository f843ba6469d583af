# SPDX-License-Identifier: AGPL-3.0-or-later
"""A lattice to texts, held against counting every path."""

from collections import defaultdict
from itertools import groupby, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anpr.domain.read import Candidate
from anpr.reader.recognise.alphabet import PLATE_CHARACTERS
from anpr.reader.recognise.decode import greedy, groups, joined, likely_texts
from anpr.reader.recognise.lattice import Lattice
from tests.support.budget import examples


def lattice(*steps: dict[str, float]) -> Lattice:
    """Each step as character: probability; the rest is blank."""
    rows = np.zeros((len(steps), len(PLATE_CHARACTERS) + 1), np.float32)
    for row, step in zip(rows, steps, strict=True):
        for sign, probability in step.items():
            row[PLATE_CHARACTERS.index(sign) + 1] = probability
        row[0] = 1 - row.sum()
    return rows


def every_path(rows: Lattice) -> dict[str, float]:
    """The probability of each text, by adding up all paths of columns."""
    used = [np.flatnonzero(row).tolist() for row in rows]
    texts: dict[str, float] = defaultdict(float)
    for path in product(*used):
        text = "".join(PLATE_CHARACTERS[column - 1] for column, _ in groupby(path) if column)
        texts[text] += float(np.prod([rows[step, column] for step, column in enumerate(path)]))
    return texts


def test_repeats_count_once_and_a_blank_parts_them() -> None:
    rows = lattice({"A": 1}, {"A": 1}, {}, {"A": 1}, {"B": 1}, {})

    assert greedy(rows)[0] == "AAB"
    assert likely_texts(rows)[0].text == "AAB"


def test_positions_hold_the_alternatives_at_the_surest_step() -> None:
    rows = lattice({"8": 0.5, "B": 0.4}, {"8": 0.7, "B": 0.25}, {}, {"1": 0.95, "I": 0.005})

    text, positions = greedy(rows)

    assert text == "81"
    assert [c.text for c in positions[0]] == ["8", "B"]
    assert positions[0][0].probability == pytest.approx(0.7)
    assert [c.text for c in positions[1]] == ["1"]


def test_an_empty_lattice_reads_nothing() -> None:
    rows = lattice({}, {})

    assert greedy(rows) == ("", ())
    assert likely_texts(rows) == (Candidate(text="", probability=1.0),)


def test_candidates_carry_the_probability_of_all_their_paths() -> None:
    rows = lattice({"A": 0.6, "4": 0.3}, {"A": 0.5, "B": 0.2}, {"B": 0.9})

    found = {c.text: c.probability for c in likely_texts(rows)}

    expected = every_path(rows)
    best = sorted(expected, key=lambda text: -expected[text])[:4]
    for text in best:
        assert found[text] == pytest.approx(expected[text], abs=1e-6)


@settings(max_examples=examples(60))
@given(st.lists(st.dictionaries(st.sampled_from("AB8"), st.floats(0.05, 0.3), max_size=3), min_size=1, max_size=6))
def test_the_best_text_is_the_best_of_all_paths(steps: list[dict[str, float]]) -> None:
    rows = lattice(*steps)

    found = likely_texts(rows)

    expected = every_path(rows)
    assert expected[found[0].text] == pytest.approx(max(expected.values()), abs=1e-6)
    assert sum(c.probability for c in found) <= 1 + 1e-6
    assert [c.probability for c in found] == sorted((c.probability for c in found), reverse=True)


def test_gaps_part_the_signs_into_groups() -> None:
    rows = lattice({"A": 1}, {"B": 1}, {}, {"1": 1}, {}, {"2": 1}, {}, {"C": 1})
    gap = np.array([0, 0, 0.9, 0, 0.1, 0, 0.8, 0], np.float32)

    assert groups(rows, gap) == (2, 2, 1)
    assert groups(lattice({}, {}), np.ones(2, np.float32)) == ()


def test_lines_are_joined_with_their_probabilities() -> None:
    upper = (Candidate(text="ZA", probability=0.8), Candidate(text="2A", probability=0.2))
    lower = (Candidate(text="151YM", probability=0.9), Candidate(text="15IYM", probability=0.1))

    whole = joined([upper, lower])

    assert [c.text for c in whole] == ["ZA151YM", "2A151YM", "ZA15IYM", "2A15IYM"]
    assert whole[0].probability == pytest.approx(0.72)
    assert len(joined([upper, lower], keep=2)) == 2
