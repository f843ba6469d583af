# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cache-aside of forwarding profiles: a file is read again when it has changed, and a wrong one is told, not raised."""

from dataclasses import dataclass
from functools import lru_cache

from anpr.domain.errors import ForwardError
from anpr.forward.profile.load import MAX_PROFILE_BYTES, check_profile, load_profile, profile_path
from anpr.forward.profile.model import Profile
from anpr.settings import DestinationSettings

_MOST = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class ProfileState:
    """A destination's profile, or why it cannot be used (`fault`, in the words of `anpr forward check`)."""

    profile: Profile | None
    fault: str

    @property
    def stage(self) -> str:
        """How far the profile has come; `unknown` for one that cannot be read here."""
        return self.profile.status.stage if self.profile else "unknown"


def profile_state(destination: DestinationSettings) -> ProfileState:
    """The profile as its file is now."""
    found = _load(destination.profile, _stamp(destination.profile))
    if found.profile is None:
        return found
    try:
        check_profile(found.profile, destination)
    except ForwardError as exc:
        return ProfileState(profile=found.profile, fault=str(exc))
    return found


def profile_text(destination: DestinationSettings) -> bytes | None:
    """The profile's file as it is; None when it cannot be read here, or is larger than a profile may be."""
    try:
        with profile_path(destination.profile).open("rb") as file:
            data = file.read(MAX_PROFILE_BYTES + 1)
    except OSError:
        return None
    return data if len(data) <= MAX_PROFILE_BYTES else None


def _stamp(name: str) -> tuple[int, int]:
    try:
        found = profile_path(name).stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


@lru_cache(maxsize=_MOST)  # reading one takes 20 to 50 ms, and a page may show twelve
def _load(name: str, stamp: tuple[int, int]) -> ProfileState:
    del stamp  # part of the key alone
    try:
        return ProfileState(profile=load_profile(name), fault="")
    except ForwardError as exc:
        return ProfileState(profile=None, fault=str(exc))
