# SPDX-License-Identifier: AGPL-3.0-or-later
"""Definitions of gates as they travel: no login in any form, and errors that name gate, camera and key."""

from typing import Any

import pytest

from anpr.domain.errors import InputError
from anpr.settings.planned import as_json, read_definition

GATE = {"id": "tosco", "name": "Via Tosco", "purpose": "p", "legal_basis": "l", "reader": "r1"}


def definition(**camera: Any) -> dict[str, Any]:
    return {**GATE, "cameras": [{"id": "cam-1", "url": "rtsp://10.0.0.5/live", **camera}]}


def test_a_definition_comes_back_as_it_was() -> None:
    tree = definition(secret="login", regions=[[[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]]], bearing_deg=270)
    assert as_json(read_definition(tree)) == tree


@pytest.mark.parametrize(
    "url",
    [
        "rtsp://anna:segreto@10.0.0.5/live",
        "rtsp://anna@10.0.0.5/live",
        "rtsp://10.0.0.5/live?user=anna&password=segreto",
        "rtsp://10.0.0.5/user=anna_password=segreto_channel=1",
        "http://10.0.0.5/video?channel=1&pwd=segreto",
        "http://10.0.0.5/video;token=segreto",
    ],
)
def test_an_address_with_a_login_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(InputError, match=r"^gate tosco: camera cam-1: url: a login in the ") as told:
        read_definition(definition(url=url))
    assert "segreto" not in str(told.value)
    assert "anna" not in str(told.value)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"user": "anna"}, "gate tosco: camera cam-1: user and secret_file stay at the reader"),
        ({"secret": "Con Spazi"}, "gate tosco: camera cam-1: secret: expected"),
        ({"url": "/film", "secret": "login"}, "gate tosco: camera cam-1: secret: is for cameras with an address"),
        ({"regions": [[[0, 0], [2, 0], [1, 1]]]}, "gate tosco: camera cam-1: regions: polygon 1: the corner [2, 0]"),
        ({"plate_height": 3}, "gate tosco: camera cam-1: plate_height: no such key"),
    ],
)
def test_errors_name_gate_camera_and_key(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as told:
        read_definition(definition(**changes))
    assert str(told.value).startswith(said)


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ("no object", "expected keys and values"),
        ({}, "id: is needed"),
        ({**GATE, "organisation": "empoli"}, "gate tosco: organisation: is no part"),
        ({**GATE, "latitude": 91}, "gate tosco: latitude:"),
        ({**GATE, "cameras": [{"url": "x"}]}, "gate tosco: camera 1: id: is needed"),
    ],
)
def test_what_is_no_gate_is_refused(tree: object, said: str) -> None:
    with pytest.raises(InputError) as told:
        read_definition(tree)
    assert str(told.value).startswith(said)


def test_another_gates_definition_is_not_taken() -> None:
    with pytest.raises(InputError, match="gate corso: id: 'tosco' is another gate's"):
        read_definition(GATE, "corso")
