# SPDX-License-Identifier: AGPL-3.0-or-later
"""The camera that a command line names."""

import pytest

from anpr.cli.common.cameras import find_camera
from anpr.domain.errors import InputError
from anpr.settings import Settings
from anpr.settings.edge import CameraSettings, GateSettings

SITE = Settings(
    gates=(
        GateSettings(
            id="g", name="Via Roma", purpose="p", legal_basis="l",
            cameras=(CameraSettings.model_validate({"id": "c1", "url": "a"}),),
        ),
    )
)  # fmt: skip


def test_it_comes_with_its_gate() -> None:
    gate, camera = find_camera(SITE, "c1", "--camera")

    assert (gate.name, camera.id) == ("Via Roma", "c1")


def test_another_one_is_an_error_that_lists_those_there_are() -> None:
    with pytest.raises(InputError, match="--camera c2: no such camera in the settings; there are: c1"):
        find_camera(SITE, "c2", "--camera")
