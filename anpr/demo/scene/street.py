# SPDX-License-Identifier: AGPL-3.0-or-later
"""Backdrop: a street without vehicles (road, footpaths, houses), by day."""

from dataclasses import dataclass

import cv2
import numpy as np

from anpr.demo.scene.face import Face, Image, Texture, lay
from anpr.demo.scene.paint import Colour, Point, blank, box, disc, gradient, grain, mixed, shaded
from anpr.demo.scene.view import View

END_M = 64.0
"""Where the street ends, metres from the camera."""
_START_M = 3.0
_PX_PER_M = 40
_WALLS: tuple[Colour, ...] = ((150, 196, 226), (140, 170, 214), (176, 200, 212), (120, 160, 206), (186, 206, 222))
"""Plaster in ochre, rose and sand."""
_SHUTTERS: tuple[Colour, ...] = ((70, 96, 58), (60, 72, 96), (92, 100, 104))


@dataclass(frozen=True, kw_only=True)
class Street:
    """Metres from the middle of the lane: the kerbs and the walls, left negative."""

    left_wall: float = -5.4
    left_kerb: float = -2.6
    right_kerb: float = 2.1
    right_wall: float = 4.2
    seed: int = 1


def draw_street(street: Street, view: View) -> Image:
    """The empty street at noon; the same street and view give the same pixels."""
    rng = np.random.default_rng(street.seed)
    frame = gradient(blank(view.width, view.height, (236, 214, 190)), 1.0, 1.05)
    lay(frame, _end_of_street(street, rng), view)
    for face in _walls(street, rng):
        lay(frame, face, view)
    for face in _ground(street, rng):
        lay(frame, face, view)
    soft = cv2.GaussianBlur(frame, (0, 0), 0.8)
    return grain(np.asarray(soft, np.uint8), rng, 2.0)


def _flat(x1: float, x2: float, image: Image, y: float = 0.0) -> Face:
    corners = [(x1, y, END_M), (x2, y, END_M), (x2, y, _START_M), (x1, y, _START_M)]
    return Face(np.array(corners, float), Texture.of(image), two_sided=True)


def _ground(street: Street, rng: np.random.Generator) -> list[Face]:
    paving = _paving(street.right_wall - street.right_kerb, rng)
    left = _paving(street.left_kerb - street.left_wall, rng)
    return [
        _flat(street.left_kerb, street.right_kerb, _asphalt(street.right_kerb - street.left_kerb, rng)),
        _flat(street.right_kerb, street.right_wall, paving, 0.12),
        _flat(street.left_wall, street.left_kerb, left, 0.12),
        *(_kerb(x, rng) for x in (street.left_kerb, street.right_kerb)),
    ]


def _kerb(x: float, rng: np.random.Generator) -> Face:
    """The upright side of the kerbstones."""
    corners = [(x, 0.12, END_M), (x, 0.12, _START_M), (x, 0.0, _START_M), (x, 0.0, END_M)]
    stone = grain(blank(round((END_M - _START_M) * _PX_PER_M), 8, (120, 124, 128)), rng, 8)
    return Face(np.array(corners), Texture.of(stone), two_sided=True)


def _asphalt(width_m: float, rng: np.random.Generator) -> Image:
    width, length = round(width_m * _PX_PER_M), round((END_M - _START_M) * _PX_PER_M)
    road = grain(grain(blank(width, length, (104, 104, 106)), rng, 7, 24), rng, 9)
    for _ in range(14):  # patches of road works
        x, y = rng.uniform(0, width), rng.uniform(0, length)
        size = (rng.uniform(20, 60), rng.uniform(40, 160))
        box(road, (x, y), size, shaded((104, 104, 106), float(rng.uniform(0.9, 1.08))))
    for x in (0.32 * _PX_PER_M, width - 0.40 * _PX_PER_M):
        box(road, (x, 0), (0.12 * _PX_PER_M, length), (206, 208, 208))
    tracks = road.astype(np.float32)
    for share in (0.38, 0.72):  # tyres polish the road
        x = round(width * share)
        tracks[:, x - 12 : x + 12] *= 0.94
    return grain(tracks.astype(np.uint8), rng, 5)


def _paving(width_m: float, rng: np.random.Generator) -> Image:
    width, length = round(width_m * _PX_PER_M), round((END_M - _START_M) * _PX_PER_M)
    stone = grain(blank(width, length, (150, 156, 160)), rng, 6, 12)
    for y in range(0, length, 20):
        cv2.line(stone, (0, y), (width, y), (126, 130, 134), 1)
    for x in range(0, width, 20):
        cv2.line(stone, (x, 0), (x, length), (126, 130, 134), 1)
    for x in (0, width - 6):  # kerbstones
        box(stone, (x, 0), (6, length), (176, 180, 182))
    return grain(stone, rng, 6)


def _walls(street: Street, rng: np.random.Generator) -> list[Face]:
    faces = []
    for x, outward in ((street.left_wall, 1), (street.right_wall, -1)):
        image, z, pieces = None, END_M, []
        while z > _START_M:
            length = min(float(rng.uniform(8, 14)), z - _START_M)
            image = _house(length, 9.0, rng)
            near, far = z - length, z
            ends = (near, far) if outward > 0 else (far, near)
            corners = [(x, 9.0, ends[0]), (x, 9.0, ends[1]), (x, 0.0, ends[1]), (x, 0.0, ends[0])]
            pieces.append(Face(np.array(corners), Texture.of(image), two_sided=True))
            z -= length
        faces += pieces
    return faces


def _house(length_m: float, height_m: float, rng: np.random.Generator) -> Image:
    width, height = max(24, round(length_m * _PX_PER_M)), round(height_m * _PX_PER_M)
    plaster = _WALLS[int(rng.integers(len(_WALLS)))]
    wall = grain(grain(blank(width, height, plaster), rng, 5, 40), rng, 4, 3)
    box(wall, (0, height - 30), (width, 30), shaded(plaster, 0.72))
    shutter = _SHUTTERS[int(rng.integers(len(_SHUTTERS)))]
    columns = max(1, int(length_m // 2.6))
    for column in range(columns):
        x = (column + 0.5) * width / columns
        _door(wall, (x, height), rng) if rng.random() < 0.4 else _window(wall, (x, height - 76), shutter)
        for floor in (1, 2):
            _window(wall, (x, height - 76 - floor * 124), shutter)
    return gradient(wall, 1.06, 0.9)


def _window(wall: Image, at: Point, shutter: Colour) -> None:
    x, y = at
    box(wall, (x - 20, y - 34), (40, 62), (196, 206, 210))
    box(wall, (x - 16, y - 30), (32, 54), (62, 54, 48))
    box(wall, (x - 16, y - 30), (32, 18), (128, 116, 100))
    for side in (-34, 18):
        box(wall, (x + side, y - 32), (16, 58), shutter)
        for slat in range(0, 56, 6):
            box(wall, (x + side + 2, y - 30 + slat), (12, 1.6), shaded(shutter, 0.7))


def _door(wall: Image, at: Point, rng: np.random.Generator) -> None:
    x, y = at
    wood = mixed((52, 70, 100), (60, 88, 70), float(rng.random()))
    box(wall, (x - 26, y - 100), (52, 100), (186, 196, 202))
    box(wall, (x - 21, y - 94), (42, 94), wood)
    disc(wall, (x - 12, y - 46), (2, 2), (120, 180, 200))
    box(wall, (x - 1, y - 94), (2, 94), shaded(wood, 0.6))


def _end_of_street(street: Street, rng: np.random.Generator) -> Face:
    width, height = 900, 420
    image = grain(blank(width, height, (150, 186, 206)), rng, 5, 30)
    for x in range(60, width, 120):
        for y in (90, 210, 330):
            _window(image, (x, y), _SHUTTERS[0])
    left, right = street.left_wall - 6, street.right_wall + 6
    corners = [(left, 10.0, END_M), (right, 10.0, END_M), (right, 0.0, END_M), (left, 0.0, END_M)]
    return Face(np.array(corners), Texture.of(gradient(image, 1.1, 1.0)), two_sided=True)
