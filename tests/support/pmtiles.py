# SPDX-License-Identifier: AGPL-3.0-or-later
"""A PMTiles archive (version 3) of one vector tile that covers the world: all of it is land."""

import struct
from pathlib import Path

_EXTENT = 4096


def write_archive(path: Path, kind: int = 1) -> Path:
    """Write it; `kind` is that of its tiles, 1 for vector tiles."""
    tile = _tile()
    directory = _varints(1, 0, 1, len(tile), 1)  # number; id, run, length of the only tile; its place, plus one
    at = 127
    places = [
        at,
        len(directory),
        at + len(directory),
        2,
        at + len(directory) + 2,
        0,
        at + len(directory) + 2,
        len(tile),
    ]
    header = b"PMTiles\x03" + struct.pack("<8Q3Q", *places, 1, 1, 1)
    header += bytes([1, 1, 1, kind, 0, 0])  # clustered; no compression twice; kind; zooms from 0 to 0
    header += struct.pack("<4iB2i", -1_800_000_000, -850_000_000, 1_800_000_000, 850_000_000, 0, 0, 0)
    path.write_bytes(header + directory + b"{}" + tile + bytes(2000))
    return path


def _tile() -> bytes:
    """A layer `earth` with one square polygon, in the encoding of Mapbox Vector Tiles 2."""
    around = [(_EXTENT, 0), (0, _EXTENT), (-_EXTENT, 0)]
    steps = [number for move in around for number in (_zigzag(move[0]), _zigzag(move[1]))]
    geometry = _varints(9, 0, 0, 26, *steps, 15)  # move to; three lines; close
    feature = _field(3, 0, _varints(3)) + _field(4, 2, geometry)
    layer = _field(15, 0, _varints(2)) + _field(1, 2, b"earth") + _field(2, 2, feature)
    return _field(3, 2, layer + _field(5, 0, _varints(_EXTENT)))


def _field(number: int, wire: int, value: bytes) -> bytes:
    return _varints(number << 3 | wire) + (_varints(len(value)) if wire == 2 else b"") + value


def _zigzag(number: int) -> int:
    return number << 1 ^ number >> 31


def _varints(*numbers: int) -> bytes:
    out = bytearray()
    for number in numbers:
        rest = number
        while rest > 127:
            out.append(rest & 127 | 128)
            rest >>= 7
        out.append(rest)
    return bytes(out)
