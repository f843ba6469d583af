# SPDX-License-Identifier: AGPL-3.0-or-later
"""Records of an XML file, or of a SOAP envelope: expat in parts, one record's tree at a time. A DOCTYPE is refused."""

from collections.abc import Iterator
from xml.parsers import expat

from anpr.forward.profile.encoding import XmlEncoding
from anpr.simulator.reading.record import Values

_PART_BYTES = 64 * 1024
_MAX_DEPTH = 64
_SPACE = " "


def read_xml_records(encoding: XmlEncoding, names: tuple[str, ...], data: bytes) -> Iterator[Values]:
    """The texts of each record by field name. Raises ValueError when it is no XML, or has a DOCTYPE."""
    # A profile without an element for records has one, whose fields lie below the root.
    collector = _Collector(local(encoding.record or encoding.root))
    parser = expat.ParserCreate(None, _SPACE)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = collector.start
    parser.EndElementHandler = collector.end
    parser.CharacterDataHandler = collector.text
    paths = {name: "/".join(local(part) for part in name.split("/")) for name in names}
    try:
        for start in range(0, len(data) or 1, _PART_BYTES):
            parser.Parse(data[start : start + _PART_BYTES], start + _PART_BYTES >= len(data))
            for found in collector.take():
                yield {name: found[path] for name, path in paths.items() if path in found}
    except expat.ExpatError as exc:
        raise ValueError(f"no XML: line {exc.lineno}: {expat.ErrorString(exc.code)}") from None
    except LookupError:
        raise ValueError("no XML: an encoding that is not known") from None


def local(name: str) -> str:
    """A name without its namespace or prefix; an attribute keeps its `@`."""
    bare = name.rpartition(_SPACE)[2]
    sign = "@" if bare.startswith("@") else ""
    return sign + bare.removeprefix("@").rpartition(":")[2]


def _refuse_doctype(*_: object) -> None:
    raise ValueError("a document type (DOCTYPE) is not read, as it may define entities")


class _Collector:
    """Keeps the texts below the record that is open, by path; the first of each path counts."""

    def __init__(self, record: str) -> None:
        self._record = record
        self._depth = 0
        self._path: list[str] | None = None
        self._text: list[str] = []
        self._open: dict[str, str] = {}
        self._done: list[dict[str, str]] = []

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ValueError(f"deeper than {_MAX_DEPTH}")
        if self._path is None:
            if local(name) != self._record:
                return
            self._path, self._open = [], {}
        else:
            self._path.append(local(name))
        self._text = []
        for key, value in attributes.items():
            self._open.setdefault("/".join([*self._path, f"@{local(key)}"]), value)

    def text(self, text: str) -> None:
        if self._path is not None:
            self._text.append(text)

    def end(self, _: str) -> None:
        self._depth -= 1
        if self._path is None:
            return
        if not self._path:
            self._done.append(self._open)
            self._path = None
            return
        text = "".join(self._text)
        self._text = []
        if text.strip() or "/".join(self._path) not in self._open:
            self._open.setdefault("/".join(self._path), text)
        self._path.pop()

    def take(self) -> list[dict[str, str]]:
        done, self._done = self._done, []
        return done
