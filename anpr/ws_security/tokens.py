# SPDX-License-Identifier: AGPL-3.0-or-later
"""Tokens of a Security header as text: Timestamp, UsernameToken, and the certificate. Pure."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from xml.sax.saxutils import escape

from anpr.ws_security.names import BASE64, IDS, PASSWORD_TYPES, X509


def timestamp(now: datetime, holds_s: int) -> str:
    """A message made at `now` (with its time zone) holds for so many seconds."""
    until = now + timedelta(seconds=holds_s)
    return (
        f'<wsu:Timestamp wsu:Id="{IDS["timestamp"]}"><wsu:Created>{_moment(now)}</wsu:Created>'
        f"<wsu:Expires>{_moment(until)}</wsu:Expires></wsu:Timestamp>"
    )


def username_token(username: str, password: str, password_type: str, nonce: bytes, now: datetime) -> str:
    """The token; of type `digest` the password is in none of its parts."""
    created = _moment(now)
    shown = password_digest(password, nonce, created) if password_type == "digest" else password
    return (
        f'<wsse:UsernameToken wsu:Id="{IDS["username-token"]}"><wsse:Username>{escape(username)}</wsse:Username>'
        f'<wsse:Password Type="{PASSWORD_TYPES[password_type]}">{escape(shown)}</wsse:Password>'
        f'<wsse:Nonce EncodingType="{BASE64}">{base64.b64encode(nonce).decode()}</wsse:Nonce>'
        f"<wsu:Created>{created}</wsu:Created></wsse:UsernameToken>"
    )


def password_digest(password: str, nonce: bytes, created: str) -> str:
    """Base64 of SHA-1 over nonce, time and password, as the UsernameToken profile prescribes it."""
    digest = hashlib.sha1(nonce + created.encode() + password.encode(), usedforsecurity=False)
    return base64.b64encode(digest.digest()).decode()


def certificate_token(der: bytes) -> str:
    """The certificate (DER) by which the signature is verified."""
    return (
        f'<wsse:BinarySecurityToken wsu:Id="{IDS["certificate"]}" EncodingType="{BASE64}" ValueType="{X509}">'
        f"{base64.b64encode(der).decode()}</wsse:BinarySecurityToken>"
    )


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"
