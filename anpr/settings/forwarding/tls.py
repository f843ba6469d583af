# SPDX-License-Identifier: AGPL-3.0-or-later
"""Base class of targets that are reached over TLS: whom to trust, our own certificate, pins, and patience."""

import base64
import binascii
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from anpr.settings.forwarding.base import SecretSettings


def _check_pin(text: str) -> str:
    """The pin in base64. Raises ValueError when it is no SHA-256."""
    bare = text.removeprefix("sha256//")
    try:
        digest = base64.b64decode(bare, validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) != 32:
        raise ValueError("expected the SHA-256 of a public key in base64: 44 signs")
    return bare


Pin = Annotated[str, AfterValidator(_check_pin)]
"""SHA-256 of a certificate's SubjectPublicKeyInfo in base64; `sha256//` may stand before it, as curl writes it."""


class TlsSettings(SecretSettings):
    """A target whose server proves by certificate who it is, or gets nothing."""

    ca_file: str | None = None
    """PEM certificates that the server's may be signed by, instead of those of the system."""
    pins: tuple[Pin, ...] = ()
    """The server's public key must be one of these besides: SHA-256 of its SubjectPublicKeyInfo in base64. With the key
    that comes next beside today's, a new certificate interrupts nothing."""
    certificate_file: str | None = None
    """PEM certificate by which we prove who we are (mutual TLS), with those that lead to its authority."""
    key_file: str | None = None
    """Private key of that certificate, in PEM form without a passphrase."""
    timeout_s: Annotated[float, Field(gt=0, le=600)] = 60.0
    """So long a connection, and one file with its whole answer, may take."""

    @model_validator(mode="after")
    def _is_a_pair(self) -> Self:
        if bool(self.certificate_file) != bool(self.key_file):
            raise ValueError("certificate_file and key_file go together")
        return self
