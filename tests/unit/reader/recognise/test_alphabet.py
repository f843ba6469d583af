# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which characters count as which plate character."""

import numpy as np
import pytest

from anpr.reader.recognise.alphabet import PLATE_CHARACTERS, folding, plate_character
from anpr.reader.recognise.lattice import complete


@pytest.mark.parametrize(
    ("character", "sign"),
    [
        ("A", "A"), ("a", "A"), ("Ａ", "A"), ("Ⓜ", "M"), ("А", "A"), ("Ρ", "P"), ("7", "7"), ("７", "7"), ("⁷", "7"),
        ("ä", "Ä"), ("Ü", "Ü"), ("é", "E"), ("|", ""), ("口", "0"),
        ("-", ""), ("·", ""), (" ", ""), ("", ""), ("　", ""),
        ("国", None), ("ß", None), ("%", None), ("☎", None),
    ],
)  # fmt: skip
def test_characters(character: str, sign: str | None) -> None:
    assert plate_character(character) == sign


def test_probabilities_of_the_same_sign_add_up() -> None:
    characters = [*PLATE_CHARACTERS, "a", "А", "-", "国"]
    fold = folding(characters)
    output = np.zeros((1, len(characters) + 1), np.float32)
    output[0, characters.index("A") + 1] = 0.3
    output[0, characters.index("a") + 1] = 0.2
    output[0, characters.index("А") + 1] = 0.1
    output[0, characters.index("-") + 1] = 0.15
    output[0, 0] = 0.05
    output[0, characters.index("国") + 1] = 0.2

    folded = fold.fold(output)

    assert folded.shape == (1, len(PLATE_CHARACTERS) + 1)
    assert folded[0, PLATE_CHARACTERS.index("A") + 1] == pytest.approx(0.6)
    assert folded[0, 0] == pytest.approx(0.2)
    assert folded.sum() == pytest.approx(0.8)
    assert fold.gap(output).tolist() == pytest.approx([0.15])


def test_what_no_plate_carries_becomes_blank_and_not_a_letter() -> None:
    lattice = complete(np.array([[0.1, *([0.0] * 38), 0.3]], np.float32))

    assert lattice[0, 0] == pytest.approx(0.7)
    assert lattice.sum() == pytest.approx(1.0)


def test_a_character_set_without_a_plate_sign_is_refused() -> None:
    with pytest.raises(ValueError, match="no character for Ü"):
        folding(PLATE_CHARACTERS.replace("Ü", ""))
