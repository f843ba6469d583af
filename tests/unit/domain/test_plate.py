# SPDX-License-Identifier: AGPL-3.0-or-later
"""Normal form and look-alike key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.domain.plate import MAX_LENGTH, look_alike_key, normalise

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
