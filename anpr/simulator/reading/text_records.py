# SPDX-License-Identifier: AGPL-3.0-or-later
"""Records of CSV, fixed-width and JSON files, as a profile says that they were written."""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from anpr.forward.profile.encoding import CsvEncoding, FixedWidthEncoding, JsonEncoding
from anpr.forward.profile.model import Profile
from anpr.simulator.reading.record import Values

_MAX_CELL = 16 * 1024 * 1024


def read_csv_records(profile: Profile, encoding: CsvEncoding, data: bytes) -> Iterator[Values]:
    """One line a record, between header, column names and trailer. Raises ValueError naming the line."""
    csv.field_size_limit(_MAX_CELL)
    names = [rule.name for rule in profile.fields]
    rows = [
        row for row in csv.reader(io.StringIO(_text(data, encoding.charset), newline=""), **_dialect(encoding)) if row
    ]
    before = bool(profile.header) + encoding.column_names
    after = len(rows) - bool(profile.trailer)
    for number, row in enumerate(rows[before:after], start=before + 1):
        if len(row) != len(names):
            raise ValueError(f"line {number}: {len(row)} columns, the profile has {len(names)}")
        yield dict(zip(names, row, strict=True))


def _dialect(encoding: CsvEncoding) -> dict[str, Any]:
    return {"delimiter": encoding.delimiter, "strict": True}


def read_fixed_records(profile: Profile, encoding: FixedWidthEncoding, data: bytes) -> Iterator[Values]:
    """One line a record, each field at its place; filling is taken away. Raises ValueError naming the line."""
    lines = [line for line in _text(data, encoding.charset).splitlines() if line]
    width = sum(rule.length or 0 for rule in profile.fields)
    after = len(lines) - bool(profile.trailer)
    for number, line in enumerate(lines[bool(profile.header) : after], start=1 + bool(profile.header)):
        if len(line) != width:
            raise ValueError(f"line {number}: {len(line)} characters, the profile has {width}")
        values, start = {}, 0
        for rule in profile.fields:
            length = rule.length or 0
            values[rule.name] = _unpadded(line[start : start + length], rule.pad or " ", rule.align)
            start += length
        yield values


def _unpadded(text: str, pad: str, align: str) -> str:
    if align == "right":
        return text.lstrip(pad) or text[-1:].strip()
    return text.rstrip(pad)


def read_json_records(encoding: JsonEncoding, names: tuple[str, ...], data: bytes) -> Iterator[Values]:
    """Objects of the list of records, or one a line. Raises ValueError when it is no such JSON."""
    text = _text(data, "utf-8-sig")
    found: Any
    try:
        if encoding.lines:
            found = [json.loads(line) for line in text.splitlines() if line.strip()]
        else:
            whole = json.loads(text)
            found = whole.get(encoding.records) if isinstance(whole, dict) else None
    except (json.JSONDecodeError, RecursionError) as exc:
        raise ValueError(f"no JSON: {getattr(exc, 'msg', 'too deep')}") from None
    if not isinstance(found, list):
        raise ValueError(f"no list {encoding.records!r}")
    for number, each in enumerate(found, start=1):
        if not isinstance(each, dict):
            raise ValueError(f"record {number}: no object")
        yield {name: str(value) for name in names if (value := _at(each, name)) is not None}


def _at(node: Any, path: str) -> Any:
    for part in path.split("/"):
        node = node.get(part) if isinstance(node, dict) else None
    return node


def _text(data: bytes, charset: str) -> str:
    try:
        return data.decode(charset)
    except UnicodeDecodeError as exc:
        raise ValueError(f"not {charset}: byte {exc.start}") from None
