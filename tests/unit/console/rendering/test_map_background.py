# SPDX-License-Identifier: AGPL-3.0-or-later
"""Backgrounds of maps: what the script is told, and archives that are none."""

from pathlib import Path

import pytest

from anpr.console.rendering.map_background import OUTLINE, background_of
from anpr.domain.errors import SettingsError
from anpr.settings.map import MapSettings
from tests.support.pmtiles import write_archive


def test_without_settings_it_is_the_outline() -> None:
    assert background_of(MapSettings()) == OUTLINE


def test_an_archive_is_served_by_the_console_itself(tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "prato.pmtiles")
    background = background_of(MapSettings(pmtiles=str(archive), attribution="© qualcuno"))
    assert background.script == {"kind": "pmtiles", "url": "/map/town.pmtiles", "maxZoom": 0}
    assert background.attribution == "© qualcuno"


def test_a_tile_server_is_asked_by_the_browser() -> None:
    url = "https://tiles.example/{z}/{x}/{y}.png"
    assert background_of(MapSettings(tiles_url=url)).script == {"kind": "tiles", "url": url}


def test_an_archive_that_is_none_is_named_with_its_key(tmp_path: Path) -> None:
    other = tmp_path / "prato.mbtiles"
    other.write_bytes(b"SQLite format 3\0" * 20)
    images = write_archive(tmp_path / "images.pmtiles", kind=2)
    for path, why in ((tmp_path / "gone", "No such file"), (other, "no PMTiles"), (images, "vector tiles are needed")):
        with pytest.raises(SettingsError, match=f"console.map.pmtiles: .*{why}"):
            background_of(MapSettings(pmtiles=str(path)))
