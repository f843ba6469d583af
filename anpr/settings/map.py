# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of the console's maps: what lies behind the gates."""

from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from anpr.settings.address import check_address
from anpr.settings.base import Section

_PLACES = ("{z}", "{x}", "{y}")
"""What a tile's address must say: zoom, column, row."""


class MapSettings(Section):
    """The background of maps. Without any of these it is an outline of Italy with its towns, which comes with the
    program."""

    pmtiles: Annotated[str, Field(min_length=1)] | None = None
    """File with the streets of the town (PMTiles version 3, vector tiles in the form of the Protomaps basemap). The
    console serves it, in parts and to whoever is logged in; no browser asks anybody else."""
    tiles_url: str | None = None
    """Address of an own tile server with images: https://HOST/…/{z}/{x}/{y}.png. Browsers ask it directly, so it learns
    which area is looked at; pages allow images of exactly this host. HTTPS only, on a private network too."""
    attribution: Annotated[str, Field(max_length=200)] = "© OpenStreetMap"
    """Whom the licence of that background wants named, as plain text; shown on the map."""
    way_hours: Annotated[float, Field(gt=0, le=24)] = 3.0
    """Hours before an alarm in which earlier transits of the same plate are shown as its way."""

    @field_validator("tiles_url")
    @classmethod
    def _is_encrypted_and_one_host(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = check_address(value, ("https",))
        if parts.username or parts.password:
            raise ValueError("no user and no password: every browser would be told them")
        if "{" in parts.netloc or "," in parts.netloc:
            raise ValueError("exactly one host, without {s}: pages allow images of no other")
        missing = [place for place in _PLACES if place not in parts.path + parts.query]
        if missing:
            raise ValueError(f"{missing[0]} is missing; expected https://HOST/…/{{z}}/{{x}}/{{y}}.png")
        return value

    @model_validator(mode="after")
    def _one_background(self) -> "MapSettings":
        if self.pmtiles and self.tiles_url:
            raise ValueError("pmtiles and tiles_url are two backgrounds; set one of them")
        return self

    @property
    def kind(self) -> Literal["outline", "pmtiles", "tiles"]:
        """Which background it is."""
        return "pmtiles" if self.pmtiles else "tiles" if self.tiles_url else "outline"

    @property
    def tiles_origin(self) -> str | None:
        """Scheme, host and port of the tile server, as a source of a Content-Security-Policy; None without one."""
        if self.tiles_url is None:
            return None
        parts = check_address(self.tiles_url, ("https",))
        return f"https://{parts.netloc}"
