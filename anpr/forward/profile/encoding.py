# SPDX-License-Identifier: AGPL-3.0-or-later
"""Encodings of a profile: XML, CSV, fixed width, JSON, and the options of each."""

import re
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from anpr.forward.profile.field import Part

_XML_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*(:[A-Za-z_][A-Za-z0-9_.-]*)?")
Newline = Literal["lf", "crlf"]
NEWLINES = {"lf": "\n", "crlf": "\r\n"}


class _Encoding(Part):
    charset: Literal["utf-8", "iso-8859-1", "iso-8859-15", "cp1252", "ascii"] = "utf-8"
    """A transit with a character that the charset lacks is rejected; xml writes such a character as a reference."""


class XmlEncoding(_Encoding):
    """One document: root, header elements, one element a record, trailer elements."""

    kind: Literal["xml"]
    root: str
    record: str | None = None
    """Element of a record. None: the one record's fields lie directly below the root, and batch_size is 1."""
    wrapper: str | None = None
    """An element around all records."""
    namespace: str | None = None
    """The default namespace of the root element."""

    @field_validator("root", "record", "wrapper")
    @classmethod
    def _is_name(cls, value: str | None) -> str | None:
        if value is not None and not is_xml_name(value):
            raise ValueError(f"{value!r} is not an XML name")
        return value


class CsvEncoding(_Encoding):
    """One line a record, quoted where needed."""

    kind: Literal["csv"]
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ";"
    quote: Literal["minimal", "all"] = "minimal"
    column_names: bool = True
    newline: Newline = "crlf"
    formulas: Literal["keep", "escape"] = "keep"
    """`escape` puts an apostrophe before a text that a spreadsheet would take for a formula (it begins with = + - @, a
    tab or a line end): for files that people open. A program that reads the file gets the apostrophe too."""

    @field_validator("delimiter")
    @classmethod
    def _separates(cls, value: str) -> str:
        if value in '"\r\n' or value.isalnum():
            raise ValueError("a character that is neither a letter, a digit, a quote nor a line end")
        return value


class FixedWidthEncoding(_Encoding):
    """One line a record, each field at a fixed position. One byte a character, so that lengths hold for both."""

    kind: Literal["fixed-width"]
    charset: Literal["iso-8859-1", "iso-8859-15", "cp1252", "ascii"] = "iso-8859-1"
    newline: Newline = "crlf"


class JsonEncoding(_Encoding):
    """One object with header, records and trailer; or one object a line."""

    kind: Literal["json"]
    records: str = "records"
    """The key of the list of records."""
    lines: bool = False
    """One record a line, without header and trailer (JSON Lines)."""

    @model_validator(mode="after")
    def _is_utf8(self) -> "JsonEncoding":
        if self.charset not in ("utf-8", "ascii"):
            raise ValueError("JSON is UTF-8 (RFC 8259), or ascii with escapes")
        return self


Encoding = Annotated[XmlEncoding | CsvEncoding | FixedWidthEncoding | JsonEncoding, Field(discriminator="kind")]


def is_xml_name(text: str) -> bool:
    """Whether the text can name an XML element or attribute (ASCII names only)."""
    return _XML_NAME.fullmatch(text) is not None


def check_names(encoding: Encoding, names: Sequence[str]) -> None:
    """Raises ValueError when a field name cannot be written, or is both a text and the parent of another."""
    for name in names:
        if isinstance(encoding, XmlEncoding):
            *above, last = name.split("/")
            if not all(is_xml_name(part) for part in (*above, last.removeprefix("@"))):
                raise ValueError(f"{name!r} is not a path of XML names")
        elif isinstance(encoding, JsonEncoding):
            if "" in name.split("/"):
                raise ValueError(f"{name!r} has an empty part")
        else:
            _check_column(encoding, name)
            continue
        below = next((other for other in names if other.startswith(f"{name}/")), None)
        if below is not None:
            raise ValueError(f"{name!r} cannot hold a text and {below!r} as well")


def _check_column(encoding: CsvEncoding | FixedWidthEncoding, name: str) -> None:
    try:
        name.encode(encoding.charset)
    except UnicodeEncodeError as exc:
        raise ValueError(f"{name!r} holds a character that {encoding.charset} lacks") from exc
