# SPDX-License-Identifier: AGPL-3.0-or-later
"""XML writer: joins escaped texts, which takes a tenth of the time of an XML generator. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from anpr.forward.profile.encoding import XmlEncoding
from anpr.forward.profile.template import Column, Row, filled, tree_of


def write_xml(
    encoding: XmlEncoding, header: Row, names: Sequence[str], columns: Sequence[Column], trailer: Row
) -> bytes:
    """An XML document; a character that the charset lacks is written as a reference."""
    top, bottom = frame_of(header), frame_of(trailer)
    written = [_written(name, column) for name, column in zip(names, columns, strict=True)]
    records = "".join(filled(names, written, lambda tree: element(str(encoding.record), tree)))
    within = element(encoding.wrapper, records) if encoding.wrapper else records
    space = {"@xmlns": quoteattr(encoding.namespace)} if encoding.namespace else {}
    root = _tag(encoding.root, _attributes({**space, **top}), f"{_children(top)}{within}{_children(bottom)}")
    document = f'<?xml version="1.0" encoding="{encoding.charset}"?>\n{root}'
    return document.encode(encoding.charset, "xmlcharrefreplace")


def frame_of(row: Row) -> dict[str, Any]:
    """A header or trailer as a tree of texts as they stand in the document."""
    return tree_of([(name, _written(name, [text])[0]) for name, text in row])


def _written(name: str, column: Column) -> Column:
    """The texts as they stand in the document: of attributes with their quotes."""
    together = "".join(filter(None, column))
    is_plain = "&" not in together and "<" not in together and ">" not in together
    if not name.rpartition("/")[2].startswith("@"):
        return column if is_plain else [text and escape(text) for text in column]
    if is_plain and '"' not in together:
        return [None if text is None else f'"{text}"' for text in column]
    return [None if text is None else quoteattr(text) for text in column]


def element(name: str, value: str | Mapping[str, Any]) -> str:
    """An element of a text, or of a tree, as they stand in the document."""
    return _tag(name, "", value) if isinstance(value, str) else _tag(name, _attributes(value), _children(value))


def _tag(name: str, attributes: str, content: str) -> str:
    return f"<{name}{attributes}>{content}</{name}>" if content else f"<{name}{attributes}/>"


def _attributes(tree: Mapping[str, Any]) -> str:
    return "".join(f" {name[1:]}={text}" for name, text in tree.items() if name.startswith("@"))


def _children(tree: Mapping[str, Any]) -> str:
    return "".join(element(name, value) for name, value in tree.items() if not name.startswith("@"))
