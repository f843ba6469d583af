# SPDX-License-Identifier: AGPL-3.0-or-later
"""How alike two plate texts are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.domain.similarity import edit_distance, is_part, similarity

PLATES = st.text(alphabet="AB80O1ICG5", max_size=9)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("AB123CD", "AB123CD", 0),
        ("AB123CD", "AB124CD", 1),
        ("AB123CD", "AB13CD", 1),
        ("AB123CD", "A8123CD", 0.3),
        ("AB123CD", "", 7),
        ("", "", 0),
    ],
)
def test_edit_distance(a: str, b: str, expected: float) -> None:
    assert edit_distance(a, b) == pytest.approx(expected)


@given(PLATES, PLATES, PLATES)
def test_it_is_a_distance(a: str, b: str, c: str) -> None:
    assert edit_distance(a, b) == pytest.approx(edit_distance(b, a))
    assert (edit_distance(a, b) == 0) == (a == b)
    assert edit_distance(a, c) <= edit_distance(a, b) + edit_distance(b, c) + 1e-9
    assert 0 <= similarity(a, b) <= 1


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("B123C", "AB123CD", True),
        ("AB123CD", "8123", True),
        ("AB", "AB123CD", False),
        ("AB123CD", "AB123CD", False),
        ("AB129", "AB123CD", False),
    ],
)
def test_is_part(a: str, b: str, expected: bool) -> None:
    assert is_part(a, b, 3) is expected
