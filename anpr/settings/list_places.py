# SPDX-License-Identifier: AGPL-3.0-or-later
"""Settings of places from which files of lists are fetched over HTTPS, and of lists that a centre hands out."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from anpr.settings.address import check_address
from anpr.settings.base import Section
from anpr.settings.forwarding.https import HttpSettings
from anpr.settings.forwarding.placeholders import check_placeholders
from anpr.settings.forwarding.ws_security import WsSecuritySettings

VERSION_PLACEHOLDER = ("version",)
_STEP = r"[A-Za-z_][\w.-]*"
_FILE_NAME = r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$"


def _check_url(url: str) -> str:
    parts = check_address(url, ("https",))
    if not parts.hostname or parts.username is not None or parts.fragment:
        raise ValueError("expected https://HOST/PATH, without a login or a fragment")
    if set("{}") & set(parts.netloc) or not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("expected plain signs, and {version} in the path or query only")
    return check_placeholders(url, VERSION_PLACEHOLDER)


def _check_headers(headers: dict[str, str]) -> dict[str, str]:
    if any(set("{}") & set(value) for value in headers.values()):
        raise ValueError("a request for a list has no placeholders in its headers")
    return headers


class ListServiceSettings(HttpSettings):
    """A web service that hands out a list."""

    url: Annotated[str, AfterValidator(_check_url)]
    """Where it is asked for, always over TLS. `{version}` is the version that is held, and empty where none is or a
    whole list is needed."""
    headers: Annotated[dict[str, str], AfterValidator(_check_headers)] = Field(default_factory=dict)
    """Further headers, as they are."""
    file_name: Annotated[str, Field(pattern=_FILE_NAME)] | None = None
    """What its file is called here. None: as the answer says (`Content-Disposition`), or the last part of `url`."""


class HttpsPlace(ListServiceSettings):
    """A list that is fetched by GET. `ETag` and `Last-Modified` of its answer are sent back, so that what has not
    changed is not transferred again. A `Repr-Digest` or `Content-Digest` with SHA-256 is compared."""

    kind: Literal["https"] = "https"
    """Of the place."""


class SoapPlace(ListServiceSettings):
    """A list that a web service hands out as the answer to a SOAP request."""

    kind: Literal["soap"] = "soap"
    """Of the place."""
    soap: Literal["1.1", "1.2"] = "1.1"
    """Its version."""
    action: Annotated[str, Field(max_length=500, pattern=r"^[\x21\x23-\x7e]*$")] = ""
    """SOAPAction of 1.1, or the parameter `action` of 1.2."""
    request_file: str
    """XML file with the whole envelope that is sent; `{version}` in it as in `url`, and no other brace."""
    ws_security: WsSecuritySettings | None = None
    """How the request proves who sends it, and by whose key the Body of the answer must be signed. A signed answer has
    96 MiB at most, and no attachments."""
    reply_file: Annotated[str, Field(pattern=rf"^({_STEP}/)*{_STEP}$", max_length=500)] | None = None
    """The element of the answer that holds the file, from the root and without namespaces, such as
    `Envelope/Body/ListaResponse/file`: base64, or a reference to an attachment (MTOM). None: the answer itself is the
    file, and the profile says where its records are."""


class ReceivedSettings(Section):
    """A list that a centre hands out (A1, A2, C): nobody changes it by hand, and its versions follow one another."""

    sender: Annotated[str, Field(min_length=1, max_length=200)]
    """Who hands it out, as screens show it."""
    shrink_percent: Annotated[float, Field(ge=0, le=100)] = 20.0
    """A file that would take off more of its entries than this waits for a person; an empty one always does."""
    growth_percent: Annotated[float, Field(gt=0, le=1_000_000)] = 100.0
    """So does one that would add more than this."""
