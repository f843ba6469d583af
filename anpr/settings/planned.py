# SPDX-License-Identifier: AGPL-3.0-or-later
"""Gate definition as it travels from the centre to a reader: that of the settings file, without any secret.

A camera's address carries no login; `secret` names what its reader looks up on its own machine.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import ValidationError, model_validator

from anpr.domain.errors import InputError
from anpr.settings.base import Identifier
from anpr.settings.complaints import explain
from anpr.settings.edge import CameraSettings, GateSettings

_LOGIN_IN_PATH = re.compile(r"(?:^|[?&;/_,])(?:user(?:name)?|login|pass(?:word|wd)?|pwd|token|auth)=", re.IGNORECASE)
"""As some makers put a login in the path or behind the question mark."""


class PlannedCamera(CameraSettings):
    """A camera whose login stays at its reader."""

    secret: Identifier | None = None
    """Name of the login, which the reader that runs the camera has in reader.secrets or in a file of
    reader.secrets_dir."""

    @model_validator(mode="after")
    def _carries_no_login(self) -> Self:
        address = self.url.get_secret_value()
        if self.user or self.secret_file:
            raise ValueError("user and secret_file stay at the reader; name its login in secret")
        if self.is_live and "@" in urlsplit(address).netloc:
            raise ValueError("url: a login in the address; leave it out and name the reader's login in secret")
        if self.is_live and _LOGIN_IN_PATH.search(address):
            raise ValueError("url: a login in the path of the address (user=, password=, …), which may not travel")
        if self.secret and not self.is_live:
            raise ValueError("secret: is for cameras with an address; a file or folder has no login")
        return self


class PlannedGate(GateSettings):
    """A gate, and the reader that runs it. Who owns it is not part of it (`anpr organisation own`)."""

    reader: Identifier | None = None
    """Id of the reader that looks at it; none: no reader does."""
    cameras: tuple[PlannedCamera, ...] = ()

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        if self.organisation is not None:
            raise ValueError("organisation: is no part of a gate's definition; see anpr organisation own")
        ids = [camera.id for camera in self.cameras]
        for camera_id in ids:
            if ids.count(camera_id) > 1:
                raise ValueError(f"cameras: id {camera_id!r} is used twice")
        return self


def read_definition(tree: object, gate_id: str | None = None) -> PlannedGate:
    """The gate in this JSON object. Raises InputError that names gate, camera and key, and shows no address."""
    fields = tree if isinstance(tree, dict) else {}
    name = gate_id or fields.get("id")
    where = f"gate {name}: " if isinstance(name, str) else ""
    try:
        gate = PlannedGate.model_validate(tree)
    except ValidationError as exc:
        error = exc.errors()[0]
        key = str(explain(exc, fields)[0])
        raise InputError(where + _camera_of(fields, error["loc"]) + _bare(key)) from exc
    if gate_id is not None and gate.id != gate_id:
        raise InputError(f"{where}id: {gate.id!r} is another gate's")
    return gate


def as_json(gate: PlannedGate) -> dict[str, Any]:
    """The definition as a JSON object, without what is at its default; `read_definition` gives the same gate back."""
    fields = gate.model_dump(mode="json", exclude_defaults=True)
    cameras = fields.get("cameras", [])
    for written, camera in zip(cameras, gate.cameras, strict=True):
        written["url"] = camera.url.get_secret_value()
    return fields


def _camera_of(fields: Mapping[str, Any], loc: Sequence[int | str]) -> str:
    match loc:
        case ("cameras", int(place), *_):
            try:
                name = fields["cameras"][place]["id"]
            except (KeyError, IndexError, TypeError):
                return f"camera {place + 1}: "
            return f"camera {name}: " if isinstance(name, str) else f"camera {place + 1}: "
    return ""


def _bare(complaint: str) -> str:
    """Without the place in the list of cameras, which the camera's id says better."""
    return re.sub(r"^cameras\.[0-9]+(?:\.|: )", "", complaint)
