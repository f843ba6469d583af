# SPDX-License-Identifier: AGPL-3.0-or-later
"""Target of a conformance run: a destination of the settings, or a folder; and whether it may be tested."""

from datetime import date

from anpr.domain.errors import ForwardError, InputError
from anpr.domain.near_name import suggestion
from anpr.forward.profile.load import load_profile, profile_of
from anpr.forward.profile.model import Profile
from anpr.settings import DestinationSettings, DirectoryTarget, Settings

FOLDER = "directory:"
FOLDER_ID = "prova"


def destination_of(settings: Settings, profile_name: str, target: str) -> DestinationSettings:
    """The destination with this profile in place of its own. `target`: its id, or directory:PATH.

    Raises InputError when there is none of that id.
    """
    if target.startswith(FOLDER) and target != FOLDER:
        return DestinationSettings(
            id=FOLDER_ID,
            profile=profile_name,
            target=DirectoryTarget(kind="directory", path=target.removeprefix(FOLDER)),
            protocol="",
            protocol_until=date.max,
        )
    found = next((each for each in settings.forwarding if each.id == target), None)
    if found is None:
        hint = suggestion(target, [each.id for each in settings.forwarding])
        raise InputError(f"forwarding: no destination {target!r}{hint}; or name a folder as {FOLDER}PATH")
    return found.model_copy(update={"profile": profile_name})


def profile_for(destination: DestinationSettings) -> Profile:
    """The destination's profile; a folder takes every one, also where `transports` lacks it: it is to look at.

    Raises ForwardError (permanent) when it is wrong, or excludes the transport.
    """
    return load_profile(destination.profile) if is_folder(destination) else profile_of(destination)


def is_folder(destination: DestinationSettings) -> bool:
    """Whether nothing leaves this machine by it, as far as the settings tell."""
    return isinstance(destination.target, DirectoryTarget)


def check_may_test(profile: Profile, destination: DestinationSettings, *, despite_stage: bool) -> None:
    """Raises ForwardError (permanent) where the profile is accepted: what is invented would be among the real transits.

    Below `accepted` a conformance run is the way there, so it is not bound to the stage `tested` as real transits are.
    """
    if profile.status.stage == "accepted" and not is_folder(destination) and not despite_stage:
        raise ForwardError(
            f"profile {profile.name} is accepted, so {destination.id} takes what comes for real transits:"
            " invented records are sent there with --despite-stage only",
            permanent=True,
        )
