# SPDX-License-Identifier: AGPL-3.0-or-later
from typing import Any

import pytest

from anpr.console.oidc.faults import ProviderError, ProviderFault
from anpr.console.oidc.metadata import discovery_address, read_metadata

ISSUER = "https://sso.example.it/realms/polizia"
FOUND: dict[str, Any] = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/auth",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
}


@pytest.mark.parametrize("issuer", [ISSUER, f"{ISSUER}/"])
def test_the_document_is_below_the_issuer(issuer: str) -> None:
    assert discovery_address(issuer) == f"{ISSUER}/.well-known/openid-configuration"


def test_what_a_provider_does_not_have_is_none() -> None:
    found = read_metadata(FOUND, ISSUER)
    assert (found.userinfo_endpoint, found.end_session_endpoint) == (None, None)
    assert found.takes_secret_in_header
    assert not found.names_itself
    assert not read_metadata(
        {**FOUND, "token_endpoint_auth_methods_supported": ["client_secret_post"]}, ISSUER
    ).takes_secret_in_header


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": f"{ISSUER}/"},
        {"issuer": None},
        {"token_endpoint": None},
        {"token_endpoint": "http://sso.example.it/token"},
        {"token_endpoint": "https:///token"},
        {"token_endpoint": "https://[x/token"},
        {"token_endpoint": 7},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": f"{ISSUER}/auth\r\nX: y"},
        {"end_session_endpoint": f"{ISSUER}/uscità"},
        {"end_session_endpoint": "data:text/html,x"},
    ],
)
def test_what_leads_anywhere_else_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ProviderError) as caught:
        read_metadata({**FOUND, **wrong}, ISSUER)
    assert caught.value.fault is ProviderFault.WRONG_ANSWER
