# SPDX-License-Identifier: AGPL-3.0-or-later
"""Profiles to test with."""

from pathlib import Path
from typing import Any

import yaml

from anpr.forward.profile.load import load_profile
from anpr.forward.profile.model import Profile

SMALL: dict[str, Any] = {
    "schema": 1,
    "name": "test",
    "revision": "1",
    "status": {"stage": "example"},
    "transports": ["directory", "sftp"],
    "batch_size": 3,
    "file_name": "T_{destination}_{day:%Y%m%d}_{batch:03d}.csv",
    "encoding": {"kind": "csv"},
    "fields": [
        {"name": "id", "source": "transit.id", "required": True},
        {"name": "plate", "source": "plate", "required": True},
    ],
}


def tree(**changes: Any) -> dict[str, Any]:
    """A small valid profile with these top-level keys changed; None takes a key away."""
    merged = {**SMALL, **changes}
    return {key: value for key, value in merged.items() if value is not None}


def write_profile(folder: Path, **changes: Any) -> Path:
    """The same, as a file."""
    path = folder / "profile.yaml"
    path.write_text(yaml.safe_dump(tree(**changes), sort_keys=False), encoding="utf-8")
    return path


def profile(folder: Path, **changes: Any) -> Profile:
    """The same, loaded."""
    return load_profile(str(write_profile(folder, **changes)))
