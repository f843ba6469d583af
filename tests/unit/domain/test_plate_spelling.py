# SPDX-License-Identifier: AGPL-3.0-or-later
"""Plates that people paste with letters of other alphabets."""

import pytest

from anpr.domain.plate import PlateError, PlateFault
from anpr.domain.plate_spelling import respell


@pytest.mark.parametrize(
    ("text", "plate", "is_respelled"),
    [
        ("ab 123-cd", "AB123CD", False),
        ("АВ123СD", "AB123CD", True),
        ("ав123сd", "AB123CD", True),
        ("ΑΒ123CD", "AB123CD", True),
        ("ＡＢ１２３ＣＤ", "AB123CD", True),
        ("MÜ AB 12", "MÜAB12", False),
    ],
)
def test_letters_that_look_like_ours_become_ours(text: str, plate: str, is_respelled: bool) -> None:
    assert respell(text) == (plate, is_respelled)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Ж123", PlateFault.FOREIGN_CHARACTER),
        ("AB*", PlateFault.FOREIGN_CHARACTER),
        (" - ", PlateFault.EMPTY),
        ("A" * 17, PlateFault.TOO_LONG),
    ],
)
def test_what_has_no_likeness_is_no_plate(text: str, fault: PlateFault) -> None:
    with pytest.raises(PlateError) as raised:
        respell(text)
    assert raised.value.fault is fault
