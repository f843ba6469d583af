# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of login through an OpenID provider: who it is, what it says of a person, and which role that gives."""

from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from anpr.domain.access import Role
from anpr.domain.organisation import MANAGER
from anpr.settings.address import check_address
from anpr.settings.base import Section, is_loopback
from anpr.settings.secret_origin import VariableName

Text = Annotated[str, Field(min_length=1, max_length=255)]


class GroupSettings(Section):
    """What the members of a group of the provider may do here, and for whom."""

    group: Text
    """Its name or id exactly as the provider writes it in the groups claim."""
    role: Role
    """The role of its members."""
    organisation: Text = MANAGER
    """The id of the organisation that they belong to."""


class OidcSettings(Section):
    """Login through an OpenID provider (Keycloak, Dex, Entra ID), beside local users. LDAP and Active Directory are
    reached through such a provider."""

    name: Text
    """What people call it, for the button of the login page and the list of users."""
    issuer: str
    """Its issuer as it writes it itself, https://login.comune.example.it/realms/polizia; what it can is read from
    there (OpenID Connect Discovery)."""
    client_id: Text
    """The name by which the provider knows this console."""
    secret_file: str | None = None
    """File with the client's secret. Without this and secret_env the console is a public client, by PKCE alone."""
    secret_env: VariableName | None = None
    """Environment variable that holds the secret instead; its name must not begin with `ANPR_`."""
    ca_file: str | None = None
    """PEM certificates that the provider's may be signed by, besides those of the system."""
    scopes: tuple[Text, ...] = ("openid", "profile")
    """What the console asks for; `openid` is always among it."""
    name_claim: Text = "preferred_username"
    """The claim that becomes the user's name at the first login; lower case, at most 64 signs. A name that a user has
    already is refused."""
    groups_claim: Text = "groups"
    """The claim with the person's groups or roles: a list of texts. Dots lead into objects: realm_access.roles."""
    groups: Annotated[tuple[GroupSettings, ...], Field(min_length=1)]
    """Groups and their roles. Whoever is in none of them is refused, and whoever is in two whose role or organisation
    differ."""
    second_factor_amr: tuple[Text, ...] = ("mfa",)
    """For the roles of console.second_factor: values of the claim amr (RFC 8176), each of which proves a second
    factor."""
    second_factor_acr: tuple[Text, ...] = ()
    """The same of the claim acr; the provider is asked for these values at each login."""
    second_factor_trusted: bool = False
    """The provider demands a second factor by itself and does not say so: no proof is asked for. Off: whose role must
    have one is refused without proof."""
    fresh_login: bool = False
    """The provider asks for its own credentials at each login, and must say that it did (auth_time): for workstations
    that several people share. Off: an open session of the provider's is enough."""
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 10.0
    """So long each answer of the provider is waited for, to its last byte."""

    @field_validator("issuer")
    @classmethod
    def _is_https(cls, issuer: str) -> str:
        parts = check_address(issuer, ("https", "http"))
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise ValueError("expected https://…: what comes over http:// anybody on the way can write")
        if "@" in parts.netloc or parts.query or parts.fragment:
            raise ValueError("expected https://HOST/PATH without user, ? and #")
        return issuer

    @field_validator("scopes")
    @classmethod
    def _has_openid(cls, scopes: tuple[str, ...]) -> tuple[str, ...]:
        if any(character.isspace() for scope in scopes for character in scope):
            raise ValueError("a scope has no blanks: write several as a list")
        return scopes if "openid" in scopes else ("openid", *scopes)

    @model_validator(mode="after")
    def _no_contradiction(self) -> Self:
        if self.secret_file and self.secret_env:
            raise ValueError("needs either secret_file or secret_env, not both")
        names = [mapping.group for mapping in self.groups]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"groups: {min(twice)} is there twice")
        return self
