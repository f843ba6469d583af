# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writer of SOAP envelopes around a document. Pure; WS-Security is added when it is sent."""

from xml.sax.saxutils import quoteattr

from anpr.forward.profile.soap import PREFIX, SoapRules
from anpr.forward.profile.template import Row
from anpr.forward.profile.xml_writer import element, frame_of
from anpr.ws_security.envelope import ENVELOPES

_BODY = f"<{PREFIX}:Body>".encode()
_END = f"</{PREFIX}:Body></{PREFIX}:Envelope>".encode()
_DECLARED = b"?>"


def write_envelope(rules: SoapRules, headers: Row, document: bytes) -> bytes:
    """The document (UTF-8, with its XML declaration) in an envelope. The Header is left out when it would be empty."""
    spaces = {PREFIX: ENVELOPES[rules.version], **rules.namespaces}
    attributes = "".join(f" xmlns:{prefix}={quoteattr(uri)}" for prefix, uri in spaces.items())
    declaration, _, body = document.partition(_DECLARED)
    start = f"\n<{PREFIX}:Envelope{attributes}>".encode()
    return b"".join((declaration, _DECLARED, start, _header(headers), _BODY, body.lstrip(), _END))


def _header(headers: Row) -> bytes:
    if all(text is None for _, text in headers):
        return b""
    return element(f"{PREFIX}:Header", frame_of(headers)).encode()
