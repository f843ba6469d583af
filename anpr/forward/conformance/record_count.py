# SPDX-License-Identifier: AGPL-3.0-or-later
"""Reads a written file back with parsers of the standard library: is it well-formed, and how many records has it?"""

import csv
import io
import json
from xml.etree import ElementTree

from anpr.forward.profile.encoding import NEWLINES, CsvEncoding, FixedWidthEncoding, JsonEncoding, XmlEncoding
from anpr.forward.profile.model import Profile


def count_records(profile: Profile, data: bytes) -> int:
    """Records in this file of our own. Raises ValueError when it is not what its encoding says."""
    encoding = profile.encoding
    if isinstance(encoding, XmlEncoding):
        return _in_xml(encoding, data)
    text = data.decode(encoding.charset)
    if isinstance(encoding, JsonEncoding):
        return len(text.splitlines()) if encoding.lines else len(json.loads(text)[encoding.records])
    frame = bool(profile.header) + bool(profile.trailer)
    if isinstance(encoding, CsvEncoding):
        return _in_csv(encoding, text, len(profile.fields)) - frame
    if isinstance(encoding, FixedWidthEncoding):
        return _in_lines(encoding, text, sum(rule.length or 0 for rule in profile.fields)) - frame
    raise ValueError(f"encoding {encoding.kind}: not read back")


def _in_xml(encoding: XmlEncoding, data: bytes) -> int:
    name = (encoding.record or encoding.root).rpartition(":")[2]
    try:
        return sum(element.tag.rpartition("}")[2] == name for element in ElementTree.fromstring(data).iter())
    except ElementTree.ParseError as exc:
        raise ValueError(str(exc)) from exc


def _in_csv(encoding: CsvEncoding, text: str, columns: int) -> int:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=encoding.delimiter, strict=True))
    except csv.Error as exc:
        raise ValueError(str(exc)) from exc
    rows = rows[encoding.column_names :]
    if not any(len(row) == columns for row in rows):
        raise ValueError(f"no line has {columns} columns")
    return len(rows)


def _in_lines(encoding: FixedWidthEncoding, text: str, width: int) -> int:
    lines = text.removesuffix(NEWLINES[encoding.newline]).split(NEWLINES[encoding.newline])
    if not any(len(line) == width for line in lines):
        raise ValueError(f"no line has {width} characters")
    return len(lines)
