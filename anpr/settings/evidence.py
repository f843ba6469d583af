# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of evidence: the time stamping authority that says when a package was there."""

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from anpr.settings.address import check_address
from anpr.settings.base import Section
from anpr.settings.secret_origin import SecretOrigin


class TimeStampSettings(SecretOrigin):
    """The time stamping authority (RFC 3161), which gets the digest of a package's signature and nothing else. With a
    login (`user` and a secret) only by HTTPS."""

    url: Annotated[str, Field(min_length=1, max_length=300)] | None = None
    """Where requests go, such as https://tsa.example.it/tsr; http too, as the answer is signed. None: packages have no
    time stamp, and say so."""
    ca_file: Annotated[str, Field(min_length=1)] | None = None
    """PEM certificates of the roots that the authority's certificate must lead to. Packages carry them, so that anybody
    can check the stamp later."""
    policy: Annotated[str, Field(pattern=r"^[0-2](\.(0|[1-9][0-9]*))+$", max_length=100)] | None = None
    """Policy (object identifier) that the answer must name; with None any is taken."""
    user: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^:\x00-\x1f]+$")] | None = None
    """Login at the authority (HTTP Basic); none where it asks for none."""
    tls_ca_file: Annotated[str, Field(min_length=1)] | None = None
    """PEM certificates that the HTTPS server's may be signed by, instead of those of the system."""
    timeout_s: Annotated[float, Field(gt=0, le=120)] = 15.0
    """So long a whole request may take; then the package is made without a stamp, and says so."""

    @field_validator("url")
    @classmethod
    def _is_plain(cls, value: str | None) -> str | None:
        if value is not None:
            parts = check_address(value, ("https", "http"))
            if "@" in parts.netloc:
                raise ValueError("a login in the address; write it in user and secret_file")
            if parts.query or parts.fragment:
                raise ValueError("no ? and no # in the address: packages name it")
        return value

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.has_secret != bool(self.user):
            raise ValueError("user and a secret (secret_file or secret_env) go together")
        if self.user and self.url and urlsplit(self.url).scheme != "https":
            raise ValueError("url: a login needs https")
        if self.url and self.ca_file is None:
            raise ValueError("ca_file: needed, or nobody could check a stamp")
        return self


class EvidenceSettings(Section):
    """Packages of evidence; how long the console keeps them is in the section `console`."""

    time_stamp: TimeStampSettings = TimeStampSettings()
