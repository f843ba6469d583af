# SPDX-License-Identifier: AGPL-3.0-or-later
"""Person: what the provider's claims say of somebody, read by the settings. Pure.

Of several roles none is higher: an auditor sees what an operator must not, and the other way round. So nobody gets the
first one of several, nor the first organisation; an order in the settings would decide silently, and wrongly for some.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from anpr.console.oidc.faults import PersonRefused, PersonRefusedError
from anpr.domain.access import Role
from anpr.settings.oidc import GroupSettings, OidcSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Whom the provider has let in. `name`: lower case, as the claim says it, and not checked yet."""

    subject: str
    name: str
    role: Role
    organisation_id: str
    groups: tuple[str, ...]
    """Those of the settings that they are in."""
    has_second_factor: bool
    """Whether the provider has said that there was one."""


def claim_of(claims: Mapping[str, Any], name: str) -> Any:
    """The claim of this name, or where the dots in the name lead; None when there is none."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(part)
    return found


def lacks_claims(claims: Mapping[str, Any], settings: OidcSettings) -> bool:
    """Whether the ID token leaves out what the userinfo endpoint may say."""
    return any(claim_of(claims, name) is None for name in (settings.name_claim, settings.groups_claim))


def person_of(claims: Mapping[str, Any], settings: OidcSettings) -> Person:
    """The person of these claims. Raises PersonRefusedError where name or role are not clear."""
    mapped = _mapped(_texts(claim_of(claims, settings.groups_claim)), settings)
    place = _only_place(mapped)
    return Person(
        subject=claims["sub"],
        name=name_of(claims, settings),
        role=place.role,
        organisation_id=place.organisation,
        groups=tuple(mapping.group for mapping in mapped),
        has_second_factor=_has_second_factor(claims, settings),
    )


def name_of(claims: Mapping[str, Any], settings: OidcSettings) -> str:
    """The name in the claims; empty when there is none."""
    name = claim_of(claims, settings.name_claim)
    return name.strip().lower() if isinstance(name, str) else ""


def _mapped(groups: frozenset[str], settings: OidcSettings) -> list[GroupSettings]:
    if not groups:
        raise PersonRefusedError(PersonRefused.NO_GROUP)
    mapped = [mapping for mapping in settings.groups if mapping.group in groups]
    if not mapped:
        raise PersonRefusedError(PersonRefused.UNKNOWN_GROUP)
    return mapped


def _only_place(mapped: list[GroupSettings]) -> GroupSettings:
    places = {(mapping.role, mapping.organisation): mapping for mapping in mapped}
    if len(places) > 1:
        groups = tuple(mapping.group for mapping in places.values())
        raise PersonRefusedError(PersonRefused.SEVERAL_ROLES, groups=groups)
    return mapped[0]


def _has_second_factor(claims: Mapping[str, Any], settings: OidcSettings) -> bool:
    acr = claims.get("acr")
    by_amr = not _texts(claims.get("amr")).isdisjoint(settings.second_factor_amr)
    return by_amr or (isinstance(acr, str) and acr in settings.second_factor_acr)


def _texts(claim: Any) -> frozenset[str]:
    """The texts in a claim: a list of them, or one alone."""
    if isinstance(claim, str):
        return frozenset({claim})
    return frozenset(each for each in claim if isinstance(each, str)) if isinstance(claim, list) else frozenset()
