# SPDX-License-Identifier: AGPL-3.0-or-later
"""Normal form and look-alike key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.domain.plate import MAX_LENGTH, PlateError, PlateFault, is_one_sign_away, look_alike_key, normalise

PLATES = st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÜ0123456789", min_size=1, max_size=MAX_LENGTH)


@pytest.mark.parametrize(
    ("text", "plate"),
    [("ab 123 cd", "AB123CD"), ("AB-123-CD", "AB123CD"), ("M·ÄÖ 12", "MÄÖ12"), ("polizia h1234", "POLIZIAH1234")],
)
def test_normal_form(text: str, plate: str) -> None:
    assert normalise(text) == plate


@pytest.mark.parametrize("text", ["", " - ", "A" * 17, "AB123C*", "車123"])
def test_what_is_no_plate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a plate"):
        normalise(text)


@pytest.mark.parametrize(
    "text",
    [
        "AB–123–CD",
        "AB—123—CD",
        "AB−123−CD",
        "AB\u200b12\u200d3CD",
        "\ufeffAB123CD",
        "AB\u00ad123CD",
        "\u202aAB123CD\u202c",
    ],
    ids=["en dash", "em dash", "minus", "no width", "byte order mark", "soft hyphen", "embedding"],
)
def test_dashes_and_signs_without_a_width_separate(text: str) -> None:
    assert normalise(text) == "AB123CD"


def test_a_letter_and_its_dots_apart_are_one_letter() -> None:
    assert normalise("MU\u0308AB123") == "MÜAB123"


@pytest.mark.parametrize(
    ("text", "character", "name"),
    [
        ("АВ123СД", "А", "CYRILLIC CAPITAL LETTER A, U+0410"),
        ("AB123Χ", "Χ", "GREEK CAPITAL LETTER CHI, U+03A7"),
        ("AB%", "%", "PERCENT SIGN, U+0025"),
        ("AB\x01", "\x01", "U+0001"),
        ("AB123CD\u0301\u0301 and much more", "\u0301", "COMBINING ACUTE ACCENT"),
    ],
)
def test_a_character_that_no_plate_carries_is_named(text: str, character: str, name: str) -> None:
    with pytest.raises(PlateError) as caught:
        normalise(text)
    assert (caught.value.fault, caught.value.character) == (PlateFault.FOREIGN_CHARACTER, character)
    assert name in str(caught.value)


@given(PLATES)
def test_normal_form_is_stable(plate: str) -> None:
    assert normalise(normalise(plate)) == normalise(plate)


@given(PLATES)
def test_key_is_stable_and_keeps_the_length(plate: str) -> None:
    key = look_alike_key(plate)
    assert look_alike_key(key) == key
    assert len(key) == len(plate)


@pytest.mark.parametrize(("one", "other"), [("AB123CD", "A8I23CO"), ("GD5Z0AA", "C0S2OAA"), ("ÖB1", "0BI")])
def test_look_alikes_meet(one: str, other: str) -> None:
    assert look_alike_key(one) == look_alike_key(other)


def test_others_do_not() -> None:
    assert look_alike_key("AB123CD") != look_alike_key("AB124CD")


@pytest.mark.parametrize(
    ("one", "other", "is_near"),
    [
        ("AB123CD", "AB123CO", True),  # D and O
        ("AB018CD", "ABO18CD", True),
        ("AB123CD", "AB123CD", False),  # the same
        ("AB118CD", "ABIB8CD", False),  # two signs
        ("AB123CD", "AB124CD", False),  # 3 and 4 are not confused
        ("AB123CD", "AB123C", False),
        ("AB123CD", "", False),
    ],
)
def test_one_sign_away_is_one_that_is_confused_and_no_other(one: str, other: str, is_near: bool) -> None:
    assert is_one_sign_away(one, other) is is_near
    assert is_one_sign_away(other, one) is is_near


@given(PLATES, PLATES)
def test_plates_one_sign_away_look_alike_and_differ(one: str, other: str) -> None:
    if is_one_sign_away(one, other):
        assert one != other
        assert look_alike_key(one) == look_alike_key(other)
