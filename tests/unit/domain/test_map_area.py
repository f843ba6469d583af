# SPDX-License-Identifier: AGPL-3.0-or-later
"""Areas on the map: what lies in them, what is none, and the texts that carry them."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.domain.map_area import AreaFault, AreaShape, MapArea, MapAreaError, read_area

SQUARE = "polygon 43.0,11.0 43.0,12.0 44.0,12.0 44.0,11.0"
TRIANGLE = "polygon 43.0,11.0 43.0,12.0 44.0,12.0"


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [
        (SQUARE, (43.5, 11.5), True),
        (SQUARE, (43.0, 11.0), True),
        (SQUARE, (42.9, 11.5), False),
        (TRIANGLE, (43.9, 11.1), False),
        (TRIANGLE, (43.1, 11.5), True),
        ("rectangle 44.0,12.0 43.0,11.0", (43.5, 11.5), True),
        ("rectangle 44.0,12.0 43.0,11.0", (43.5, 12.1), False),
        ("circle 43.0,11.0 1000", (43.008, 11.0), True),
        ("circle 43.0,11.0 1000", (43.010, 11.0), False),
        ("named 7", (43.0, 11.0), False),
    ],
)
def test_what_lies_in_it(text: str, place: tuple[float, float], expected: bool) -> None:
    assert read_area(text).contains(*place) is expected


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", AreaFault.UNREADABLE),
        ("star 1,1", AreaFault.UNREADABLE),
        ("polygon 43.0,11.0 43.0,12.0", AreaFault.UNREADABLE),
        ("polygon 43.0,11.0 43.0,12.0 91.0,12.0", AreaFault.UNREADABLE),
        ("polygon 43.0,11.0 43.0,12.0 nan,12.0", AreaFault.UNREADABLE),
        ("polygon " + "43.0,11.0 " * 61, AreaFault.UNREADABLE),
        ("polygon 43.0,11.0 44.0,12.0 43.0,12.0 44.0,11.0", AreaFault.CROSSES),
        ("polygon 43.0,11.0 43.5,11.5 44.0,12.0", AreaFault.SMALL),
        ("rectangle 43.0,11.0 43.0,11.0", AreaFault.SMALL),
        ("circle 43.0,11.0 0", AreaFault.SMALL),
        ("circle 43.0,11.0 500001", AreaFault.LARGE),
        ("circle 43.0,11.0", AreaFault.UNREADABLE),
        ("circle 43.0,11.0 -5", AreaFault.UNREADABLE),
        ("named", AreaFault.UNREADABLE),
        ("named 7 8", AreaFault.UNREADABLE),
        ("x" * 5000, AreaFault.UNREADABLE),
    ],
)
def test_what_is_no_area(text: str, fault: AreaFault) -> None:
    with pytest.raises(MapAreaError) as caught:
        read_area(text)
    assert caught.value.fault is fault


@pytest.mark.parametrize("text", [SQUARE, TRIANGLE, "rectangle 44.0,12.0 43.0,11.0", "circle 43.5,11.25 850"])
def test_text_and_detail_lead_back_to_it(text: str) -> None:
    area = read_area(text)
    assert read_area(area.as_text()) == area
    assert MapArea.from_detail(area.as_detail()) == area


def test_a_named_one_keeps_its_name_in_the_audit() -> None:
    area = MapArea(shape=AreaShape.NAMED, number=7, name="Centro")
    assert MapArea.from_detail(area.as_detail()) == area
    assert read_area(area.as_text()).number == 7


@given(st.text(max_size=60))
def test_any_text_is_an_area_or_a_typed_fault(text: str) -> None:
    for shape in ("", "polygon ", "circle ", "named "):
        with suppress(MapAreaError):
            area = read_area(shape + text)
            assert read_area(area.as_text()).shape is area.shape
