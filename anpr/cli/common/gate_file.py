# SPDX-License-Identifier: AGPL-3.0-or-later
"""Gates of a settings file as definitions for the centre, without logins, and back as a file that reads the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from anpr.domain.errors import InputError
from anpr.settings.planned import PlannedGate, as_json, read_definition
from anpr.settings.yaml_file import read_yaml

_DEFAULT_READER = "reader-1"


@dataclass(frozen=True, kw_only=True, slots=True)
class FileGate:
    """A gate of the file: its definition, its owner where the file names one, and the cameras whose login was left
    out."""

    gate: PlannedGate
    organisation: str | None
    without_login: tuple[str, ...]


def read_gates(path: Path, reader: str | None) -> list[FileGate]:
    """The gates of a settings file or of an export; `reader` (or the file's own) runs those that name none.

    Raises SettingsError and InputError that name the file, the gate, the camera and the key.
    """
    tree = read_yaml(path)
    gates, section = tree.get("gates"), tree.get("reader")
    if not isinstance(gates, list) or not gates:
        raise InputError(f"{path}: gates: expected a list of gates, each after a dash")
    section = section if isinstance(section, dict) else {}
    chosen = section.get("gates")
    name = reader or str(section.get("id") or _DEFAULT_READER)
    found = [_file_gate(path, each, name, chosen if isinstance(chosen, list) else []) for each in gates]
    for what, ids in (("gate", [one.gate.id for one in found]), ("camera", _camera_ids(found))):
        for twice in ids:
            if ids.count(twice) > 1:
                raise InputError(f"{path}: {what} {twice}: is there twice")
    return found


def written(gates: Sequence[tuple[PlannedGate, str | None]]) -> str:
    """A YAML file of these gates, each with its owner (None: none is written)."""
    rows = []
    for gate, organisation in gates:
        fields = as_json(gate)
        cameras = fields.pop("cameras", [])
        rows.append({**fields, **({"organisation": organisation} if organisation else {}), "cameras": cameras})
    return yaml.safe_dump({"gates": rows}, sort_keys=False, allow_unicode=True, width=1000)


def _camera_ids(gates: Sequence[FileGate]) -> list[str]:
    return [camera.id for one in gates for camera in one.gate.cameras]


def _file_gate(path: Path, tree: Any, reader: str, chosen: Sequence[str]) -> FileGate:
    if not isinstance(tree, dict):
        raise InputError(f"{path}: gates: expected keys and values below each dash")
    fields = dict(tree)
    organisation = fields.pop("organisation", None)
    if "reader" not in fields and (not chosen or fields.get("id") in chosen):
        fields["reader"] = reader
    stripped: list[str] = []
    if isinstance(fields.get("cameras"), list):
        fields["cameras"] = [_without_login(camera, stripped) for camera in fields["cameras"]]
    try:
        gate = read_definition(fields)
    except InputError as exc:
        raise InputError(f"{path}: {exc}") from exc
    return FileGate(gate=gate, organisation=organisation, without_login=tuple(stripped))


def _without_login(tree: Any, stripped: list[str]) -> Any:
    """The camera with the name of a secret in place of its login; its id goes to `stripped`."""
    if not isinstance(tree, Mapping) or not isinstance(tree.get("url"), str):
        return tree
    fields = dict(tree)
    scheme, separator, rest = fields["url"].partition("://")
    login, at, place = rest.partition("/")[0].rpartition("@")
    has_login = bool(separator and at and login) or "user" in fields
    if not has_login:
        return fields
    if at:
        fields["url"] = f"{scheme}://{place}{rest[len(login) + len(at) + len(place) :]}"
    for key in ("user", "secret_file"):
        fields.pop(key, None)
    fields.setdefault("secret", fields.get("id"))
    stripped.append(str(fields.get("id")))
    return fields
