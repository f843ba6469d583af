# SPDX-License-Identifier: AGPL-3.0-or-later
"""Single texts of an XML document, by their paths from the root, read as a stream (expat); a document type is
refused."""

from collections.abc import Iterable, Iterator, Mapping
from xml.parsers import expat

from anpr.listfiles.table import MAX_CELL, MAX_COLUMNS, FileError, FileFault

MAX_DEPTH = 64
"""Elements within one another."""
_CHUNK = 1 << 16
_SPACE = " "


def texts_at(name: str, content: bytes, paths: Iterable[str], charset: str = "") -> Mapping[str, str]:
    """The first text at each of the paths (`Elenco/@versione`) that is there; names without namespaces.

    Raises FileError when it is no well-formed document, has a document type, or goes beyond a limit.
    """
    scan = PathScan(name, paths, charset, MAX_CELL)
    for place in range(0, len(content), _CHUNK):
        scan.feed(content[place : place + _CHUNK])
        if scan.is_done:
            break  # whoever reads the records goes to the end
    else:
        scan.close()
    return {path: text.strip() for path, text in scan.found.items()}


class PathScan:
    """Goes through a document and hands out what stands at the paths, piece by piece or as a whole."""

    def __init__(self, name: str, paths: Iterable[str], charset: str = "", most: int | None = None) -> None:
        """`most`: characters of a text; None: they are only handed out by `take`, and not kept."""
        self._name = name
        self._wanted = {tuple(path.split("/")): path for path in paths}
        self._most = most
        self.found: dict[str, str] = {}
        self.seen: set[str] = set()
        """Paths whose element has begun."""
        self._done: set[str] = set()
        self._path: list[str] = []
        self._pieces: list[tuple[str, str]] = []
        self._parser = expat.ParserCreate(charset or None, _SPACE)
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text

    def feed(self, part: bytes) -> None:
        """Go on. Raises FileError."""
        self._parse(part, is_last=False)

    @property
    def is_done(self) -> bool:
        """Whether all paths have been found."""
        return len(self._done) == len(self._wanted)

    def close(self) -> None:
        """There is no more. Raises FileError when something is missing."""
        self._parse(b"", is_last=True)

    def take(self) -> Iterator[tuple[str, str]]:
        """Path and text of what came since the last call, in its order."""
        pieces, self._pieces = self._pieces, []
        return iter(pieces)

    def _parse(self, part: bytes, *, is_last: bool) -> None:
        try:
            self._parser.Parse(part, is_last)
        except (expat.ExpatError, LookupError, ValueError) as exc:
            line = self._parser.ErrorLineNumber
            raise FileError(
                FileFault.BROKEN_XML, f"{self._name}: line {line}: no well-formed XML ({exc})", line
            ) from exc

    def _refuse_doctype(self, *_: object) -> None:
        detail = f"{self._name}: a document type (DOCTYPE) is not read, as it may define entities"
        raise FileError(FileFault.DOCTYPE, detail, self._parser.CurrentLineNumber)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name.rpartition(_SPACE)[2])
        if len(self._path) > MAX_DEPTH or len(attributes) > MAX_COLUMNS:
            line = self._parser.CurrentLineNumber
            most = f"deeper than {MAX_DEPTH}, or more than {MAX_COLUMNS} attributes"
            raise FileError(FileFault.TOO_MUCH, f"{self._name}: line {line}: {most}", line)
        self._begin(tuple(self._path))
        for attribute, value in attributes.items():
            place = (*self._path, f"@{attribute.rpartition(_SPACE)[2]}")
            self._begin(place)
            self._add(place, value)
            self._finish(place)

    def _begin(self, place: tuple[str, ...]) -> None:
        if place in self._wanted:
            self.seen.add(self._wanted[place])

    def _text(self, text: str) -> None:
        self._add(tuple(self._path), text)

    def _add(self, place: tuple[str, ...], text: str) -> None:
        path = self._wanted.get(place)
        if path is None or path in self._done:
            return
        if self._most is None:
            self._pieces.append((path, text))
            return
        self.found[path] = self.found.get(path, "") + text
        if len(self.found[path]) > self._most:
            raise FileError(FileFault.TOO_MUCH, f"{self._name}: {path}: more than {self._most} characters")

    def _end(self, _: str) -> None:
        self._finish(tuple(self._path))
        self._path.pop()

    def _finish(self, place: tuple[str, ...]) -> None:
        """Of several the first counts."""
        if place in self._wanted:
            self._done.add(self._wanted[place])
