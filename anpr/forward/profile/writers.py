# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writers: rows of text to the bytes of a file, one function per encoding. Pure.

A row is a list of (name, text); None as text leaves the element out.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from anpr.forward.profile.encoding import (
    NEWLINES,
    CsvEncoding,
    FixedWidthEncoding,
    JsonEncoding,
    XmlEncoding,
)

_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")

Row = Sequence[tuple[str, str | None]]
Lines = Iterable[Row]


def write_xml(encoding: XmlEncoding, header: Row, records: Lines, trailer: Row) -> bytes:
    """An XML document; a character that the charset lacks is written as a reference."""
    out = io.BytesIO()
    xml = XMLGenerator(out, encoding.charset, short_empty_elements=True)
    xml.startDocument()
    tree = _tree(header)
    xml.startElement(encoding.root, _attributes(tree, {"xmlns": encoding.namespace} if encoding.namespace else {}))
    _write_children(xml, tree)
    if encoding.wrapper:
        xml.startElement(encoding.wrapper, AttributesImpl({}))
    for record in records:
        _write_element(xml, str(encoding.record), _tree(record))
    if encoding.wrapper:
        xml.endElement(encoding.wrapper)
    _write_children(xml, _tree(trailer))
    xml.endElement(encoding.root)
    xml.endDocument()
    return out.getvalue()


def _tree(row: Row) -> dict[str, Any]:
    """Nested dicts from paths; names of one parent gather under it, in order of first mention."""
    tree: dict[str, Any] = {}
    for name, text in row:
        if text is None:
            continue
        *above, last = name.split("/")
        node = tree
        for part in above:
            node = node.setdefault(part, {})
        node[last] = text
    return tree


def _attributes(tree: dict[str, Any], more: dict[str, str] | None = None) -> AttributesImpl:
    own = {name[1:]: text for name, text in tree.items() if name.startswith("@")}
    return AttributesImpl({**(more or {}), **own})


def _write_children(xml: XMLGenerator, tree: dict[str, Any]) -> None:
    for name, value in tree.items():
        if not name.startswith("@"):
            _write_element(xml, name, value)


def _write_element(xml: XMLGenerator, name: str, value: str | dict[str, Any]) -> None:
    if isinstance(value, str):
        xml.startElement(name, AttributesImpl({}))
        xml.characters(value)
    else:
        xml.startElement(name, _attributes(value))
        _write_children(xml, value)
    xml.endElement(name)


def write_csv(encoding: CsvEncoding, header: Row, records: Lines, trailer: Row, names: Sequence[str]) -> bytes:
    """Header line, column names when wanted, a line a record, trailer line."""
    cell = _as_text if encoding.formulas == "escape" else _as_it_is
    out = io.StringIO()
    writer = csv.writer(
        out,
        delimiter=encoding.delimiter,
        quoting=csv.QUOTE_ALL if encoding.quote == "all" else csv.QUOTE_MINIMAL,
        lineterminator=NEWLINES[encoding.newline],
    )
    if header:
        writer.writerow([cell(text) for _, text in header])
    if encoding.column_names:
        writer.writerow([cell(name) for name in names])
    writer.writerows([cell(text) for _, text in record] for record in records)
    if trailer:
        writer.writerow([cell(text) for _, text in trailer])
    return out.getvalue().encode(encoding.charset)


def _as_it_is(text: str | None) -> str | None:
    return text


def _as_text(text: str | None) -> str | None:
    """An apostrophe before what a spreadsheet would calculate (OWASP, CSV injection)."""
    is_formula = text and text[0] in "=+-@\t\r\n" and not _NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text


def write_fixed_width(encoding: FixedWidthEncoding, header: Row, records: Lines, trailer: Row) -> bytes:
    """A line a record; the texts already have their exact lengths."""
    newline = NEWLINES[encoding.newline]
    rows = [row for row in (header, *records, trailer) if row]
    return "".join("".join(text or "" for _, text in row) + newline for row in rows).encode(encoding.charset)


def write_json(encoding: JsonEncoding, header: Row, records: Lines, trailer: Row) -> bytes:
    """One object with everything, or one a line."""
    if encoding.lines:
        return b"".join(_dump(_tree(record), encoding) + b"\n" for record in records)
    whole = {**_tree(header), encoding.records: [_tree(record) for record in records], **_tree(trailer)}
    return _dump(whole, encoding)


def _dump(value: dict[str, Any], encoding: JsonEncoding) -> bytes:
    return json.dumps(value, ensure_ascii=encoding.charset == "ascii", separators=(",", ":")).encode(encoding.charset)
