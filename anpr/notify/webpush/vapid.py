# SPDX-License-Identifier: AGPL-3.0-or-later
"""VAPID (RFC 8292): the site's key, by which push services know who sends, and the token of each request."""

import os
import secrets
import stat
from datetime import datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from joserfc import jwt
from joserfc.jwk import ECKey

from anpr.domain.errors import SettingsError
from anpr.domain.url_base64 import to_url_base64

LIFETIME = timedelta(hours=12)
"""Of a token; services take 24 h at most."""


class VapidKey:
    """A key pair of P-256. Devices subscribe under its public half, and services take messages for them from no other
    key: with a new one every device has to subscribe again."""

    def __init__(self, private: ec.EllipticCurvePrivateKey) -> None:
        self._jwk = ECKey.import_key(_pem(private).decode())
        point = private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        self.public = to_url_base64(point)
        """The public half as browsers want it: base64url of the uncompressed point."""

    def authorization(self, audience: str, contact: str, now: datetime) -> str:
        """The header `Authorization` for requests to this origin. `contact`: mailto: or https: of whoever runs the
        site, whom the service's people may write to."""
        claims = {"aud": audience, "exp": int((now + LIFETIME).timestamp()), "sub": contact}
        token = jwt.encode({"alg": "ES256", "typ": "JWT"}, claims, self._jwk)
        return f"vapid t={token}, k={self.public}"


def load_vapid_key(path: Path) -> VapidKey:
    """The key in this file (PEM), made with mode 0600 when there is none yet.

    Raises SettingsError when it cannot be read or made, others may read it, or it is none of P-256.
    """
    try:
        if not path.exists():
            make_vapid_key(path)
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise SettingsError(f"{path}: others may read this key; chmod 600 it")
        data = path.read_bytes()
    except OSError as exc:
        raise SettingsError(f"{path}: {exc.strerror or exc}") from exc
    try:
        key = serialization.load_pem_private_key(data, None)
    except (ValueError, TypeError):
        raise SettingsError(f"{path}: not a PEM key without a password") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise SettingsError(f"{path}: not a key of P-256 (prime256v1)")
    return VapidKey(key)


def make_vapid_key(path: Path) -> None:
    """Write a new key with mode 0600, unless there is one. It appears whole or not at all, and of two processes that
    start together one wins. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(_pem(ec.generate_private_key(ec.SECP256R1())))
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
