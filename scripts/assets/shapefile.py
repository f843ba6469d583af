# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reader of the geometries in an ESRI shapefile (.shp): lines and polygons, without their attributes."""

import struct
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from shapely import LineString, Polygon, make_valid
from shapely.geometry.base import BaseGeometry

from scripts.command import CannotRunError

_MAGIC, _HEADER_BYTES = 9994, 100
_POLYLINE, _POLYGON = 3, 5

Part = list[tuple[float, float]]


def read_shapes(path: Path) -> Iterator[BaseGeometry]:
    """Each part of each shape, as a line or as a polygon; holes come out of the polygon before them.

    Coordinates are degrees of longitude and latitude. Raises CannotRunError when the file is no such shapefile.
    """
    data = path.read_bytes()
    if len(data) < _HEADER_BYTES or struct.unpack_from(">i", data)[0] != _MAGIC:
        raise CannotRunError(f"{path}: no shapefile")
    kind = struct.unpack_from("<i", data, 32)[0]
    if kind not in (_POLYLINE, _POLYGON):
        raise CannotRunError(f"{path}: shapes of kind {kind}; lines (3) or polygons (5) are needed")
    at = _HEADER_BYTES
    while at < len(data):
        words = struct.unpack_from(">ii", data, at)[1]
        parts = _parts(data, at + 8)
        if kind == _POLYLINE:
            yield from (LineString(part) for part in parts)
        else:
            yield from _polygons(parts)
        at += 8 + words * 2


def _parts(data: bytes, at: int) -> list[Part]:
    """The rings or lines of the record that begins at `at`; of an empty one none."""
    if struct.unpack_from("<i", data, at)[0] == 0:
        return []
    count, points = struct.unpack_from("<ii", data, at + 36)
    starts = [*struct.unpack_from(f"<{count}i", data, at + 44), points]
    flat = struct.unpack_from(f"<{2 * points}d", data, at + 44 + 4 * count)
    places = list(zip(flat[::2], flat[1::2], strict=True))
    return [places[begin:end] for begin, end in pairwise(starts)]


def _polygons(parts: list[Part]) -> Iterator[BaseGeometry]:
    """Outer rings run clockwise, holes the other way round."""
    outer: Part | None = None
    holes: list[Part] = []
    for part in parts:
        if _area(part) > 0 and outer is not None:
            holes.append(part)
            continue
        if outer is not None:
            yield make_valid(Polygon(outer, holes))
        outer, holes = part, []
    if outer is not None:
        yield make_valid(Polygon(outer, holes))


def _area(ring: Part) -> float:
    """Twice the signed area: positive when the ring runs counter-clockwise."""
    pairs = pairwise(ring)
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)
