# SPDX-License-Identifier: AGPL-3.0-or-later
"""Finds the camera that a command line names in the settings."""

from anpr.domain.errors import InputError
from anpr.domain.near_name import suggestion
from anpr.settings import Settings
from anpr.settings.edge import CameraSettings, GateSettings


def find_camera(site: Settings, camera_id: str, named_by: str) -> tuple[GateSettings, CameraSettings]:
    """The camera with this id, and its gate. Raises InputError that begins with `named_by` and lists the cameras."""
    cameras = [(gate, camera) for gate in site.gates for camera in gate.cameras]
    for gate, camera in cameras:
        if camera.id == camera_id:
            return gate, camera
    hint = suggestion(camera_id, [camera.id for _, camera in cameras])
    raise InputError(f"{named_by} {camera_id}: no such camera in the settings{hint}")
