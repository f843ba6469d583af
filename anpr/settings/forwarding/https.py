# SPDX-License-Identifier: AGPL-3.0-or-later
"""Target settings of the transport `https`."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from anpr.settings.address import check_address
from anpr.settings.forwarding.placeholders import check_placeholders
from anpr.settings.forwarding.tls import TlsSettings
from anpr.settings.forwarding.ws_security import WsSecuritySettings

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_MEDIA_TYPE = r"^[A-Za-z0-9.+-]+/[A-Za-z0-9.+-]+(; ?[A-Za-z0-9-]+=[A-Za-z0-9.+-]+)?$"
_HEADER_VALUE = re.compile(r"[\x20-\x7e]*")
_OURS = frozenset(
    {
        "authorization",
        "connection",
        "content-length",
        "content-type",
        "host",
        "proxy-authorization",
        "transfer-encoding",
    }
)
FILE_PLACEHOLDERS = ("name", "stem", "sha256", "size")
"""Of a header: the file's name, that without its ending, its SHA-256 in hexadecimal, and its bytes."""


def _check_url(url: str) -> str:
    parts = check_address(url, ("https",))
    if not parts.hostname or parts.username is not None or parts.fragment:
        raise ValueError("expected https://HOST/PATH, without a login or a fragment")
    host_and_port = parts.netloc
    if set("{}") & set(host_and_port) or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("expected plain signs, and placeholders in the path or query only")
    return check_placeholders(url, ("name", "stem"))


def _check_headers(headers: dict[str, str]) -> dict[str, str]:
    for name, value in headers.items():
        check_header_name(name)
        if not _HEADER_VALUE.fullmatch(value):
            raise ValueError(f"{name}: a header's value is printable ASCII")
        check_placeholders(value, FILE_PLACEHOLDERS)
    return headers


def check_header_name(name: str) -> str:
    """The name. Raises ValueError when it is none, or one that is set otherwise."""
    if not _HEADER_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of a header")
    if name.lower() in _OURS:
        raise ValueError(f"{name} is set by what is sent, content_type and auth")
    return name


Url = Annotated[str, AfterValidator(_check_url)]
HeaderName = Annotated[str, AfterValidator(check_header_name)]


class HttpSettings(TlsSettings):
    """A web service: where it is, what is said in headers, and how one logs in."""

    url: Url
    """Where each file is sent, always over TLS; `{name}` and `{stem}` are the file's name,
    whole and without its ending."""
    headers: Annotated[dict[str, str], AfterValidator(_check_headers)] = Field(default_factory=dict)
    """Further headers; values may hold `{name}`, `{stem}`, `{sha256}` (hexadecimal) and `{size}` (bytes) of the file.
    `Idempotency-Key: "{name}"` lets a server know a file that is sent again."""
    auth: Literal["none", "basic", "bearer", "header"] = "none"
    """How the secret is shown: `basic` with user and password, `bearer` with a token, `header` in one of its own."""
    user: Annotated[str, Field(min_length=1, pattern=r"^[^:\x00-\x1f]+$")] | None = None
    """Of basic."""
    auth_header: HeaderName | None = None
    """Name of the header of `auth: header`, such as `X-Api-Key`."""

    @model_validator(mode="after")
    def _can_log_in(self) -> Self:
        if self.has_secret != (self.auth != "none"):
            raise ValueError("auth basic, bearer or header go with secret_file or secret_env, and only with them")
        if (self.user is not None) != (self.auth == "basic"):
            raise ValueError("user goes with auth: basic, and only with it")
        if (self.auth_header is not None) != (self.auth == "header"):
            raise ValueError("auth_header goes with auth: header, and only with it")
        return self

    @property
    def address(self) -> str:
        return self.url.partition("?")[0]


class HttpsTarget(HttpSettings):
    """A web service that takes each file as the body of a request, and answers at once."""

    kind: Literal["https"]
    """Of the target."""
    method: Literal["POST", "PUT"] = "POST"
    """Of the request."""
    content_type: Annotated[str, Field(pattern=_MEDIA_TYPE)] = "application/octet-stream"
    """Of the body, such as `application/xml; charset=utf-8` or `application/json`; images are sent as `image/jpeg`.
    A SOAP profile says its own."""
    ws_security: WsSecuritySettings | None = None
    """With a SOAP profile: how its messages are signed, or who sends them."""
