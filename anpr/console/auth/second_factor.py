# SPDX-License-Identifier: AGPL-3.0-or-later
"""Second factor: time-based one-time passwords (TOTP, RFC 6238) and recovery codes.

The key in data_dir/second-factor-key encrypts the shared secrets (AES-256-GCM, bound to their user) and makes the
digests of recovery codes (HMAC-SHA-256), so that the database alone is worth no code. It is a key of its own:
console-secret may be deleted to end every session, and that must not take the second factors along.
"""

import base64
import hashlib
import hmac
import io
import secrets
from datetime import datetime

import pyotp
import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from anpr.domain.errors import SettingsError

STEP_S = 30
"""Seconds that a code is shown (RFC 6238, 5.2)."""
DRIFT_STEPS = 1
"""Steps by which a telephone's clock may differ."""
CODES = 10
"""Recovery codes of a user."""
_CODE_BYTES = 10
_GROUP = 4
_NONCE_BYTES = 12


class SealedSecretError(SettingsError):
    """A stored secret cannot be decrypted: it was made under another key file."""


class SecondFactor:
    """Makes and checks codes under one key; `issuer` is what a telephone shows beside the user's name."""

    def __init__(self, key: str, issuer: str) -> None:
        self._cipher = AESGCM(hashlib.sha256(b"anpr-second-factor" + key.encode()).digest())
        self._code_key = hashlib.sha256(b"anpr-recovery-codes" + key.encode()).digest()
        self._issuer = issuer

    def make_secret(self) -> str:
        """A new shared secret of 160 random bits, in base 32."""
        return pyotp.random_base32()

    def seal(self, user: str, secret: str) -> bytes:
        """The secret as it is stored: nonce and ciphertext."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret.encode(), user.encode())

    def unseal(self, user: str, sealed: bytes) -> str:
        """The secret of what was stored for this user. Raises SealedSecretError."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], user.encode()).decode()
        except InvalidTag:
            raise SealedSecretError(
                f"second factor of {user}: data_dir/second-factor-key is not the key it was stored under; bring the"
                f" key back, or run anpr user reset-second-factor {user}"
            ) from None

    def address(self, user: str, secret: str) -> str:
        """The otpauth:// address that an authenticator app takes."""
        return pyotp.TOTP(secret).provisioning_uri(name=user, issuer_name=self._issuer)

    def recovery_codes(self) -> list[str]:
        """New ones of 80 random bits, in groups of four letters and digits."""
        return [_grouped(base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode().lower()) for _ in range(CODES)]

    def code_digest(self, user: str, code: str) -> bytes:
        """What is stored of a recovery code, 32 bytes, however it is typed."""
        return hmac.new(self._code_key, f"{user}\n{_bare(code)}".encode(), hashlib.sha256).digest()


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step (30 s since 1970) whose code this is, within DRIFT_STEPS of now; None when it is none of them."""
    totp, present = pyotp.TOTP(secret), int(now.timestamp()) // STEP_S
    typed = "".join(code.split())
    found = None
    for step in range(present - DRIFT_STEPS, present + DRIFT_STEPS + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), typed.encode()):
            found = step
    return found


def qr_svg(text: str) -> str:
    """The text as a QR code, black on white: an SVG element without styles or scripts."""
    out = io.BytesIO()
    segno.make(text, micro=False).save(out, kind="svg", xmldecl=False, svgns=False, scale=5, border=4, light="white")
    return out.getvalue().decode()


def _grouped(text: str) -> str:
    return "-".join(text[start : start + _GROUP] for start in range(0, len(text), _GROUP))


def _bare(code: str) -> str:
    return "".join(sign for sign in code.lower() if sign.isalnum())
