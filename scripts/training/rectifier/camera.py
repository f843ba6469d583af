# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pinhole camera: projects a plate's corners, seen from the side, from above or askew."""

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]

_COMMON = (14.0, 9.0, 3.0)
"""Standard deviation of yaw, pitch and roll, degrees: most plates."""
_STRONG = (34.0, 18.0, 9.0)
"""A parked row seen from the kerb, a lorry's corner, a motorcycle on its stand."""
_MOST = (66.0, 42.0, 28.0)
_STRONG_SHARE = 0.45
_SHEAR = 0.05
_DISTANCE = (2.0, 12.0)
"""Of the camera, in plate widths: near ones make strong perspective."""


def seen_corners(shape: float, rng: np.random.Generator) -> Points:
    """(4, 2) corners TL TR BR BL of a plate `shape` times as wide as high, in plate widths around its middle."""
    yaw, pitch, roll = angles(rng)
    half = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float64) * (0.5, 0.5 / shape)
    half[:, 0] += rng.normal(0, _SHEAR) * half[:, 1]
    turned = np.column_stack([half, np.zeros(4)]) @ (_about_z(roll) @ _about_x(pitch) @ _about_y(yaw)).T
    distance = float(np.exp(rng.uniform(*np.log(_DISTANCE))))
    seen: Points = turned[:, :2] * distance / (distance + turned[:, 2:])
    return seen


def angles(rng: np.random.Generator) -> tuple[float, float, float]:
    """Yaw, pitch and roll in radians."""
    spread = _STRONG if rng.random() < _STRONG_SHARE else _COMMON
    yaw, pitch, roll = np.clip(rng.normal(0, spread), np.negative(_MOST), _MOST)
    return float(np.deg2rad(yaw)), float(np.deg2rad(pitch)), float(np.deg2rad(roll))


def _about_x(angle: float) -> Points:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([(1, 0, 0), (0, c, -s), (0, s, c)])


def _about_y(angle: float) -> Points:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([(c, 0, s), (0, 1, 0), (-s, 0, c)])


def _about_z(angle: float) -> Points:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([(c, -s, 0), (s, c, 0), (0, 0, 1)])
