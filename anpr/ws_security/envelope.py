# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cut of a SOAP envelope at the places where WS-Security goes: the end of its Header, and its Body's start tag.

Whoever wrote it, its bytes stay as they are: prefixes in texts keep their meaning, and nothing is parsed beyond the
start of the Body.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from xml.parsers import expat

from anpr.ws_security.names import WSSE, WSU

ENVELOPES: Mapping[str, str] = MappingProxyType(
    {"1.1": "http://schemas.xmlsoap.org/soap/envelope/", "1.2": "http://www.w3.org/2003/05/soap-envelope"}
)
"""Namespace of the envelope by version."""
_CHUNK = 1 << 14
_EMPTY_TAG = re.compile(rb"""<([^\s/>]+)((?:\s+[^\s=]+\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*/>""")
_TAG_NAME = re.compile(rb"<[^\s/>]+")


class EnvelopeCut:
    """Where the parts lie, in bytes from the start. Raises ValueError when it is no envelope that can be secured."""

    def __init__(self, envelope: bytes) -> None:
        self._envelope = envelope
        self._path: list[str] = []
        self._header: tuple[int, int] | None = None
        self._body: int | None = None
        self.space = ""
        """Namespace of the envelope."""
        parser = self._parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
        parser.StartDoctypeDeclHandler = self._doctype
        try:
            for place in range(0, len(envelope), _CHUNK):
                parser.Parse(envelope[place : place + _CHUNK])
                if self._body is not None:
                    return
        except expat.ExpatError as exc:
            raise ValueError(f"no XML: line {exc.lineno}") from None
        finally:  # a circle with its handlers would keep the envelope in memory
            parser.StartElementHandler = parser.EndElementHandler = parser.StartDoctypeDeclHandler = None
        raise ValueError("no SOAP envelope with a Body")

    def with_header(self, block: bytes, body_id: str = "") -> bytes:
        """The envelope with this block at the end of its Header, and with `body_id` as its Body's `wsu:Id`."""
        envelope, body = self._envelope, self._body
        assert body is not None
        before, after = envelope[:body], envelope[body:]
        if body_id:
            name = _TAG_NAME.match(after)
            assert name is not None
            after = name[0] + f' xmlns:wsu="{WSU}" wsu:Id="{body_id}"'.encode() + after[name.end() :]
        if self._header is None:
            return before + f'<e:Header xmlns:e="{self.space}">'.encode() + block + b"</e:Header>" + after
        start, end = self._header
        empty = _EMPTY_TAG.match(envelope, start)
        if empty is not None:
            name_of, attributes = empty[1], empty[2]
            whole = b"<" + name_of + attributes + b">" + block + b"</" + name_of + b">"
            return envelope[:start] + whole + envelope[empty.end() : body] + after
        return envelope[:end] + block + envelope[end:body] + after

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        if self._body is not None:
            return
        self._path.append(name)
        depth = len(self._path)
        if depth == 1:
            self.space = name.rpartition(" ")[0]
            if self.space not in ENVELOPES.values() or not name.endswith(" Envelope"):
                raise ValueError("no SOAP envelope")
        elif depth == 2 and name == f"{self.space} Header":
            self._header = (self._parser.CurrentByteIndex, -1)
        elif depth == 2 and name == f"{self.space} Body":
            if f"{WSU} Id" in attributes:
                raise ValueError("its Body has a wsu:Id of its own")
            self._body = self._parser.CurrentByteIndex
        elif depth == 3 and name == f"{WSSE} Security":
            raise ValueError("it has a Security header of its own")

    def _end(self, name: str) -> None:
        if self._body is not None:
            return
        if len(self._path) == 2 and name == f"{self.space} Header" and self._header is not None:
            self._header = (self._header[0], self._parser.CurrentByteIndex)
        self._path.pop()

    def _doctype(self, *_: object) -> None:
        raise ValueError("a document type (DOCTYPE) is not read, as it may define entities")
