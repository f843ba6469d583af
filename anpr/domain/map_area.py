# SPDX-License-Identifier: AGPL-3.0-or-later
"""Geofence: value object of an area on the map by which a search chose its gates, and the text that a form carries."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Self

from anpr.domain.area import Point, Polygon
from anpr.domain.errors import InputError
from anpr.domain.patrol import Place, distance_m

MOST_CORNERS = 60
MOST_RADIUS_M = 500_000
MOST_TEXT = 2000
"""Characters of an area's text: 60 corners need 1,400."""
_LEAST_DEGREES = 1e-5
"""About a metre: less is a slip of the hand."""
_PLACE = re.compile(r"(-?\d{1,2}(?:\.\d{1,12})?),(-?\d{1,3}(?:\.\d{1,12})?)")


class AreaShape(StrEnum):
    """What is drawn; NAMED: an area of gates that has a name and is drawn nowhere."""

    POLYGON = "polygon"
    RECTANGLE = "rectangle"
    CIRCLE = "circle"
    NAMED = "named"


class AreaFault(StrEnum):
    """Why something is no area."""

    UNREADABLE = "unreadable"
    CROSSES = "crosses"
    SMALL = "small"
    LARGE = "large"


class MapAreaError(InputError):
    """No area, or none that can be searched."""

    def __init__(self, fault: AreaFault, detail: str) -> None:
        super().__init__(f"area: {detail}")
        self.fault = fault


_CORNERS = {AreaShape.POLYGON: (3, MOST_CORNERS), AreaShape.RECTANGLE: (2, 2), AreaShape.CIRCLE: (1, 1)}


@dataclass(frozen=True, kw_only=True, slots=True)
class MapArea:
    """`corners`: (latitude, longitude) in degrees (WGS 84); of a rectangle two opposite ones, of a circle its centre.

    `radius_m`: of a circle. `number` and `name`: of an area of gates that has a name. The border belongs to it. Raises
    MapAreaError.
    """

    shape: AreaShape
    corners: tuple[Point, ...] = ()
    radius_m: float = 0.0
    number: int = 0
    name: str = ""
    _polygon: Polygon | None = field(init=False, repr=False, compare=False, default=None)
    """Of a polygon: in fractions of its own bounds. Made once, as it looks for crossing sides."""

    def __post_init__(self) -> None:
        least, most = _CORNERS.get(self.shape, (0, 0))
        if not least <= len(self.corners) <= most:
            raise MapAreaError(AreaFault.UNREADABLE, f"a {self.shape} has {least} to {most} corners")
        if any(not (-90 <= lat <= 90 and -180 <= lng <= 180) for lat, lng in self.corners):
            raise MapAreaError(AreaFault.UNREADABLE, "a corner lies nowhere on earth")
        if self.shape is AreaShape.CIRCLE and not 1 <= self.radius_m <= MOST_RADIUS_M:
            fault = AreaFault.SMALL if self.radius_m < 1 else AreaFault.LARGE
            raise MapAreaError(fault, f"a radius lies between 1 and {MOST_RADIUS_M} m")
        if self.shape is AreaShape.RECTANGLE or self.shape is AreaShape.POLYGON:
            self._refuse_flat()
        if self.shape is AreaShape.POLYGON:
            object.__setattr__(self, "_polygon", self._in_fractions())

    def contains(self, latitude: float, longitude: float) -> bool:
        """Whether the place lies in it; nothing lies in a named one, which is drawn nowhere."""
        if self.shape is AreaShape.NAMED:
            return False
        if self.shape is AreaShape.CIRCLE:
            centre = Place(latitude=self.corners[0][0], longitude=self.corners[0][1])
            return distance_m(centre, Place(latitude=latitude, longitude=longitude)) <= self.radius_m
        south, west, north, east = self._bounds()
        if not (south <= latitude <= north and west <= longitude <= east):
            return False
        return self._polygon is None or self._polygon.contains(*self._fraction((latitude, longitude)))

    def as_text(self) -> str:
        """As a form carries it: `circle 43.893500,11.099000 850`."""
        if self.shape is AreaShape.NAMED:
            return f"named {self.number}"
        places = [f"{lat:.6f},{lng:.6f}" for lat, lng in self.corners]
        radius = [f"{self.radius_m:.0f}"] if self.shape is AreaShape.CIRCLE else []
        return " ".join([self.shape, *places, *radius])

    def as_detail(self) -> dict[str, Any]:
        """As the audit tells it (JSON)."""
        if self.shape is AreaShape.NAMED:
            return {"shape": self.shape.value, "number": self.number, "name": self.name}
        corners = [f"{lat:.6f},{lng:.6f}" for lat, lng in self.corners]
        radius = {"radius_m": round(self.radius_m)} if self.shape is AreaShape.CIRCLE else {}
        return {"shape": self.shape.value, "corners": corners, **radius}

    @classmethod
    def from_detail(cls, detail: Mapping[str, Any]) -> Self:
        """The one that `as_detail` told. Raises MapAreaError, KeyError, TypeError or ValueError for others."""
        return cls(
            shape=AreaShape(detail["shape"]),
            corners=_places(detail.get("corners") or ()),
            radius_m=float(detail.get("radius_m") or 0),
            number=int(detail.get("number") or 0),
            name=str(detail.get("name") or ""),
        )

    def _bounds(self) -> tuple[float, float, float, float]:
        """South, west, north and east."""
        latitudes, longitudes = zip(*self.corners, strict=True)
        return min(latitudes), min(longitudes), max(latitudes), max(longitudes)

    def _fraction(self, place: Point) -> Point:
        south, west, north, east = self._bounds()
        return (place[1] - west) / (east - west), (place[0] - south) / (north - south)

    def _refuse_flat(self) -> None:
        south, west, north, east = self._bounds()
        if north - south < _LEAST_DEGREES or east - west < _LEAST_DEGREES:
            raise MapAreaError(AreaFault.SMALL, "it covers nothing")

    def _in_fractions(self) -> Polygon:
        """The corners as a polygon, whose rules for crossing sides hold on the map too."""
        try:
            return Polygon(tuple(self._fraction(corner) for corner in self.corners))
        except ValueError as exc:
            fault = AreaFault.CROSSES if "cross" in str(exc) else AreaFault.SMALL
            raise MapAreaError(fault, str(exc)) from exc


def read_area(text: str) -> MapArea:
    """The area that `as_text` wrote, without its name. Raises MapAreaError for any other text."""
    shape, *parts = text.split() or [""]
    if shape not in set(AreaShape) or len(text) > MOST_TEXT:
        raise MapAreaError(AreaFault.UNREADABLE, "no shape that can be drawn")
    if shape == AreaShape.NAMED:
        if len(parts) != 1 or not re.fullmatch(r"\d{1,9}", parts[0]):
            raise MapAreaError(AreaFault.UNREADABLE, "an area has a number")
        return MapArea(shape=AreaShape.NAMED, number=int(parts[0]))
    radius_m = 0.0
    if shape == AreaShape.CIRCLE:
        if not parts or not re.fullmatch(r"\d{1,8}", parts[-1]):
            raise MapAreaError(AreaFault.UNREADABLE, "a circle has a radius in metres")
        radius_m = float(parts.pop())
    return MapArea(shape=AreaShape(shape), corners=_places(parts), radius_m=radius_m)


def _places(texts: Sequence[str]) -> tuple[Point, ...]:
    found = [_PLACE.fullmatch(text) for text in texts[: MOST_CORNERS + 1]]
    places = tuple((float(each[1]), float(each[2])) for each in found if each is not None)
    if len(places) != len(found):
        raise MapAreaError(AreaFault.UNREADABLE, "a corner is no latitude and longitude")
    return places
