# SPDX-License-Identifier: AGPL-3.0-or-later
"""Drawn streets with vehicles and plates, and plates pasted on any other image."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from anpr.drawing import KINDS, Damage, degrade, draw_plate, place_on, random_style, tilted_quad
from anpr.drawing.kinds import ITALIAN, NEIGHBOURS
from scripts.training.detector.vehicles import Spot, draw_car, draw_motorcycle, paint, polygon, rectangle

Image = npt.NDArray[np.uint8]
Box = tuple[float, float, float, float]

ONE_LINE_KINDS = tuple(k.name for k in (*ITALIAN, *NEIGHBOURS) if k.row_count == 1)
TWO_LINE_KINDS = tuple(k.name for k in (*ITALIAN, *NEIGHBOURS) if k.row_count == 2)
_COMMON_ONE_LINE = ("it_car", "it_car", "it_car_front")
_COMMON_TWO_LINE = ("it_square", "it_motorcycle", "it_motorcycle", "it_moped")

DARK_SHARE = 0.15

LIGHT_DAMAGE = Damage(blur=0.4, motion=0.1, night=0.12, infrared=0.12, glare=0.06, shadow=0.2, noise=0.4, blocks=0.5)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """An image and the boxes (x1, y1, x2, y2 px) of all plates in it."""

    image: Image
    boxes: tuple[Box, ...]


def random_kind(rng: np.random.Generator, square: bool) -> str:
    """A plate kind, two times out of three an everyday Italian one."""
    common, every = (_COMMON_TWO_LINE, TWO_LINE_KINDS) if square else (_COMMON_ONE_LINE, ONE_LINE_KINDS)
    return str(rng.choice(common if rng.random() < 0.65 else every))


def perhaps_dark(plate: Image, rng: np.random.Generator) -> Image:
    """The plate, or now and then its negative without colour: bright letters on a dark ground, as many states had."""
    if rng.random() >= DARK_SHARE:
        return plate
    grey = 255 - cv2.cvtColor(plate, cv2.COLOR_BGR2GRAY)
    return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)


def put_plate(image: Image, spot: Spot, rng: np.random.Generator, light: float = 1.0) -> tuple[Image, Box]:
    """Lay a drawn plate over `spot`; `light` is the scene's brightness there, 1 for day."""
    # A car has the two-line plate of cars, never one of a motorcycle.
    kind = "it_square" if not spot.square and rng.random() < 0.08 else random_kind(rng, spot.square)
    plate = draw_plate(kind, rng=rng, style=random_style(rng))
    bright = np.clip(perhaps_dark(plate.image, rng) * light, 0, 255).astype(np.uint8)
    per_mm = spot.width / (180 if spot.square else 520)
    height, width = bright.shape[:2]
    wide = (plate.rect[2] - plate.rect[0]) / width
    w = KINDS[kind].width * per_mm / wide
    h = w * height / width
    frame = (spot.x - w / 2, spot.y - h / 2, spot.x + w / 2, spot.y + h / 2)
    return place_on(image, bright, tilted_quad(frame, rng, most=0.25), plate.rect)


def drawn_street(rng: np.random.Generator, size: tuple[int, int] = (640, 384), plated: float = 0.93) -> Scene:
    """A street of flat colours, `size` (width, height) px, with one to four vehicles, a share `plated` with plates."""
    width, height = size
    image = _street(rng, width, height)
    boxes: list[Box] = []
    for y in sorted(rng.uniform(0.5, 0.98, int(rng.integers(1, 5)))):
        depth = float((y - 0.4) / 0.6)
        reach = width * depth * float(rng.uniform(0.25, 0.5)) + 40
        x = float(rng.uniform(0.12, 0.88)) * width
        if any(_covered(box, (x, y * height), reach) for box in boxes):
            continue  # a plate half hidden would be neither a plate nor none
        if rng.random() < 0.75:
            spot = draw_car(image, x, y * height, reach, rng)
        else:
            spot = draw_motorcycle(image, x, y * height, reach * 0.38, rng)
        if _inside(spot, width, height) and rng.random() < plated:
            image, box = put_plate(image, spot, rng)
            boxes.append(box)
    return Scene(image=degrade(image, rng, LIGHT_DAMAGE), boxes=tuple(boxes))


def _street(rng: np.random.Generator, width: int, height: int) -> Image:
    horizon = height * float(rng.uniform(0.2, 0.45))
    image = np.full((height, width, 3), paint(rng, (215, 190, 165)), np.uint8)
    for x in np.arange(0, width, width / 7):
        rise = float(rng.uniform(0.3, 1.0)) * horizon
        rectangle(image, float(x), horizon - rise, (width / 7, rise), paint(rng, (120, 150, 170)))
    rectangle(image, 0, horizon, (width, height - horizon), paint(rng, (90, 120, 100)))
    middle = width * float(rng.uniform(0.35, 0.65))
    edges = [(middle - 40, horizon), (middle + 40, horizon), (width * 1.3, height), (-width * 0.3, height)]
    polygon(image, edges, paint(rng, (95, 95, 95)))
    for t in np.linspace(0.05, 0.9, 5):
        y = horizon + (height - horizon) * t
        w = 2 + 10 * t
        polygon(image, [(middle - w, y), (middle + w, y), (middle + w * 1.3, y + 18 * t + 3),
                        (middle - w * 1.3, y + 18 * t + 3)], (215, 215, 215))  # fmt: skip
    if rng.random() < 0.7:
        grain = rng.normal(0, 6, image.shape)
        image = np.clip(cv2.GaussianBlur(image.astype(np.float32) + grain, (0, 0), 0.6), 0, 255).astype(np.uint8)
    return image


def _inside(spot: Spot, width: int, height: int) -> bool:
    reach = spot.width
    return reach < spot.x < width - reach and reach / 3 < spot.y < height - reach / 3


def _covered(box: Box, foot: tuple[float, float], width: float) -> bool:
    """Whether a vehicle standing at `foot` may hide any of `box`."""
    x, y = foot
    apart = box[2] < x - width / 2 or box[0] > x + width / 2 or box[1] > y or box[3] < y - width * 1.2
    return not apart


def pasted(background: Image, rng: np.random.Generator) -> Scene:
    """One to three plates laid anywhere on an image that has none: on walls, bonnets, grass."""
    image = background
    boxes: list[Box] = []
    height, width = image.shape[:2]
    for _ in range(int(rng.integers(1, 4))):
        # Up to nearly the whole image: a plate close up is one too.
        wide = float(np.exp(rng.uniform(np.log(30), np.log(width * 0.85))))
        beside, above = min(0.5, wide * 0.56 / width), min(0.5, wide * 0.25 / height)
        spot = Spot(
            x=float(rng.uniform(beside, 1 - beside)) * width,
            y=float(rng.uniform(above, 1 - above)) * height,
            width=wide if rng.random() < 0.75 else wide * 0.55,
            square=bool(rng.random() < 0.25),
        )
        around = (spot.x - wide * 0.7, spot.y - wide * 0.7, spot.x + wide * 0.7, spot.y + wide * 0.7)
        if any(_meet(around, box) for box in boxes):
            continue
        image, box = put_plate(image, spot, rng, light=_light_at(background, spot))
        boxes.append(box)
    return Scene(image=degrade(image, rng, LIGHT_DAMAGE), boxes=tuple(boxes))


def _light_at(image: Image, spot: Spot) -> float:
    """How bright a white plate would be there, from the brighter parts of the surroundings."""
    reach = int(spot.width)
    part = image[max(0, int(spot.y) - reach) : int(spot.y) + reach, max(0, int(spot.x) - reach) : int(spot.x) + reach]
    return float(np.clip(np.percentile(part, 85) / 200, 0.35, 1.0))


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
