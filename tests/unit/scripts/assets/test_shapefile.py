# SPDX-License-Identifier: AGPL-3.0-or-later
"""Shapefiles: lines, polygons with holes, empty records, and files that are none."""

import struct
from pathlib import Path

import pytest

from scripts.assets.shapefile import read_shapes
from scripts.command import CannotRunError

SQUARE = [(0.0, 0.0), (0.0, 4.0), (4.0, 4.0), (4.0, 0.0), (0.0, 0.0)]
HOLE = [(1.0, 1.0), (2.0, 1.0), (2.0, 2.0), (1.0, 2.0), (1.0, 1.0)]
FAR = [(9.0, 0.0), (9.0, 1.0), (10.0, 1.0), (9.0, 0.0)]


def shapefile(path: Path, kind: int, *records: list[list[tuple[float, float]]]) -> Path:
    body = b""
    for number, parts in enumerate(records, start=1):
        points = [point for part in parts for point in part]
        starts = [sum(len(part) for part in parts[:at]) for at in range(len(parts))]
        content = struct.pack("<i", kind if parts else 0)
        if parts:
            content += struct.pack(f"<4d2i{len(parts)}i", 0, 0, 0, 0, len(parts), len(points), *starts)
            content += struct.pack(f"<{2 * len(points)}d", *(number for point in points for number in point))
        body += struct.pack(">ii", number, len(content) // 2) + content
    header = struct.pack(">i20xi", 9994, (100 + len(body)) // 2) + struct.pack("<ii", 1000, kind)
    path.write_bytes(header.ljust(100, b"\0") + body)
    return path


def test_each_line_is_one(tmp_path: Path) -> None:
    path = shapefile(
        tmp_path / "a.shp", 3, [[(0.0, 0.0), (1.0, 1.0)], [(2.0, 2.0), (3.0, 3.0)]], [], [[(5.0, 5.0), (6.0, 5.0)]]
    )
    assert [next(iter(line.coords)) for line in read_shapes(path)] == [(0.0, 0.0), (2.0, 2.0), (5.0, 5.0)]


def test_a_hole_comes_out_of_the_polygon_before_it(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "a.shp", 5, [SQUARE, HOLE, FAR])
    assert [shape.area for shape in read_shapes(path)] == [15.0, 0.5]


def test_other_files_are_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.shp"
    other.write_bytes(b"no shapes" * 20)
    for path in (other, shapefile(tmp_path / "points.shp", 1)):
        with pytest.raises(CannotRunError, match=path.name):
            list(read_shapes(path))
