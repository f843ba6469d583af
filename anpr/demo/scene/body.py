# SPDX-License-Identifier: AGPL-3.0-or-later
"""Vehicle models: a few flat faces with drawn textures. Origin: on the road, in the middle of the side that shows the
plate; that side looks towards the camera (-z), the rest of the vehicle lies behind it (+z). Metres.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from anpr.demo.scene.face import Cover, Face, Image, Texture
from anpr.demo.scene.paint import Colour, blank, box, disc, gradient, grain, polygon, rounded, shaded

_PX_PER_M = 400
_RUBBER: Colour = (34, 33, 33)
_GLASS: Colour = (74, 64, 56)


class Shape(StrEnum):
    """What kind of vehicle is drawn."""

    HATCHBACK = "hatchback"
    VAN = "van"
    MOTORCYCLE = "motorcycle"


@dataclass(frozen=True, kw_only=True)
class Body:
    """Appearance of a vehicle; sizes in m."""

    shape: Shape
    colour: Colour
    rear: bool
    """Whether it shows its rear to the camera."""
    width: float = 1.76
    length: float = 4.1


@dataclass(frozen=True, kw_only=True)
class Lamp:
    """A light on the vehicle; position and radius in m from its origin."""

    x: float
    y: float
    colour: Colour
    radius: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Model:
    """A vehicle ready to be laid into a frame."""

    faces: tuple[Face, ...]
    """From the farthest to the nearest."""
    plate_at: tuple[float, float, float]
    """Middle of the plate, m from the origin."""
    lamps: tuple[Lamp, ...]
    shadow: Face


def build(body: Body, rng: np.random.Generator) -> Model:
    """The model of `body`; the same body and state of `rng` give the same one."""
    if body.shape is Shape.MOTORCYCLE:
        return _motorcycle(body, rng)
    return _car(body, _VAN if body.shape is Shape.VAN else _HATCHBACK, rng)


@dataclass(frozen=True, kw_only=True)
class _Profile:
    """Heights and depths of the plate's side, m."""

    waist: float
    """Height of the fascia's upper edge at the front."""
    rear_waist: float
    roof: float
    bonnet: float
    """Depth of the bonnet."""
    slope: float
    """Depth of the windscreen."""
    rear_slope: float
    inset: float
    """How much narrower the roof is at each side."""


_HATCHBACK = _Profile(waist=0.86, rear_waist=0.98, roof=1.46, bonnet=0.95, slope=0.75, rear_slope=0.5, inset=0.17)
_VAN = _Profile(waist=1.02, rear_waist=1.1, roof=1.98, bonnet=0.55, slope=0.75, rear_slope=0.12, inset=0.08)
_SILL = 0.24


def _car(body: Body, profile: _Profile, rng: np.random.Generator) -> Model:
    half = body.width / 2
    waist = profile.rear_waist if body.rear else profile.waist
    bonnet = 0.06 if body.rear else profile.bonnet
    slope = profile.rear_slope if body.rear else profile.slope
    top = half - profile.inset
    glass_foot = waist + (0.02 if body.rear else 0.12)
    roof_start = bonnet + slope
    roof_end = max(roof_start + 0.5, body.length - (profile.bonnet + profile.slope if body.rear else 0.5))
    paint = _panel(body.colour, rng)
    faces = [
        *_wheels(half, body.length),
        *_sides(body, profile, (waist, glass_foot, bonnet, roof_start, roof_end), rng),
        _quad([(-top, profile.roof, roof_end), (top, profile.roof, roof_end),
               (top, profile.roof, roof_start), (-top, profile.roof, roof_start)], _brighter(paint, 1.1)),
        _quad([(-half, glass_foot, bonnet), (half, glass_foot, bonnet), (half, waist, 0.03), (-half, waist, 0.03)],
              _brighter(paint, 1.12)),
        _quad([(-top, profile.roof, roof_start), (top, profile.roof, roof_start),
               (half - 0.03, glass_foot, bonnet), (0.03 - half, glass_foot, bonnet)], _screen(body, rng)),
        _quad([(-half, waist, 0), (half, waist, 0), (half, _SILL, 0), (-half, _SILL, 0)], _fascia(body, waist, rng)),
    ]  # fmt: skip
    plate_y = _plate_height(body)
    return Model(
        faces=tuple(faces),
        plate_at=(0.0, plate_y, -0.02),
        lamps=_lamps(body, waist),
        shadow=_shadow(half, body.length),
    )


def _plate_height(body: Body) -> float:
    if not body.rear:
        return 0.44
    return 0.62 if body.shape is Shape.HATCHBACK else 0.5


def _quad(corners: list[tuple[float, float, float]], texture: Texture, *, two_sided: bool = False) -> Face:
    return Face(np.array(corners, float), texture, two_sided)


def _panel(colour: Colour, rng: np.random.Generator) -> Image:
    return grain(gradient(blank(128, 96, colour), 1.05, 0.92), rng, 2, 8)


def _brighter(image: Image, factor: float) -> Texture:
    return Texture.of(np.clip(image * factor, 0, 255).astype(np.uint8))


def _shadow(half: float, length: float) -> Face:
    height, width = 128, 64
    y, x = np.mgrid[0:height, 0:width]
    across = 1 - np.abs(x / (width - 1) * 2 - 1) ** 4
    along = 1 - np.abs(y / (height - 1) * 2 - 1) ** 10
    cover = (across * along * 0.68).astype(np.float32)
    side, end = half + 0.25, length + 0.3
    corners = [(-side, 0.01, end), (side, 0.01, end), (side, 0.01, -0.35), (-side, 0.01, -0.35)]
    return _quad(corners, Texture.of(blank(width, height, (22, 20, 20)), cover), two_sided=True)


def _wheels(half: float, length: float) -> list[Face]:
    tread = gradient(blank(48, 128, _RUBBER), 1.2, 0.6)
    return [
        _quad([(x, 0.62, z), (x + 0.2, 0.62, z), (x + 0.2, 0.0, z), (x, 0.0, z)], Texture.of(tread))
        for z in (length - 0.9, 0.35)
        for x in (-half + 0.02, half - 0.22)
    ]


def _sides(
    body: Body, profile: _Profile, marks: tuple[float, float, float, float, float], rng: np.random.Generator
) -> list[Face]:
    """The two long sides: doors and wheels below, windows leaning inwards above."""
    waist, glass_foot, bonnet, roof_start, roof_end = marks
    half, top, end = body.width / 2, body.width / 2 - profile.inset, body.length
    far_waist = profile.waist if body.rear else profile.rear_waist
    door, windows = _door_side(body, rng), _window_side(body, rng)
    faces = []
    for side in (-1, 1):
        lower = [(side * half, waist, 0), (side * half, far_waist, end), (side * half, 0, end), (side * half, 0, 0)]
        upper = [(side * top, profile.roof, roof_start), (side * top, profile.roof, roof_end),
                 (side * half, far_waist, end - 0.1), (side * half, glass_foot, bonnet)]  # fmt: skip
        if side < 0:  # seen from outside, the left side starts at its far end
            lower = [lower[1], lower[0], lower[3], lower[2]]
            upper = [upper[1], upper[0], upper[3], upper[2]]
        faces += [_quad(lower, door[side]), _quad(upper, windows[side])]
    return faces


def _door_side(body: Body, rng: np.random.Generator) -> dict[int, Texture]:
    width, height = round(body.length * 160), 150
    image = grain(gradient(blank(width, height, shaded(body.colour, 0.86)), 1.08, 0.72), rng, 2, 6)
    cover = np.ones((height, width), np.float32)
    cover[height - 36 :] = 0
    for x in (0.36, 0.62):
        box(image, (width * x, 0), (2, height - 36), shaded(body.colour, 0.5))
        box(image, (width * (x + 0.02), 24), (18, 5), shaded(body.colour, 0.6))
    mask = np.zeros((height, width, 3), np.uint8)
    for x in (0.19, 0.81):
        centre = (width * x, height - 50)
        disc(image, centre, (58, 50), (24, 24, 24))
        disc(image, centre, (50, 48), _RUBBER)
        disc(image, centre, (33, 32), (150, 152, 154))
        disc(image, centre, (10, 10), (84, 84, 86))
        disc(mask, centre, (50, 49), (255, 255, 255))
    cover = np.maximum(cover, np.asarray(mask[..., 0] / 255, np.float32))
    return {1: Texture.of(image, cover), -1: Texture.of(image[:, ::-1].copy(), cover[:, ::-1].copy())}


def _window_side(body: Body, rng: np.random.Generator) -> dict[int, Texture]:
    width, height = 320, 80
    image = gradient(blank(width, height, shaded(body.colour, 0.92)), 1.1, 0.9)
    closed = body.shape is Shape.VAN
    for start, end in ((0.08, 0.34),) if closed else ((0.08, 0.45), (0.49, 0.86)):
        points = [
            (width * start, 10),
            (width * end, 10),
            (width * end, height - 8),
            (width * (start - 0.03), height - 8),
        ]
        polygon(image, points, _GLASS)
    image = grain(image, rng, 2, 4)
    return {1: Texture.of(image), -1: Texture.of(image[:, ::-1].copy())}


def _screen(body: Body, rng: np.random.Generator) -> Texture:
    """The windscreen or rear window with its frame and what it mirrors."""
    width, height = 360, 180
    image = blank(width, height, shaded(body.colour, 0.98))
    glass = [(26, 14), (width - 26, 14), (width - 14, height - 10), (14, height - 10)]
    polygon(image, glass, _GLASS)
    mirrored = image.copy()
    polygon(mirrored, [(60, 14), (190, 14), (120, height - 10), (14, height - 10)], (128, 118, 108))
    image = np.rint(image * 0.7 + mirrored * 0.3).astype(np.uint8)
    if body.rear and body.shape is Shape.VAN:
        box(image, (width / 2 - 4, 0), (8, height), shaded(body.colour, 0.7))
    elif not body.rear:
        disc(image, (width / 2, 26), (22, 8), (30, 28, 28))
        for x in (0.3, 0.7):
            disc(image, (width * x, height * 0.5), (24, 18), (54, 47, 42))
            box(image, (width * x - 38, height * 0.64), (76, height * 0.3), (54, 47, 42))
    return Texture.of(grain(image, rng, 2, 6))


def _fascia(body: Body, waist: float, rng: np.random.Generator) -> Texture:
    width, height = round(body.width * _PX_PER_M), round((waist - _SILL) * _PX_PER_M)
    image = gradient(blank(width, height, body.colour), 1.06, 0.74)
    if body.rear:
        _draw_rear(image, body)
    else:
        _draw_front(image, body)
    cover: Cover = rounded(width, height, 26)
    return Texture.of(grain(image, rng, 2, 3), cover)


def _draw_front(image: Image, body: Body) -> None:
    height, width = image.shape[:2]
    dark = (40, 38, 38)
    polygon(image, [(width * 0.27, height * 0.16), (width * 0.73, height * 0.16),
                    (width * 0.69, height * 0.42), (width * 0.31, height * 0.42)], dark)  # fmt: skip
    for step in range(5):
        box(image, (width * 0.3, height * (0.2 + step * 0.045)), (width * 0.4, height * 0.014), (120, 120, 122))
    disc(image, (width / 2, height * 0.28), (width * 0.03, width * 0.03), (176, 178, 180))
    box(image, (0, height * 0.46), (width, height * 0.02), shaded(body.colour, 0.55))
    polygon(image, [(width * 0.2, height * 0.83), (width * 0.8, height * 0.83),
                    (width * 0.74, height * 0.97), (width * 0.26, height * 0.97)], dark)  # fmt: skip
    for side in (0, 1):
        lamp = [(0.03, 0.12), (0.24, 0.2), (0.22, 0.38), (0.05, 0.34)]
        points = [((1 - x if side else x) * width, y * height) for x, y in lamp]
        polygon(image, points, (90, 88, 86))
        centre = ((0.865 if side else 0.135) * width, height * 0.26)
        disc(image, centre, (width * 0.055, height * 0.085), (226, 224, 220))
        disc(image, centre, (width * 0.026, height * 0.045), (250, 250, 248))
        disc(image, ((0.88 if side else 0.12) * width, height * 0.88), (width * 0.03, height * 0.05), (180, 180, 178))


def _draw_rear(image: Image, body: Body) -> None:
    height, width = image.shape[:2]
    box(image, (0, height * 0.66), (width, height * 0.02), shaded(body.colour, 0.5))
    box(image, (width * 0.06, height * 0.86), (width * 0.88, height * 0.1), (44, 42, 42))
    waist = _SILL + height / _PX_PER_M
    plate_row = (waist - _plate_height(body)) * _PX_PER_M
    box(image, (width * 0.31, plate_row - 44), (width * 0.38, 88), shaded(body.colour, 0.62))
    # A black frame, without which a detector does not see a far plate on a white van.
    wide, high = 0.56 * _PX_PER_M, 0.15 * _PX_PER_M
    box(image, ((width - wide) / 2, plate_row - high / 2), (wide, high), (36, 34, 34))
    disc(image, (width / 2, height * 0.14), (width * 0.025, width * 0.025), (176, 178, 180))
    tall = body.shape is Shape.VAN
    for side in (0, 1):
        x = 0.86 if side else 0.02
        top, size = (0.02, 0.6) if tall else (0.06, 0.34)
        box(image, (width * x, height * top), (width * 0.12, height * size), (34, 26, 170))
        box(
            image,
            (width * (x + 0.02), height * (top + size * 0.5)),
            (width * 0.08, height * size * 0.2),
            (60, 140, 236),
        )
        box(
            image,
            (width * (x + 0.02), height * (top + size * 0.76)),
            (width * 0.08, height * size * 0.14),
            (214, 214, 214),
        )
    if tall:
        box(image, (width * 0.495, 0), (width * 0.01, height * 0.64), shaded(body.colour, 0.5))


def _lamps(body: Body, waist: float) -> tuple[Lamp, ...]:
    if body.rear:
        y = waist - (0.25 if body.shape is Shape.VAN else 0.16)
        return tuple(Lamp(x=side * body.width * 0.42, y=y, colour=(40, 30, 235), radius=0.11) for side in (-1, 1))
    y = waist - (waist - _SILL) * 0.26
    return tuple(Lamp(x=side * body.width * 0.365, y=y, colour=(225, 240, 250), radius=0.14) for side in (-1, 1))


def _motorcycle(body: Body, rng: np.random.Generator) -> Model:
    """From behind, with its rider: flat cut-outs one before the other."""
    width, height = 400, 720  # 0.9 m × 1.62 m
    image, mask = blank(width, height, (30, 30, 32)), blank(width, height, (0, 0, 0))
    white: Colour = (255, 255, 255)
    coat = (70, 54, 44)

    def both(points: list[tuple[float, float]], colour: Colour) -> None:
        polygon(image, points, colour)
        polygon(mask, points, white)

    both([(162, 470), (238, 470), (238, 720), (162, 720)], _RUBBER)
    both([(30, 300), (370, 300), (360, 322), (40, 322)], (52, 52, 54))
    both([(110, 200), (290, 200), (310, 430), (90, 430)], coat)
    both([(96, 220), (130, 214), (80, 330), (40, 318)], coat)
    both([(304, 220), (270, 214), (320, 330), (360, 318)], coat)
    both([(104, 400), (296, 400), (278, 500), (122, 500)], body.colour)
    both([(96, 430), (140, 430), (150, 640), (108, 640)], (60, 56, 52))
    both([(304, 430), (260, 430), (250, 640), (292, 640)], (60, 56, 52))
    for target, colour in ((image, (52, 60, 190)), (mask, white)):
        disc(target, (200, 128), (64, 76), colour)
    disc(image, (186, 104), (20, 14), (128, 132, 220))
    box(image, (160, 406), (80, 26), (34, 26, 180))
    both([(140, 450), (260, 450), (254, 580), (146, 580)], (40, 40, 42))
    texture = Texture.of(grain(image, rng, 2, 3), np.asarray(mask[..., 0] / 255, np.float32))
    rider = _quad([(-0.45, 1.62, 0), (0.45, 1.62, 0), (0.45, 0, 0), (-0.45, 0, 0)], texture)
    return Model(
        faces=(rider,),
        plate_at=(0.0, 0.47, -0.03),
        lamps=(Lamp(x=0.0, y=0.68, colour=(40, 30, 235), radius=0.1),),
        shadow=_shadow(0.3, 1.9),
    )
