# SPDX-License-Identifier: AGPL-3.0-or-later
"""Drawn films of new vehicles, filmed by an unsteady hand; repeatable by a seed."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from anpr.demo.film import FRAMES_PER_S, Film
from anpr.demo.scene.body import Shape
from anpr.demo.scene.face import Image
from anpr.demo.scene.street import Street
from anpr.demo.scene.view import View
from anpr.demo.traffic import GateScene, SceneVehicle
from anpr.domain.gate import Direction
from scripts.benchmarks.passes.scenarios import drive
from scripts.benchmarks.passes.texts import random_plate
from scripts.benchmarks.passes.vehicles import Vehicle

FOLLOW_S = 2.4
"""From one vehicle to the next."""
_KINDS = ("it_car", "it_car_front", "it_square", "it_car_1994", "it_car", "it_car")
_LEADS_S = 3.2
"""Before the first vehicle is at its mark."""


@dataclass(frozen=True, kw_only=True)
class Hand:
    """How a hand moves a camera. px of a 1280 px image."""

    sway_px: float = 22.0
    """Slowly, to and fro."""
    tremble_px: float = 3.0
    """From one frame to the next."""
    roll_deg: float = 1.2
    zoom: float = 0.06
    shutter: float = 0.5
    """Part of the time between two frames in which the image smears."""


def scene(seed: int, number: int, passes: int) -> GateScene:
    """`passes` vehicles one behind the other before a camera of its own; every third scene at night."""
    chance = random.Random(seed * 100_003 + number)
    recedes = chance.random() < 0.5
    side = -1 if recedes else 1
    view = View(
        x=side * chance.uniform(1.2, 1.9),
        y=chance.uniform(2.0, 3.2),
        yaw_deg=side * chance.uniform(7.5, 10.5),
        pitch_deg=chance.uniform(8.5, 11.0),
        focal_px=chance.uniform(1600, 2000),
    )
    km_h, taken = chance.uniform(18, 34), set[str]()
    return GateScene(
        name=f"drawn-{number:02d}",
        view=view,
        street=Street(seed=chance.randrange(10_000)),
        direction=Direction.RECEDING if recedes else Direction.APPROACHING,
        night_from_s=-10.0 if number % 3 == 2 else 1e6,
        vehicles=tuple(_vehicle(chance, taken, n, km_h) for n in range(passes)),
        length_s=_LEADS_S + FOLLOW_S * passes + 1.5,
        seed=chance.randrange(10_000),
    )


def _vehicle(chance: random.Random, taken: set[str], number: int, km_h: float) -> SceneVehicle:
    bright, tinge = chance.uniform(40, 225), [chance.uniform(-25, 25) for _ in range(3)]
    blue, green, red = (int(np.clip(bright + one, 20, 235)) for one in tinge)
    return SceneVehicle(
        plate=random_plate(chance, taken),
        at_s=_LEADS_S + FOLLOW_S * number + chance.uniform(-0.2, 0.2),
        km_h=km_h * chance.uniform(0.95, 1.05),
        colour=(blue, green, red),
        shape=chance.choice((Shape.HATCHBACK, Shape.HATCHBACK, Shape.VAN)),
        kind=chance.choice(_KINDS),
        x_m=chance.uniform(-0.2, 0.2),
    )


def vehicles_of(of: GateScene) -> list[Vehicle]:
    """What should come of it."""
    recedes = of.direction is Direction.RECEDING
    return [Vehicle(plate=one.plate, way=drive(one.at_s, 10, recedes=recedes)) for one in of.vehicles]


class HandHeldFilm(Film):
    """The same film as an unsteady hand takes it."""

    def __init__(self, of: GateScene, hand: Hand | None = None) -> None:
        super().__init__(of)
        self._hand = hand or Hand()
        rng = np.random.default_rng((of.seed, 7))
        self._phases = rng.uniform(0, 2 * np.pi, (4, 3))
        self._rates = rng.uniform(0.2, 1.6, (4, 3))
        self._trembles = rng.normal(0, self._hand.tremble_px, (self.frames + 1, 2))

    def images(self) -> Iterator[Image]:
        """All images of the clip, in order."""
        for number in range(self.frames):
            yield self._taken(super().image(number), number)

    def _taken(self, picture: Image, number: int) -> Image:
        height, width = picture.shape[:2]
        x, y, roll, zoom = self._pose(number)
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), roll, zoom) + np.array([[0, 0, x], [0, 0, y]])
        moved = cv2.warpAffine(picture, turn, (width, height), borderMode=cv2.BORDER_REFLECT)
        before = self._pose(max(0, number - 1))
        return _smeared(np.asarray(moved, np.uint8), (x - before[0], y - before[1]), self._hand.shutter)

    def _pose(self, number: int) -> tuple[float, float, float, float]:
        at_s = number / FRAMES_PER_S
        x, y, roll, zoom = np.sin(2 * np.pi * self._rates * at_s + self._phases).mean(axis=1)
        hand, (dx, dy) = self._hand, self._trembles[number]
        return x * hand.sway_px + dx, y * hand.sway_px + dy, roll * hand.roll_deg, 1.02 + zoom * hand.zoom


def _smeared(picture: Image, moved: tuple[float, float], shutter: float) -> Image:
    """Motion blur along the way of the camera while the shutter was open."""
    length = int(np.hypot(*moved) * shutter)
    if length < 2:
        return picture
    kernel = np.zeros((2 * length + 1, 2 * length + 1), np.float32)
    step = np.array(moved) * shutter / 2
    ends = [(round(length + sign * step[0]), round(length + sign * step[1])) for sign in (-1, 1)]
    cv2.line(kernel, ends[0], ends[1], 1.0, 1)
    return np.asarray(cv2.filter2D(picture, -1, kernel / kernel.sum()), np.uint8)
