# SPDX-License-Identifier: AGPL-3.0-or-later
"""Renders the clip of a demo gate frame by frame, with the ground truth."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from anpr.demo.scene.body import Model, build
from anpr.demo.scene.compose import Light, Placed, compose, night, soften
from anpr.demo.scene.face import Face, Image, Texture
from anpr.demo.scene.street import draw_street
from anpr.demo.scene.view import View
from anpr.demo.traffic import GateScene, SceneVehicle
from anpr.domain.gate import Direction
from anpr.drawing import PlateStyle, draw_plate

FRAMES_PER_S = 15
_FARTHEST_M = 46.0
_NEAREST_M = -6.0
_DUSK_S = 1.6
_GRAIN = 3.0
"""Standard deviation of the sensor's noise, grey levels."""
_READABLE_PX = 40
"""A narrower plate is not in the truth: no reader is expected to read it."""
_PROVINCES = ("FI", "PO", "PT", "SI", "AR", "LU", "PI", "MI")
_REFLECTED = (0.3, 0.42, 0.54, 0.66, 0.78, 0.88)
"""Brightness of a plate at night, far to near: plates throw the light of the camera's lamp back to it."""


@dataclass(frozen=True, kw_only=True)
class Truth:
    """What should be read of one vehicle. Frames count in which the whole plate is in view and wide enough."""

    clip: str
    plate: str
    kind: str
    direction: Direction
    light: str
    """day or night, when the plate is nearest."""
    first_frame: int
    last_frame: int
    widest_px: int


@dataclass(frozen=True, eq=False)
class _Actor:
    vehicle: SceneVehicle
    model: Model
    plates: tuple[Face, ...]
    """Faces of the plate: at night from far to near; the last one is that of the day."""


class Film:
    """A gate's clip as images (height × width × 3, BGR), FRAMES_PER_S a second."""

    def __init__(self, scene: GateScene) -> None:
        self.scene = scene
        self.frames = round(scene.length_s * FRAMES_PER_S)
        rng = np.random.default_rng(scene.seed)
        self._day = draw_street(scene.street, scene.view)
        self._night = night(scene.view, rng)
        self._actors = [self._cast(vehicle, rng) for vehicle in scene.vehicles]
        shape = (scene.view.height, scene.view.width, 3)
        self._grain = np.rint(rng.normal(0, _GRAIN, shape)).astype(np.int8)
        self._light: tuple[float, Light] | None = None

    def images(self) -> Iterator[Image]:
        """All images of the clip, in order."""
        return map(self.image, range(self.frames))

    def image(self, number: int) -> Image:
        """The image of this number, from 0. The same scene and number give the same pixels."""
        at_s = number / FRAMES_PER_S
        image = compose(self._placed(at_s), self.scene.view, self._light_at(at_s))
        rng = np.random.default_rng((self.scene.seed, number))
        shift = (int(rng.integers(self.scene.view.height)), int(rng.integers(self.scene.view.width)))
        return soften(image, self._grain, shift)

    def truth(self) -> list[Truth]:
        """One entry per vehicle, in the order of their first frame."""
        entries = [self._truth_of(actor) for actor in self._actors]
        return sorted(entries, key=lambda entry: entry.first_frame)

    def _cast(self, vehicle: SceneVehicle, rng: np.random.Generator) -> _Actor:
        model = build(self.scene.body_of(vehicle), rng)
        style = PlateStyle(
            px_per_mm=1.0,
            year=f"{rng.integers(10, 26):02d}",
            province=str(rng.choice(_PROVINCES)),
            weight=float(rng.uniform(0.95, 1.05)),
        )
        plate = draw_plate(self.scene.kind_of(vehicle), text=vehicle.plate, rng=rng, style=style).image
        bright = [np.clip(plate * share, 0, 255).astype(np.uint8) for share in (*_REFLECTED, 1.0)]
        return _Actor(vehicle, model, tuple(_plate_face(image) for image in bright))

    def _placed(self, at_s: float) -> list[Placed]:
        placed = []
        for actor in self._actors:
            z = self.scene.distance_m(actor.vehicle, at_s)
            if _NEAREST_M < z < _FARTHEST_M:
                plate = actor.plates[self._brightness(z, at_s)]
                placed.append(Placed(model=actor.model, plate=plate, x=actor.vehicle.x_m, z=z))
        return placed

    def _brightness(self, z: float, at_s: float) -> int:
        if self._dark(at_s) < 0.5:
            return len(_REFLECTED)
        return int(np.clip(len(_REFLECTED) - max(z, 0.0) / 4.0, 0, len(_REFLECTED) - 1))

    def _dark(self, at_s: float) -> float:
        """0 by day, 1 at night."""
        return float(np.clip((at_s - self.scene.night_from_s) / _DUSK_S, 0, 1))

    def _light_at(self, at_s: float) -> Light:
        dark = self._dark(at_s)
        if self._light is None or self._light[0] != dark:
            ambient = None if dark == 0 else (1 - dark + dark * self._night).astype(np.float32)
            street = self._day if ambient is None else (self._day * ambient).astype(np.uint8)
            self._light = (dark, Light(street=street, ambient=ambient))
        return self._light[1]

    def _truth_of(self, actor: _Actor) -> Truth:
        widths = {}
        for number in range(self.frames):
            z = self.scene.distance_m(actor.vehicle, number / FRAMES_PER_S)
            width = _width_seen(actor, z, self.scene.view)
            if width >= _READABLE_PX:
                widths[number] = width
        nearest = max(widths, key=lambda number: widths[number])
        return Truth(
            clip=f"{self.scene.name}.mp4",
            plate=actor.vehicle.plate,
            kind=self.scene.kind_of(actor.vehicle),
            direction=self.scene.direction,
            light="night" if self._dark(nearest / FRAMES_PER_S) > 0.5 else "day",
            first_frame=min(widths),
            last_frame=max(widths),
            widest_px=round(widths[nearest]),
        )


def _plate_face(image: Image) -> Face:
    """At its real size: the plate is drawn with 1 px per mm."""
    height, width = image.shape[0] / 2000, image.shape[1] / 2000
    corners = [(-width, height, 0), (width, height, 0), (width, -height, 0), (-width, -height, 0)]
    return Face(np.array(corners, float), Texture.of(image))


def _width_seen(actor: _Actor, z: float, view: View) -> float:
    """Width of the plate, px; 0 when it is not wholly in view."""
    offset: npt.NDArray[np.float64] = np.array([actor.vehicle.x_m, 0, z]) + np.array(actor.model.plate_at)
    corners = actor.plates[-1].moved(offset).corners
    if view.depth(corners).min() <= 1:
        return 0.0
    pixels = view.project(corners)
    if pixels.min() < 0 or pixels[:, 0].max() > view.width or pixels[:, 1].max() > view.height:
        return 0.0
    return float(np.hypot(*(pixels[1] - pixels[0])))
