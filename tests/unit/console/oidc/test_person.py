# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

import pytest

from anpr.console.oidc.faults import PersonRefused, PersonRefusedError
from anpr.console.oidc.person import claim_of, lacks_claims, person_of
from anpr.domain.access import Role
from anpr.settings.oidc import OidcSettings

GROUPS = [
    {"group": "operatori", "role": "operator"},
    {"group": "centrale", "role": "operator"},
    {"group": "revisori", "role": "auditor"},
    {"group": "empoli", "role": "operator", "organisation": "empoli"},
]


def settings(**changes: Any) -> OidcSettings:
    keys = {"name": "SSO", "issuer": "https://sso.example.it", "client_id": "c", "groups": GROUPS}
    return OidcSettings(**{**keys, **changes})


def claims(**changes: Any) -> dict[str, Any]:
    return {"sub": "1", "preferred_username": " Mario.Rossi ", "groups": ["operatori"], **changes}


def reason_of(said: dict[str, Any], **changes: Any) -> PersonRefused:
    with pytest.raises(PersonRefusedError) as caught:
        person_of(said, settings(**changes))
    return caught.value.reason


def test_a_person_has_the_role_and_the_organisation_of_their_group() -> None:
    person = person_of(claims(groups=["altro", "empoli"]), settings())
    assert (person.name, person.role, person.organisation_id) == ("mario.rossi", Role.OPERATOR, "empoli")
    assert person.groups == ("empoli",)


def test_groups_that_say_the_same_are_one() -> None:
    assert person_of(claims(groups=["operatori", "centrale"]), settings()).groups == ("operatori", "centrale")


@pytest.mark.parametrize("groups", [["operatori", "revisori"], ["operatori", "empoli"]])
def test_groups_that_say_different_things_are_named_and_refused(groups: list[str]) -> None:
    with pytest.raises(PersonRefusedError) as caught:
        person_of(claims(groups=groups), settings())
    assert (caught.value.reason, list(caught.value.groups)) == (PersonRefused.SEVERAL_ROLES, groups)


@pytest.mark.parametrize("groups", [None, [], {}, 7, [1, None], ""])
def test_no_group_is_no_role(groups: object) -> None:
    assert reason_of(claims(groups=groups)) in (PersonRefused.NO_GROUP, PersonRefused.UNKNOWN_GROUP)


@pytest.mark.parametrize("group", ["altro", "Operatori", "operatori ", "/operatori"])
def test_a_group_counts_as_it_is_written_only(group: str) -> None:
    assert reason_of(claims(groups=[group])) is PersonRefused.UNKNOWN_GROUP


def test_one_group_may_come_as_a_text() -> None:
    assert person_of(claims(groups="revisori"), settings()).role is Role.AUDITOR


def test_dots_lead_into_objects_unless_a_claim_is_called_so() -> None:
    said = {"realm_access": {"roles": ["a"]}, "https://x.example/groups": ["b"], "a": "text"}
    assert claim_of(said, "realm_access.roles") == ["a"]
    assert claim_of(said, "https://x.example/groups") == ["b"]
    assert claim_of(said, "a.b") is None
    assert claim_of(said, "realm_access.none.more") is None


@pytest.mark.parametrize(
    ("said", "changes", "is_proved"),
    [
        ({"amr": ["pwd", "mfa"]}, {}, True),
        ({"amr": ["pwd"]}, {}, False),
        ({"amr": "mfa"}, {}, True),
        ({}, {}, False),
        ({"acr": "gold"}, {"second_factor_acr": ["gold"]}, True),
        ({"acr": "gold"}, {}, False),
        ({"acr": ["gold"]}, {"second_factor_acr": ["gold"]}, False),
        ({"amr": ["otp"]}, {"second_factor_amr": ["otp", "hwk"]}, True),
    ],
)
def test_a_second_factor_is_proved_by_the_claims_that_the_settings_name(
    said: dict[str, Any], changes: dict[str, Any], is_proved: bool
) -> None:
    assert person_of(claims(**said), settings(**changes)).has_second_factor is is_proved


def test_the_userinfo_endpoint_is_asked_for_what_the_token_leaves_out() -> None:
    assert not lacks_claims(claims(), settings())
    assert lacks_claims({"sub": "1", "groups": []}, settings())
    assert lacks_claims({"sub": "1", "preferred_username": "m"}, settings())
