# SPDX-License-Identifier: AGPL-3.0-or-later
"""What goes wrong between the console and a provider, typed: the provider itself, its answer, or the person."""

from enum import StrEnum

from anpr.domain.errors import AccessError, AnprError


class ProviderFault(StrEnum):
    """Why the provider gave no answer that counts."""

    UNREACHABLE = "unreachable"
    LATE = "late"
    TOO_LARGE = "too-large"
    WRONG_ANSWER = "wrong-answer"
    BUSY = "busy"


class ProviderError(AnprError):
    """The provider is away, or answers what no provider may; people log in with their password meanwhile."""

    def __init__(self, fault: ProviderFault, detail: str) -> None:
        super().__init__(f"OpenID provider: {fault}: {detail}")
        self.fault = fault


class AnswerRefusedError(AccessError):
    """The callback brings no code that the provider takes for its own: an error, or one used already or made up."""


class TokenRefusedError(AccessError):
    """The ID token does not prove that the provider has just let somebody in here; the text says what is wrong."""


class PersonRefused(StrEnum):
    """Why somebody whom the provider knows may not come in."""

    NO_NAME = "no-name"
    NO_GROUP = "no-group"
    UNKNOWN_GROUP = "unknown-group"
    SEVERAL_ROLES = "several-roles"
    NO_SECOND_FACTOR = "no-second-factor"
    NAME_TAKEN = "name-taken"
    SHUT_OUT = "shut-out"


class PersonRefusedError(AccessError):
    """The provider has proved who this is, and they may not come in. `groups`: those that the settings map."""

    def __init__(self, reason: PersonRefused, *, groups: tuple[str, ...] = ()) -> None:
        super().__init__(f"refused: {reason}")
        self.reason = reason
        self.groups = groups
