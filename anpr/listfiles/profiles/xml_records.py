# SPDX-License-Identifier: AGPL-3.0-or-later
"""XML as a table, read as a stream (expat): an element is a row. A document type is refused, and with it all entities.

So no bomb can unfold, nothing outside is opened, and what a hostile document may cost is its own size.
"""

from collections.abc import Iterator
from xml.parsers import expat

from anpr.listfiles.columns import Column
from anpr.listfiles.profiles.profile import ListProfile, Xml
from anpr.listfiles.table import MAX_BYTES, MAX_CELL, MAX_COLUMNS, MAX_ROWS, FileError, FileFault, Format, Row, Table

MAX_DEPTH = 64
"""Elements within one another."""
_CHUNK = 1 << 16
_SPACE = " "
"""Between an element's namespace and its name."""


def read_xml(name: str, content: bytes, profile: ListProfile, how: Xml, told: str = "") -> Table:
    """The table, with a header of our own above it; the number of a row is the line on which its element begins.

    Raises InputError, also while it is gone through, when it is no well-formed document or goes beyond a limit.
    """
    if len(content) > MAX_BYTES:
        raise FileError(FileFault.TOO_MUCH, f"{name}: larger than {MAX_BYTES >> 20} MiB")
    return Table(format=Format.XML, encoding=told or how.charset or None, rows=_rows(name, content, profile, how, told))


def looks_like_xml(content: bytes) -> bool:
    """Whether it begins like a document, in whatever encoding."""
    start = content[:200].replace(b"\x00", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return start.startswith((b"<?xml", b"<!DOCTYPE")) or (start.startswith(b"<") and b">" in content)


def _rows(name: str, content: bytes, profile: ListProfile, how: Xml, told: str) -> Iterator[Row]:
    yield 0, [str(column) for column in Column]
    document = _Document(name, profile, how, told)
    for place in range(0, max(1, len(content)), _CHUNK):
        document.feed(content[place : place + _CHUNK], is_last=place + _CHUNK >= len(content))
        yield from document.take()


class _Document:
    """Collects the texts of each record while expat goes through it."""

    def __init__(self, name: str, profile: ListProfile, how: Xml, told: str) -> None:
        self._name = name
        self._profile = profile
        self._record = tuple(how.record.split("/"))
        self._places: dict[tuple[str, ...], list[int]] = {}
        for number, each in enumerate(profile.fields):
            self._places.setdefault(tuple((each.path or "").split("/")), []).append(number)
        self._path: list[str] = []
        self._texts: list[list[str]] = []
        self._line = 0
        self._found: list[Row] = []
        self._number = 0
        self._length = 0
        self._parser = expat.ParserCreate(told or how.charset or None, _SPACE)
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text

    def feed(self, part: bytes, *, is_last: bool) -> None:
        """Go on. Raises FileError."""
        try:
            self._parser.Parse(part, is_last)
        except (expat.ExpatError, LookupError, ValueError) as exc:
            line = self._parser.ErrorLineNumber
            detail = f"{self._name}: line {line}: no well-formed XML ({exc})"
            raise FileError(FileFault.BROKEN_XML, detail, line) from exc

    def take(self) -> list[Row]:
        """The rows that are complete by now, each once."""
        found, self._found = self._found, []
        return found

    def _refuse_doctype(self, *_: object) -> None:
        detail = f"{self._name}: a document type (DOCTYPE) is not read, as it may define entities"
        raise FileError(FileFault.DOCTYPE, detail, self._parser.CurrentLineNumber)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(_local(name))
        line = self._parser.CurrentLineNumber
        if len(self._path) > MAX_DEPTH or len(attributes) > MAX_COLUMNS:
            most = f"deeper than {MAX_DEPTH}, or more than {MAX_COLUMNS} attributes"
            detail = f"{self._name}: line {line}: {self._where()}: {most}"
            raise FileError(FileFault.TOO_MUCH, detail, line)
        depth = len(self._record)
        if tuple(self._path) == self._record:
            self._texts, self._line, self._length = [[] for _ in self._profile.fields], line, 0
        if tuple(self._path[:depth]) == self._record:
            for attribute, value in attributes.items():
                self._add((*self._path[depth:], f"@{_local(attribute)}"), value)

    def _text(self, text: str) -> None:
        depth = len(self._record)
        if len(self._path) > depth and tuple(self._path[:depth]) == self._record:
            self._add(tuple(self._path[depth:]), text)

    def _add(self, path: tuple[str, ...], text: str) -> None:
        self._length += len(text)
        if self._length > MAX_CELL:
            detail = f"{self._name}: line {self._line}: {self._where()}: a record of more than {MAX_CELL} characters"
            raise FileError(FileFault.TOO_MUCH, detail, self._line)
        for number in self._places.get(path, ()):
            self._texts[number].append(text)

    def _end(self, _: str) -> None:
        if tuple(self._path) == self._record:
            self._number += 1
            if self._number > MAX_ROWS:
                raise FileError(FileFault.TOO_MUCH, f"{self._name}: more than {MAX_ROWS} records")
            self._found.append((self._line, self._profile.row("".join(texts) for texts in self._texts)))
        self._path.pop()

    def _where(self) -> str:
        return "/".join(self._path[-3:])


def _local(name: str) -> str:
    return name.rpartition(_SPACE)[2]
