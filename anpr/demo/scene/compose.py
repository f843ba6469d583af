# SPDX-License-Identifier: AGPL-3.0-or-later
"""Compositor: a frame of the street with its vehicles, by day or at night."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from anpr.demo.scene.body import Lamp, Model
from anpr.demo.scene.face import Face, Image, lay
from anpr.demo.scene.view import View


@dataclass(frozen=True, kw_only=True, eq=False)
class Placed:
    """A vehicle with its plate, somewhere in the street."""

    model: Model
    plate: Face
    """Around the middle of the plate."""
    x: float
    z: float
    """Where the plate's side of it stands, m."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Light:
    """Effect of the time of day on the image."""

    street: Image
    """The empty street in this light."""
    ambient: npt.NDArray[np.float32] | None = None
    """Height × width × 3: the share of the daylight that is left; None by day."""

    @property
    def lamps(self) -> bool:
        """Whether vehicles have their lights on."""
        return self.ambient is not None


def compose(vehicles: list[Placed], view: View, light: Light) -> Image:
    """The street with the vehicles, the farthest first."""
    frame = light.street.copy()
    for vehicle in sorted(vehicles, key=lambda placed: -placed.z):
        _draw(frame, vehicle, view, light)
    return frame


def _draw(frame: Image, vehicle: Placed, view: View, light: Light) -> None:
    offset = np.array([vehicle.x, 0.0, vehicle.z])
    faces = [face.moved(offset) for face in vehicle.model.faces]
    lay(frame, vehicle.model.shadow.moved(offset), view)
    area = _area(faces, view, frame)
    if area is None:
        return
    top, bottom, left, right = area
    before = frame[top:bottom, left:right].copy()
    for face in faces:
        lay(frame, face, view)
    part = frame[top:bottom, left:right]
    if light.ambient is not None:
        _darken(part, before, light.ambient[top:bottom, left:right])
    lay(frame, vehicle.plate.moved(offset + np.array(vehicle.model.plate_at)), view)
    if light.lamps:
        for lamp in vehicle.model.lamps:
            _shine(frame, lamp, offset, view)


def _darken(part: Image, before: Image, ambient: npt.NDArray[np.float32]) -> None:
    """Night falls on the vehicle alone: the street behind it is dark already."""
    changed = np.any(part != before, axis=2, keepdims=True)
    part[:] = np.where(changed, (part * ambient).astype(np.uint8), part)


def _area(faces: list[Face], view: View, frame: Image) -> tuple[int, int, int, int] | None:
    """Rows and columns that the vehicle may cover; None when it is out of view."""
    corners = np.concatenate([face.corners for face in faces])
    if view.depth(corners).max() <= 0:
        return None
    pixels = view.project(corners)
    low, high = np.floor(pixels.min(axis=0)).astype(int) - 2, np.ceil(pixels.max(axis=0)).astype(int) + 2
    top, bottom = max(0, int(low[1])), min(frame.shape[0], int(high[1]))
    left, right = max(0, int(low[0])), min(frame.shape[1], int(high[0]))
    return (top, bottom, left, right) if bottom > top and right > left else None


def _shine(frame: Image, lamp: Lamp, offset: npt.NDArray[np.float64], view: View) -> None:
    """A lamp's disc and its halo, added to what is there."""
    at = offset + np.array([lamp.x, lamp.y, -0.03])
    depth = float(view.depth(at[None])[0])
    if depth <= 1:
        return
    x, y = view.project(at[None])[0]
    core = max(1.5, lamp.radius * 0.5 * view.focal_px / depth)
    reach = int(core * 6)
    left, top = max(0, int(x) - reach), max(0, int(y) - reach)
    right, bottom = min(frame.shape[1], int(x) + reach + 1), min(frame.shape[0], int(y) + reach + 1)
    if right <= left or bottom <= top:
        return
    rows, columns = np.mgrid[top:bottom, left:right].astype(np.float32)
    away = np.hypot(columns - x, rows - y) / core
    glow = np.exp(-((away / 0.9) ** 2)) + 0.35 * np.exp(-away / 1.4)
    part = frame[top:bottom, left:right]
    part[:] = np.clip(part + glow[..., None] * np.array(lamp.colour, np.float32), 0, 255).astype(np.uint8)


def night(view: View, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """The share of daylight that is left, height × width × 3: street lamps make warm pools on the road."""
    rows, columns = np.mgrid[0 : view.height, 0 : view.width].astype(np.float32)
    light = np.full((view.height, view.width), 0.10, np.float32)
    for z in (9.0, 21.0, 36.0, 54.0):
        x, y = view.project(np.array([[-1.5 + float(rng.uniform(-0.5, 0.5)), 0.0, z]]))[0]
        spread = 4.2 * view.focal_px / z
        light += 0.34 * np.exp(-(((columns - x) / spread) ** 2) - ((rows - y) / (spread * 0.34)) ** 2)
    near = np.clip((rows - view.height * 0.2) / view.height, 0, 1)
    light += 0.16 * near
    warm = np.array([0.72, 0.92, 1.05], np.float32)
    return np.clip(light, 0, 0.75)[..., None] * warm


def soften(frame: Image, grain: npt.NDArray[np.int8], shift: tuple[int, int]) -> Image:
    """What the lens and the sensor do: a little blur, and `grain` moved by `shift` px so that it flickers."""
    blurred = cv2.GaussianBlur(frame, (3, 3), 0.55)
    noise = np.roll(grain, shift, (0, 1))
    out: Image = cv2.add(blurred, noise, dtype=cv2.CV_8U)  # type: ignore[assignment]
    return out
