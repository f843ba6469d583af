# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of maps: one background, and tiles only encrypted and from one host."""

import pytest
from pydantic import ValidationError

from anpr.settings.map import MapSettings


def test_without_settings_it_is_the_outline_that_comes_with_the_program() -> None:
    assert MapSettings().kind == "outline"
    assert MapSettings().tiles_origin is None


def test_a_tile_server_is_one_origin() -> None:
    settings = MapSettings(tiles_url="https://tiles.comune.example:8443/prato/{z}/{x}/{y}.png?key=1")
    assert settings.kind == "tiles"
    assert settings.tiles_origin == "https://tiles.comune.example:8443"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://tiles.comune.example/{z}/{x}/{y}.png", "https://"),
        ("http://10.0.0.5/{z}/{x}/{y}.png", "https://"),
        ("https://anna:geheim@tiles.example/{z}/{x}/{y}.png", "no user and no password"),
        ("https://{s}.tiles.example/{z}/{x}/{y}.png", "exactly one host|no name"),
        ("https://a.example,b.example/{z}/{x}/{y}.png", "exactly one host"),
        ("https://tiles.example/{z}/{x}.png", "{y} is missing"),
        ("tiles.example/{z}/{x}/{y}.png", "https://"),
    ],
)
def test_other_addresses_are_refused_and_the_reason_is_said(url: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why.replace("{y}", r"\{y\}")) as caught:
        MapSettings(tiles_url=url)
    assert "geheim" not in str(caught.value.errors()[0]["msg"])


def test_two_backgrounds_are_refused() -> None:
    with pytest.raises(ValidationError, match="two backgrounds"):
        MapSettings(pmtiles="town.pmtiles", tiles_url="https://tiles.example/{z}/{x}/{y}.png")
