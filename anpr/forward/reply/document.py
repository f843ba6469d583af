# SPDX-License-Identifier: AGPL-3.0-or-later
"""JSON and XML replies as one kind of tree, and the values at a path. Pure.

A node is a text, a dict of lists of nodes by key, or None. Entries of an outermost list are at the path `*`. XML is
read by expat; a document type is refused, and with it all entities. Depth, size and number of parts are limited.
"""

import json
import re
from contextlib import suppress
from typing import Any
from xml.parsers import expat

from anpr.forward.transport.base import MAX_REPLY_BYTES

MAX_DEPTH = 64
MAX_PARTS = 300_000
"""Objects and lists, or elements, attributes and pieces of text; a reply for 10,000 transits has about 120,000."""
_DECLARED = re.compile(rb"""\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._-]*)""")
_DECLARATION_BYTES = 300
_CHARSETS = frozenset(
    {"utf-8", "utf8", "utf-16", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "windows-1252", "cp1252"}
)
"""Python would read any of its codecs, and some are none of text."""
_SPACE = " "
_TEXT = "#text"

Node = str | dict[str, list[Any]] | None
"""Lists hold nodes."""


def read_json(data: bytes) -> Node:
    """The tree. Raises ValueError when it is no JSON, holds a key twice, or is too deep or large."""
    _check_size(data)
    parts = _Parts()
    try:
        tree: Node = _from_json(json.loads(data.decode("utf-8-sig"), object_pairs_hook=parts.object), 0, parts)
        return tree
    except RecursionError:
        raise ValueError(f"deeper than {MAX_DEPTH}") from None
    except json.JSONDecodeError as exc:
        raise ValueError(f"no JSON: line {exc.lineno}: {exc.msg}") from None
    except UnicodeDecodeError:
        raise ValueError("no UTF-8") from None


def read_xml(data: bytes) -> Node:
    """The tree below the root element. Raises ValueError when it is no XML, has a DOCTYPE, or is too deep or large."""
    return read_root(data)[1]


def read_root(data: bytes) -> tuple[str, Node]:
    """The root element's namespace and name, with a space between, and the tree below. Raises as `read_xml` does."""
    _check_size(data)
    declared = _DECLARED.match(data[:_DECLARATION_BYTES])
    if declared is not None and declared[1].decode().lower() not in _CHARSETS:
        raise ValueError("no XML that is read: an encoding that is not known")
    builder = _Builder()
    parser = expat.ParserCreate(None, _SPACE)
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    try:
        parser.Parse(data, True)
    except expat.ExpatError as exc:
        raise ValueError(f"no XML: line {exc.lineno}: {expat.ErrorString(exc.code)}") from None
    except LookupError:
        raise ValueError("no XML: an encoding that is not known") from None
    return builder.name, builder.root


def at(node: Node, path: str) -> list[Node]:
    """All nodes at this path, in the document's order."""
    found: list[Node] = [node]
    for name in path.split("/"):
        found = [below for each in found if isinstance(each, dict) for below in each.get(name, ())]
    return found


def text_at(node: Node, path: str) -> str | None:
    """The one text at this path, without white space around it; None when there is none.

    Raises ValueError when there are several that differ, or it is no text.
    """
    texts = {text_of(each, path) for each in at(node, path)}
    if len(texts) > 1:
        raise ValueError(f"{path}: there more than once, differently")
    return texts.pop() if texts else None


def first_text(node: Node, path: str) -> str:
    """The first text at this path, for people to read; empty when there is none."""
    for each in at(node, path):
        with suppress(ValueError):
            return text_of(each, path)
    return ""


def text_of(node: Node, path: str) -> str:
    """The text of this node, which is at `path`. Raises ValueError when it has none, or elements instead."""
    if isinstance(node, dict) and _TEXT in node:
        node = node[_TEXT][0]
    if not isinstance(node, str):
        raise ValueError(f"{path}: no text")
    return node.strip()


def _check_size(data: bytes) -> None:
    if len(data) > MAX_REPLY_BYTES:
        raise ValueError(f"more than {MAX_REPLY_BYTES} bytes")


class _Parts:
    """Counts what a document is made of, and refuses one of too many parts."""

    def __init__(self) -> None:
        self._count = 0

    def add(self, count: int = 1) -> None:
        """Raises ValueError when there are more than MAX_PARTS."""
        self._count += count
        if self._count > MAX_PARTS:
            raise ValueError(f"more than {MAX_PARTS} parts")

    def object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        """An object of JSON. Raises ValueError also for a key that is there twice, or is one of ours."""
        self.add()
        found = dict(pairs)
        if _TEXT in found:
            raise ValueError(f"no JSON that is read: a key is {_TEXT!r}")
        if len(found) != len(pairs):
            raise ValueError("no JSON: a key is there twice")
        return found


def _from_json(value: Any, depth: int, parts: _Parts) -> Any:
    if depth > MAX_DEPTH:
        raise ValueError(f"deeper than {MAX_DEPTH}")
    if isinstance(value, dict):
        return {key: _listed(below, depth + 1, parts) for key, below in value.items()}
    if isinstance(value, list):  # the outermost value, or a list in a list
        parts.add()
        return {"*": [_from_json(each, depth + 1, parts) for each in value]}
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def _listed(value: Any, depth: int, parts: _Parts) -> list[Any]:
    if isinstance(value, list):
        return [_from_json(each, depth + 1, parts) for each in value]
    return [_from_json(value, depth, parts)]


def _refuse_doctype(*_: object) -> None:
    raise ValueError("a document type (DOCTYPE) is not read, as it may define entities")


class _Builder:
    """Collects elements while expat goes through the document."""

    def __init__(self) -> None:
        self.root: Node = None
        self.name = ""
        """Of the root, with its namespace."""
        self._open: list[dict[str, list[Any]]] = []
        self._texts: list[list[str]] = []
        self._parts = _Parts()

    def start(self, _: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise ValueError(f"deeper than {MAX_DEPTH}")
        self._parts.add(1 + len(attributes))
        element: dict[str, list[Any]] = {}
        for name, value in attributes.items():
            element.setdefault(f"@{_local(name)}", []).append(value)
        self._open.append(element)
        self._texts.append([])

    def text(self, text: str) -> None:
        self._parts.add()
        self._texts[-1].append(text)

    def end(self, name: str) -> None:
        element, text = self._open.pop(), "".join(self._texts.pop())
        node: Node = {**element, _TEXT: [text]} if text.strip() and element else element or text
        if self._open:
            self._open[-1].setdefault(_local(name), []).append(node)
        else:
            self.root, self.name = node, name


def _local(name: str) -> str:
    return name.rpartition(_SPACE)[2]
