# SPDX-License-Identifier: AGPL-3.0-or-later
"""Writers of CSV, fixed width and JSON: columns of texts to the bytes of a file, one function per encoding. Pure."""

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from json.encoder import encode_basestring, encode_basestring_ascii
from typing import Any

from anpr.forward.profile.encoding import NEWLINES, CsvEncoding, FixedWidthEncoding, JsonEncoding
from anpr.forward.profile.template import Column, Row, filled, tree_of

_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")
_FORMULA = frozenset("=+-@\t\r\n")


def write_csv(
    encoding: CsvEncoding, header: Row, names: Sequence[str], columns: Sequence[Column], trailer: Row
) -> bytes:
    """Header line, column names when wanted, a line a record, trailer line."""
    cells = _as_texts if encoding.formulas == "escape" else list
    out = io.StringIO()
    writer = csv.writer(
        out,
        delimiter=encoding.delimiter,
        quoting=csv.QUOTE_ALL if encoding.quote == "all" else csv.QUOTE_MINIMAL,
        lineterminator=NEWLINES[encoding.newline],
    )
    if header:
        writer.writerow(cells([text for _, text in header]))
    if encoding.column_names:
        writer.writerow(cells(names))
    writer.writerows(zip(*map(cells, columns), strict=True))
    if trailer:
        writer.writerow(cells([text for _, text in trailer]))
    return out.getvalue().encode(encoding.charset)


def _as_texts(column: Column) -> list[str | None]:
    return list(map(_as_text, column))


def _as_text(text: str | None) -> str | None:
    """An apostrophe before what a spreadsheet would calculate (OWASP, CSV injection)."""
    is_formula = text and text[0] in _FORMULA and not _NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text


def write_fixed_width(encoding: FixedWidthEncoding, header: Row, columns: Sequence[Column], trailer: Row) -> bytes:
    """A line a record; the texts already have their exact lengths."""
    newline = NEWLINES[encoding.newline]
    above, below = (["".join(text or "" for _, text in row)] if row else [] for row in (header, trailer))
    lines = [*above, *map("".join, zip(*columns, strict=True)), *below]
    return "".join([f"{line}{newline}" for line in lines]).encode(encoding.charset)


def write_json(
    encoding: JsonEncoding, header: Row, names: Sequence[str], columns: Sequence[Column], trailer: Row
) -> bytes:
    """One object with everything, or one a line."""
    quote = encode_basestring_ascii if encoding.charset == "ascii" else encode_basestring
    written = [_quoted(column, quote) for column in columns]
    objects = filled(names, written, lambda tree: _template(tree, quote))
    if encoding.lines:
        return "".join([f"{each}\n" for each in objects]).encode(encoding.charset)
    top, bottom = (_members(_frame(row, quote), quote) for row in (header, trailer))
    records = f"{quote(encoding.records)}:[{','.join(objects)}]"
    return f"{{{','.join(filter(None, (top, records, bottom)))}}}".encode(encoding.charset)


_Quote = Callable[[str], str]


def _quoted(column: Column, quote: _Quote) -> Column:
    return [None if text is None else quote(text) for text in column]


def _frame(row: Row, quote: _Quote) -> dict[str, Any]:
    return tree_of(list(zip([name for name, _ in row], _quoted([text for _, text in row], quote), strict=True)))


def _members(tree: Mapping[str, Any], quote: _Quote) -> str:
    """The members of an object from values that are quoted already."""
    return ",".join(
        f"{quote(name)}:{value if isinstance(value, str) else '{' + _members(value, quote) + '}'}"
        for name, value in tree.items()
    )


def _template(tree: Mapping[str, Any], quote: _Quote) -> str:
    """An object whose values are placeholders, its own braces doubled."""
    members = (
        f"{_doubled(quote(name))}:{value if isinstance(value, str) else _template(value, quote)}"
        for name, value in tree.items()
    )
    return f"{{{{{','.join(members)}}}}}"


def _doubled(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
