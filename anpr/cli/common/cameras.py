# SPDX-License-Identifier: AGPL-3.0-or-later
"""Finds the camera that a command line names: in the settings, or in the copy of the centre's plan."""

from anpr.domain.errors import InputError
from anpr.domain.near_name import suggestion
from anpr.edge.gate_plans import copied_gates
from anpr.settings import Settings
from anpr.settings.edge import CameraSettings, GateSettings


def site_gates(site: Settings, camera_id: str | None = None) -> tuple[GateSettings, ...]:
    """The gates that this machine knows; where the centre is their source, those of its reader's copy, of which this
    camera alone has its login. Raises InputError, SettingsError."""
    return copied_gates(site, camera_id) if site.gates_from_centre else site.gates


def find_camera(site: Settings, camera_id: str, named_by: str) -> tuple[GateSettings, CameraSettings]:
    """The camera with this id, and its gate. Raises InputError that begins with `named_by` and lists the cameras,
    or that says which secret of this camera is missing."""
    cameras = [(gate, camera) for gate in site_gates(site, camera_id) for camera in gate.cameras]
    for gate, camera in cameras:
        if camera.id == camera_id:
            return gate, camera
    hint = suggestion(camera_id, [camera.id for _, camera in cameras])
    raise InputError(f"{named_by} {camera_id}: no such camera in the settings{hint}")
