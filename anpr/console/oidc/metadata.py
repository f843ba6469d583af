# SPDX-License-Identifier: AGPL-3.0-or-later
"""Provider metadata (OpenID Connect Discovery 1.0): where its endpoints are, checked before any is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from anpr.console.oidc.faults import ProviderError, ProviderFault
from anpr.settings.base import is_loopback


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderMetadata:
    """What the console needs to know of a provider; an endpoint is None where it has none."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    end_session_endpoint: str | None
    takes_secret_in_header: bool
    """Whether the token endpoint takes the client's secret by HTTP Basic, which is the default; else in the body."""
    names_itself: bool
    """Whether every callback has the provider's issuer as `iss` (RFC 9207)."""


def discovery_address(issuer: str) -> str:
    """Where the metadata of this issuer are."""
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


def read_metadata(found: Mapping[str, Any], issuer: str) -> ProviderMetadata:
    """The metadata in the discovery document. Raises ProviderError when they are another issuer's, or not whole."""
    if found.get("issuer") != issuer:
        raise _wrong(f"the document is of the issuer {str(found.get('issuer'))[:200]!r}, not {issuer!r}")
    methods = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    return ProviderMetadata(
        authorization_endpoint=_needed(found, "authorization_endpoint"),
        token_endpoint=_needed(found, "token_endpoint"),
        jwks_uri=_needed(found, "jwks_uri"),
        userinfo_endpoint=_endpoint(found, "userinfo_endpoint"),
        end_session_endpoint=_endpoint(found, "end_session_endpoint"),
        takes_secret_in_header=not isinstance(methods, list) or "client_secret_basic" in methods,
        names_itself=found.get("authorization_response_iss_parameter_supported") is True,
    )


def _needed(found: Mapping[str, Any], name: str) -> str:
    address = _endpoint(found, name)
    if address is None:
        raise _wrong(f"no {name}")
    return address


def _endpoint(found: Mapping[str, Any], name: str) -> str | None:
    address = found.get(name)
    if address is None:
        return None
    if not isinstance(address, str) or not (address.isascii() and address.isprintable()):
        raise _wrong(f"{name} is no address")
    try:
        parts = urlsplit(address)
    except ValueError:
        raise _wrong(f"{name} is no address") from None
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    if not is_safe or not parts.hostname or parts.fragment:
        raise _wrong(f"{name} is no https:// address")
    return address


def _wrong(detail: str) -> ProviderError:
    return ProviderError(ProviderFault.WRONG_ANSWER, f"discovery: {detail}")
