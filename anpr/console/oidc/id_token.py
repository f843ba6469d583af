# SPDX-License-Identifier: AGPL-3.0-or-later
"""ID tokens (OpenID Connect Core 1.0, 3.1.3.7): signed by a key of the provider's, and what claims must say."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from anpr.console.oidc.faults import ProviderError, ProviderFault, TokenRefusedError

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""Signatures with a key pair. Never `none`, and never HMAC: its key would be the client's secret."""
LEEWAY_S = 60
"""Seconds by which the provider's clock may differ from ours."""
MAX_SUBJECT = 255
"""Characters of a subject (OpenID Connect Core 1.0, 2)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """What an ID token must say to be the answer to our own request."""

    issuer: str
    client_id: str
    nonce: str
    proved_since: int | None = None
    """The person must have proved who they are since then (UTC, s since 1970); None: an open session of the provider's
    will do."""


def read_keys(found: Mapping[str, Any]) -> KeySet:
    """The provider's public keys. Raises ProviderError."""
    keys = found.get("keys")
    if not isinstance(keys, list) or not keys or not all(isinstance(key, dict) for key in keys):
        raise ProviderError(ProviderFault.WRONG_ANSWER, "keys: not a key set")
    try:
        return KeySet.import_key_set({"keys": keys})
    except (JoseError, ValueError, TypeError, KeyError) as exc:
        raise ProviderError(ProviderFault.WRONG_ANSWER, f"keys: {type(exc).__name__}") from exc


def read_id_token(
    token: str, keys: KeySet, access_token: str | None, expected: Expected, now: datetime
) -> Mapping[str, Any]:
    """The claims of a token that is signed by one of these keys and says what is expected, `now` (UTC).

    Raises joserfc's JoseError where the signature is of none of them, else TokenRefusedError.
    """
    decoded = jwt.decode(token, keys, algorithms=ALGORITHMS)
    claims = CodeIDToken(
        decoded.claims,
        decoded.header,
        options={
            "iss": {"essential": True, "value": expected.issuer},
            "aud": {"essential": True, "value": expected.client_id},
        },
        params={"nonce": expected.nonce, "client_id": expected.client_id, "access_token": access_token},
    )
    try:
        claims.validate(now=int(now.timestamp()), leeway=LEEWAY_S)
    except (JoseError, ValueError, TypeError) as exc:
        raise TokenRefusedError(f"ID token: {exc}") from exc
    _check_subject(claims.get("sub"))
    _check_fresh(claims.get("auth_time"), expected.proved_since)
    return MappingProxyType(dict(decoded.claims))


def _check_subject(subject: object) -> None:
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT or not subject.isprintable():
        raise TokenRefusedError("ID token: sub is no identifier")


def _check_fresh(auth_time: object, since: int | None) -> None:
    if since is not None and (not isinstance(auth_time, int | float) or auth_time < since - LEEWAY_S):
        raise TokenRefusedError("ID token: auth_time is missing or from before this login")
