# SPDX-License-Identifier: AGPL-3.0-or-later
"""Target settings of the transport `smtp`."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from anpr.settings.base import ServerName, is_loopback
from anpr.settings.forwarding.placeholders import check_placeholders
from anpr.settings.forwarding.tls import TlsSettings
from anpr.settings.mail_address import MailAddress

_PLACEHOLDERS = ("name", "stem", "sha256", "size")
MAIL_PORTS = frozenset({25, 465, 587})
"""On which a mail server passes mails on; a simulator of one listens elsewhere."""


def _check_template(text: str) -> str:
    return check_placeholders(text, _PLACEHOLDERS)


_Template = AfterValidator(_check_template)


class SmtpTarget(TlsSettings):
    """A mail for each file, with the file attached, handed to a mail server over TLS.

    TLS ends at that server: the mail names plates, and passes each server between it and the office unless they
    agree on more. Use the office's own server, or one that the agreement names.
    """

    kind: Literal["smtp"]
    """Of the target."""
    host: ServerName
    """Name or address of the server, which its certificate must bear."""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    """587 with starttls, 465 with tls."""
    security: Literal["starttls", "tls"] = "starttls"
    """starttls: encryption is asked for on a plain connection, and nothing is sent where the server offers none. tls:
    from the first byte."""
    user: Annotated[str, Field(min_length=1, pattern=r"^[^\x00-\x1f]+$")] | None = None
    """Login at the server; none where it asks for none."""
    sender: MailAddress
    """The address that mails are from."""
    to: Annotated[tuple[MailAddress, ...], Field(min_length=1, max_length=10)]
    """Who gets them. Where the server refuses one of them, nobody gets the file."""
    subject: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\r\n]+$"), _Template] = "{name}"
    """May hold `{name}`, `{stem}`, `{sha256}` (hexadecimal) and `{size}` (bytes) of the file."""
    text: Annotated[str, Field(max_length=5000), _Template] = "{name}, {size} byte, SHA-256 {sha256}"
    """Of the mail, with the same placeholders."""

    @model_validator(mode="after")
    def _can_log_in(self) -> Self:
        if self.has_secret != (self.user is not None):
            raise ValueError("user and a secret (secret_file or secret_env) go together")
        return self

    @property
    def address(self) -> str:
        return f"smtp://{self.host}:{self.port} to {', '.join(self.to)}"

    @property
    def leaves_machine(self) -> bool:
        """On the ports of mail a server of this machine passes mails on."""
        return not is_loopback(self.host.strip("[]")) or self.port in MAIL_PORTS
