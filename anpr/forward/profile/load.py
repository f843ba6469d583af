# SPDX-License-Identifier: AGPL-3.0-or-later
"""Profile loader: reads and validates the YAML file; every error names the file and the key."""

import json
from pathlib import Path

from pydantic import ValidationError

from anpr.domain.errors import ForwardError, SettingsError
from anpr.forward.profile.model import Profile
from anpr.settings import resource_path
from anpr.settings.yaml_file import explain, in_one_line, read_yaml

MAX_PROFILE_BYTES = 1024 * 1024


def profile_path(name: str) -> Path:
    """The file of a profile: a bare name is one of config/forwarding/, anything else is a path."""
    if "/" in name or name.endswith((".yaml", ".yml")):
        return Path(name)
    return resource_path("config", "forwarding", f"{name}.yaml")


def load_profile(name: str) -> Profile:
    """The profile of this name or path.

    Raises ForwardError (permanent) naming the file and the key when it is missing or wrong.
    """
    path = profile_path(name)
    try:
        tree = read_yaml(path, MAX_PROFILE_BYTES, numbers=True)
    except SettingsError as exc:
        raise ForwardError(f"profile {exc}", permanent=True) from exc
    try:
        # JSON mode: strict about types, and still takes lists for tuples and text for dates.
        return Profile.model_validate_json(json.dumps(tree, default=_refused))
    except ValidationError as exc:
        raise _wrong(path, in_one_line(explain(exc, tree))) from exc
    except (TypeError, ValueError) as exc:
        raise _wrong(path, str(exc)) from exc


def _refused(value: object) -> str:
    raise TypeError(f"a {type(value).__name__} has no place in a profile")


def _wrong(path: Path, detail: str) -> ForwardError:
    return ForwardError(f"profile {path}: {detail}", permanent=True)
