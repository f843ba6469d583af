# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of WS-Security, by which the messages of a SOAP profile prove who sent them."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from anpr.settings.secret_origin import SecretOrigin

SignedPart = Literal["body", "timestamp", "username-token", "certificate"]
_FileName = Annotated[str, Field(min_length=1)]


class WsSecuritySettings(SecretOrigin):
    """Header `Security` of each message. Secrets and keys are read when a run connects."""

    username: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    """Of a UsernameToken; its password is in secret_file or secret_env."""
    password_type: Literal["digest", "text"] = "digest"
    """`digest`: SHA-1 of nonce, time and password, so that it does not travel itself; `text`: as it is, within TLS."""
    timestamp_s: Annotated[int, Field(ge=1, le=86_400)] | None = 300
    """Seconds that a message holds, by its Timestamp; null writes none."""
    certificate_file: _FileName | None = None
    """PEM certificate of the signature (X.509 token profile); needs the extra `soap`."""
    key_file: _FileName | None = None
    """Private key of that certificate, RSA or EC, in PEM form without a passphrase."""
    signed: Annotated[tuple[SignedPart, ...], Field(min_length=1)] = ("body", "timestamp")
    """What the signature covers; a part that the message lacks is passed over."""
    must_understand: bool = True
    """Whether a receiver that does not know WS-Security must refuse the message."""
    reply_certificate_file: _FileName | None = None
    """PEM certificate by whose key the Body of each reply must be signed; what is not signed so accepts nothing. Needs
    the extra `soap`."""

    @model_validator(mode="after")
    def _fit(self) -> Self:
        if (self.username is not None) != self.has_secret:
            raise ValueError("username goes with secret_file or secret_env, and only with them")
        if bool(self.certificate_file) != bool(self.key_file):
            raise ValueError("certificate_file and key_file go together")
        if self.certificate_file is not None and "body" not in self.signed:
            raise ValueError("signed: a signature that leaves the body out proves nothing about the transits")
        if self.username is None and self.certificate_file is None and self.reply_certificate_file is None:
            raise ValueError("needs username, certificate_file or reply_certificate_file")
        return self
