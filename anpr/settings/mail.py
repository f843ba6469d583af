# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of the mail server (SMTP) by which the system writes to people."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from anpr.settings.base import Section
from anpr.settings.mail_address import MailAddress
from anpr.settings.secret_origin import VariableName


class MailSettings(Section):
    """The mail server that takes what the system writes to people. The connection is always encrypted, and the server's
    certificate verified."""

    host: Annotated[str, Field(min_length=1, max_length=255)] | None = None
    """Name of the server, which its certificate must bear. None: no mail is sent."""
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    """587 with starttls, 465 with tls."""
    security: Literal["starttls", "tls"] = "starttls"
    """starttls: encryption is asked for on a plain connection, and nothing is sent where the server offers none. tls:
    from the first byte."""
    sender: MailAddress | None = None
    """The address that mails are from."""
    user: Annotated[str, Field(min_length=1)] | None = None
    """Login at the server; none where it asks for none."""
    secret_file: Annotated[str, Field(min_length=1)] | None = None
    """File with the password."""
    secret_env: VariableName | None = None
    """Environment variable that holds the password instead; its name must not begin with `ANPR_`."""
    ca_file: str | None = None
    """PEM certificates that the server's may be signed by, instead of those of the system."""
    timeout_s: Annotated[float, Field(gt=0, le=300)] = 30.0
    """So long each answer of the server is waited for."""

    @model_validator(mode="after")
    def _no_contradiction(self) -> Self:
        if self.secret_file and self.secret_env:
            raise ValueError("needs either secret_file or secret_env, not both")
        has_secret = bool(self.secret_file or self.secret_env)
        if has_secret != bool(self.user):
            raise ValueError("user and a secret (secret_file or secret_env) go together")
        if self.host is not None and self.sender is None:
            raise ValueError("sender: the address that mails are from is missing")
        return self
