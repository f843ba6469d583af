# SPDX-License-Identifier: AGPL-3.0-or-later
"""Section of a profile: SOAP 1.1 or 1.2 around each file, and what its faults mean.

WS-Security is no part of it: its secrets belong to the settings (`target.ws_security`).
"""

import re
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from anpr.forward.profile.answers import Answers, Meaning
from anpr.forward.profile.encoding import Encoding, XmlEncoding, is_xml_name
from anpr.forward.profile.field import FieldRule, Part
from anpr.forward.profile.sections import first_duplicate

SoapVersion = Literal["1.1", "1.2"]
PREFIX = "soap"
"""Of the envelope's namespace in what we write."""
_TAKEN = frozenset({PREFIX, "xml", "xmlns", "wsse", "wsu", "ds"})
_ACTION = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]*")
_URI = Annotated[str, Field(min_length=1, max_length=300)]


class FaultCodes(Part):
    """What the code of a fault means, by its local name; the most specific one that is listed counts.

    In 1.1 `Client.Authentication` counts before `Client`, in 1.2 the subcode before the code. One that is in no list
    stops the run until a person looks.
    """

    permanent: tuple[str, ...] = ("Client", "Sender")
    """The transits of the file are rejected."""
    transient: tuple[str, ...] = ("Server", "Receiver")
    """The same file is sent again, after a pause."""
    stop: tuple[str, ...] = (
        "VersionMismatch",
        "MustUnderstand",
        "DataEncodingUnknown",
        "Client.Authentication",
        "FailedAuthentication",
        "FailedCheck",
        "InvalidSecurity",
        "InvalidSecurityToken",
        "MessageExpired",
        "SecurityTokenUnavailable",
        "UnsupportedAlgorithm",
        "UnsupportedSecurityToken",
    )
    """The run stops and keeps the queue: the message as such is refused, as by WS-Security, not its transits."""

    @model_validator(mode="after")
    def _once(self) -> "FaultCodes":
        twice = first_duplicate((*self.permanent, *self.transient, *self.stop))
        if twice is not None:
            raise ValueError(f"fault {twice!r} is listed twice")
        return self

    def meaning(self, codes: Sequence[str]) -> Meaning | None:
        """Of the first of these codes that is listed; None when it stops the run, or none is."""
        for code in codes:
            if code in self.permanent:
                return "permanent"
            if code in self.transient:
                return "transient"
            if code in self.stop:
                return None
        return None


class SoapRules(Part):
    """SOAP around each file: its document becomes the one element of the Body."""

    version: SoapVersion
    action: Annotated[str, Field(max_length=300)] = ""
    """SOAPAction of 1.1, or the parameter `action` of 1.2's content type. Empty: an empty SOAPAction, and no
    parameter."""
    namespaces: dict[str, _URI] = Field(default_factory=dict)
    """Declared on the Envelope, by prefix; for headers and fields such as `wsa:To`."""
    headers: tuple[FieldRule, ...] = ()
    """Header blocks, from the sources of a batch."""
    faults: FaultCodes = Field(default_factory=FaultCodes)

    @property
    def http_headers(self) -> dict[str, str]:
        """Content-Type, and in 1.1 SOAPAction."""
        if self.version == "1.1":
            return {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{self.action}"'}
        action = f'; action="{self.action}"' if self.action else ""
        return {"Content-Type": f"application/soap+xml; charset=utf-8{action}"}

    @field_validator("action")
    @classmethod
    def _fits_a_header(cls, value: str) -> str:
        if not _ACTION.fullmatch(value):
            raise ValueError("printable ASCII without spaces, quotes and backslashes")
        return value

    @field_validator("namespaces")
    @classmethod
    def _are_prefixes(cls, value: dict[str, str]) -> dict[str, str]:
        wrong = next((name for name in value if not is_xml_name(name) or ":" in name or name in _TAKEN), None)
        if wrong is not None:
            raise ValueError(f"{wrong!r} is no prefix that a profile may declare")
        return value

    @field_validator("headers")
    @classmethod
    def _are_blocks(cls, value: tuple[FieldRule, ...]) -> tuple[FieldRule, ...]:
        wrong = next((rule.name for rule in value if rule.name.startswith(("@", f"{PREFIX}:"))), None)
        if wrong is not None:
            raise ValueError(f"{wrong!r} is no header block of its own")
        return value


def check_soap(rules: SoapRules, encoding: Encoding, answers: Answers, names: Sequence[str]) -> None:
    """Raises ValueError when a profile with a section `soap` has parts that do not go with it.

    `names` are those of all fields.
    """
    if not isinstance(encoding, XmlEncoding) or encoding.charset != "utf-8":
        raise ValueError("soap: goes with encoding xml in utf-8")
    if answers.kind == "receipt" or answers.body.format == "json":
        raise ValueError("soap: answers are of kind none, or reply with a body of format xml or none")
    elements = (encoding.root, encoding.record or "", encoding.wrapper or "")
    parts = {part.lstrip("@") for name in (*elements, *names) for part in name.split("/")}
    known = {"xml", "xmlns", PREFIX, *rules.namespaces, *(part[6:] for part in parts if part.startswith("xmlns:"))}
    unbound = next((part for part in sorted(parts) if ":" in part and part.split(":")[0] not in known), None)
    if unbound is not None:
        raise ValueError(f"soap.namespaces: the prefix of {unbound!r} is not declared")
