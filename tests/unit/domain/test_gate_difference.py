# SPDX-License-Identifier: AGPL-3.0-or-later
"""What differs between two definitions of a gate."""

from typing import Any

from anpr.domain.gate_difference import Difference, differences


def gate(*cameras: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"id": "g", "name": "x", **fields, "cameras": list(cameras)}


def told(before: dict[str, Any], after: dict[str, Any]) -> list[tuple[str | None, str, Any, Any]]:
    return [(each.camera, each.key, each.before, each.after) for each in differences(before, after)]


def test_the_same_differs_in_nothing() -> None:
    assert differences(gate({"id": "a"}), gate({"id": "a"})) == ()


def test_keys_that_came_changed_and_went() -> None:
    before, after = gate(latitude=1.0), gate(name="y", longitude=2.0)
    assert told(before, after) == [
        (None, "name", "x", "y"),
        (None, "longitude", None, 2.0),
        (None, "latitude", 1.0, None),
    ]


def test_cameras_are_told_by_their_id_wherever_they_stand() -> None:
    one, two, other = {"id": "a", "url": "x"}, {"id": "b", "url": "y"}, {"id": "b", "url": "z"}
    assert told(gate(one, two), gate(other)) == [("b", "url", "y", "z"), ("a", "camera", one, None)]
    assert told(gate(one), gate(one, two)) == [("b", "camera", None, two)]


def test_another_order_is_a_difference() -> None:
    one, two = {"id": "a"}, {"id": "b"}
    assert differences(gate(one, two), gate(two, one)) == (
        Difference(camera=None, key="cameras", before=["a", "b"], after=["b", "a"]),
    )
