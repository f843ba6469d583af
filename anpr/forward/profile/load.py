# SPDX-License-Identifier: AGPL-3.0-or-later
"""Profile loader: reads and validates the YAML file; every error names the file and the key."""

import json
from pathlib import Path

from pydantic import ValidationError

from anpr.domain.errors import ForwardError, SettingsError
from anpr.domain.near_name import suggestion
from anpr.forward.profile.model import Profile
from anpr.settings import DestinationSettings, resource_path
from anpr.settings.complaints import explain, in_one_line
from anpr.settings.forwarding import HttpsTarget
from anpr.settings.yaml_file import read_yaml

MAX_PROFILE_BYTES = 1024 * 1024
_SHIPPED = resource_path("config", "forwarding")


def profile_path(name: str) -> Path:
    """The file of a profile: a bare name is one of config/forwarding/, anything else is a path."""
    if "/" in name or name.endswith((".yaml", ".yml")):
        return Path(name)
    return _SHIPPED / f"{name}.yaml"


def profile_of(destination: DestinationSettings) -> Profile:
    """The destination's profile. Raises ForwardError (permanent) when it is wrong, or does not go with the target."""
    profile = load_profile(destination.profile)
    check_profile(profile, destination)
    return profile


def check_profile(profile: Profile, destination: DestinationSettings) -> None:
    """Raises ForwardError (permanent) where the profile excludes the target's transport, or contradicts it."""
    kind = destination.target.kind
    if kind not in profile.transports:
        allowed = ", ".join(profile.transports)
        raise ForwardError(
            f"forwarding.{destination.id}.target: profile {profile.name} allows {allowed}, not {kind}", permanent=True
        )
    _check_message(profile, destination)


def _check_message(profile: Profile, destination: DestinationSettings) -> None:
    """Raises ForwardError where settings and profile both say what a request bears, or neither says what it needs."""
    target = destination.target
    if not isinstance(target, HttpsTarget):
        return
    if profile.soap is None and target.ws_security is not None:
        told = f"ws_security: profile {profile.name} has no section soap"
    elif profile.soap is not None and "content_type" in target.model_fields_set:
        told = f"content_type: profile {profile.name} is SOAP, which has its own"
    elif profile.soap is not None and any(name.lower() == "soapaction" for name in target.headers):
        told = f"headers: SOAPAction is said by profile {profile.name}, soap.action"
    else:
        return
    raise ForwardError(f"forwarding.{destination.id}.target.{told}", permanent=True)


def load_profile(name: str) -> Profile:
    """The profile of this name or path.

    Raises ForwardError (permanent) naming the file and the key when it is missing or wrong.
    """
    path = profile_path(name)
    if path.parent == _SHIPPED and not path.exists():
        known = [file.stem for file in _SHIPPED.glob("*.yaml")]
        raise ForwardError(f"profile {name}: none of that name is shipped{suggestion(name, known)}", permanent=True)
    try:
        tree = read_yaml(path, MAX_PROFILE_BYTES, numbers=True)
    except SettingsError as exc:
        raise ForwardError(f"profile {exc}", permanent=True) from exc
    try:
        # JSON mode: strict about types, and still takes lists for tuples and text for dates.
        return Profile.model_validate_json(json.dumps(tree))
    except ValidationError as exc:
        raise _wrong(path, in_one_line(explain(exc, tree))) from exc
    except ValueError as exc:  # an anchor within itself
        raise _wrong(path, str(exc)) from exc


def _wrong(path: Path, detail: str) -> ForwardError:
    return ForwardError(f"profile {path}: {detail}", permanent=True)
