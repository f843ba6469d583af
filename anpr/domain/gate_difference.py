# SPDX-License-Identifier: AGPL-3.0-or-later
"""Differences between two definitions of a gate (JSON objects), key by key, the cameras' by the camera's id."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Difference:
    """One key that differs. `before` and `after` are JSON values; None: it was, or is, not there."""

    camera: str | None
    """Id of the camera whose key it is; None: the gate's own."""
    key: str
    """`camera` where a whole camera came or went."""
    before: Any
    after: Any


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Difference, ...]:
    """What differs, the gate's own keys first, in the order of `after`; empty where nothing does."""
    found = _of_keys(None, before, after, skip="cameras")
    old, new = _cameras(before), _cameras(after)
    for camera_id in [*new, *(each for each in old if each not in new)]:
        if camera_id not in old or camera_id not in new:
            came, went = new.get(camera_id), old.get(camera_id)
            found.append(Difference(camera=camera_id, key="camera", before=went, after=came))
        else:
            found += _of_keys(camera_id, old[camera_id], new[camera_id], skip="id")
    if list(old) != list(new) and sorted(old) == sorted(new):
        found.append(Difference(camera=None, key="cameras", before=list(old), after=list(new)))
    return tuple(found)


def _of_keys(camera: str | None, before: Mapping[str, Any], after: Mapping[str, Any], skip: str) -> list[Difference]:
    keys = [*after, *(key for key in before if key not in after)]
    return [
        Difference(camera=camera, key=key, before=before.get(key), after=after.get(key))
        for key in keys
        if key != skip and before.get(key) != after.get(key)
    ]


def _cameras(definition: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {camera["id"]: camera for camera in definition.get("cameras", ())}
