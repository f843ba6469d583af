# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pinhole camera on a pole: projects points of the street into the image."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
"""N × 3, metres: x to the right, y up from the road, z along the road away from the camera."""
Pixels = npt.NDArray[np.float64]
"""N × 2: x to the right, y down."""

NEAREST_M = 0.5


@dataclass(frozen=True, kw_only=True)
class View:
    """The camera stands at (x, height, 0) and looks along the road, turned by `yaw_deg` to the left, down by pitch."""

    width: int = 1280
    height: int = 720
    focal_px: float = 1900.0
    x: float = 1.6
    y: float = 2.2
    yaw_deg: float = 9.0
    pitch_deg: float = 9.5

    def project(self, points: Points) -> Pixels:
        """Pixels (N × 2) of points (N × 3, m). Points nearer than NEAREST_M are moved to that distance, so that none
        lies behind the camera.
        """
        seen = (points - np.array([self.x, self.y, 0.0])) @ self._turn().T
        depth = np.maximum(seen[:, 2:3], NEAREST_M)
        pixels = seen[:, :2] / depth * self.focal_px * np.array([1.0, -1.0])
        out: Pixels = pixels + np.array([self.width / 2, self.height / 2])
        return out

    def depth(self, points: Points) -> npt.NDArray[np.float64]:
        """Metres before the camera, along its axis; negative behind it."""
        out: npt.NDArray[np.float64] = ((points - np.array([self.x, self.y, 0.0])) @ self._turn().T)[:, 2]
        return out

    @property
    def position(self) -> npt.NDArray[np.float64]:
        """Position of the camera, m."""
        return np.array([self.x, self.y, 0.0])

    def _turn(self) -> npt.NDArray[np.float64]:
        yaw, pitch = np.deg2rad(self.yaw_deg), np.deg2rad(self.pitch_deg)
        to_left = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
        down = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
        turn: npt.NDArray[np.float64] = down @ to_left
        return turn
