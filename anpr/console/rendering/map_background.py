# SPDX-License-Identifier: AGPL-3.0-or-later
"""What lies behind the gates on a map: the shipped outline, the site's archive of streets, or its tile server."""

from dataclasses import dataclass
from pathlib import Path

from anpr.domain.errors import SettingsError
from anpr.settings.map import MapSettings

ARCHIVE_ADDRESS = "/map/town.pmtiles"
_HEADER_BYTES = 127
_MAGIC = b"PMTiles\x03"
_KIND_AT, _MAX_ZOOM_AT = 99, 101
"""Places in the header of PMTiles version 3."""
_VECTOR = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Background:
    """What the script of a map is told, and whom the licence wants named (None: the sources of the outline)."""

    script: dict[str, object]
    attribution: str | None = None


OUTLINE = Background(script={"kind": "outline"})
"""Italy with its towns, which comes with the program."""


def background_of(settings: MapSettings) -> Background:
    """The background that these settings name. Raises SettingsError for an archive that is none."""
    if settings.pmtiles is not None:
        most = max_zoom(Path(settings.pmtiles))
        script: dict[str, object] = {"kind": "pmtiles", "url": ARCHIVE_ADDRESS, "maxZoom": most}
        return Background(script=script, attribution=settings.attribution)
    if settings.tiles_url is not None:
        return Background(script={"kind": "tiles", "url": settings.tiles_url}, attribution=settings.attribution)
    return OUTLINE


def max_zoom(archive: Path) -> int:
    """The closest zoom for which the archive has tiles. Raises SettingsError when it is no archive of vector tiles."""
    try:
        with archive.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except OSError as exc:
        raise SettingsError(f"console.map.pmtiles: {archive}: {exc.strerror or exc}") from exc
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        raise SettingsError(f"console.map.pmtiles: {archive}: no PMTiles archive of version 3")
    if header[_KIND_AT] != _VECTOR:
        raise SettingsError(f"console.map.pmtiles: {archive}: its tiles are images; vector tiles are needed")
    return header[_MAX_ZOOM_AT]
