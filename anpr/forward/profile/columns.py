# SPDX-License-Identifier: AGPL-3.0-or-later
"""Compiled field rules: records to columns of texts, field by field, and record by record where one is at fault. Pure.

A column at a time costs a third of a record at a time: each text that a batch has twice is made once, and what holds
for nearly all texts is looked at in one go.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID
from weakref import finalize

from anpr.forward.profile.encoding import CsvEncoding, FixedWidthEncoding
from anpr.forward.profile.model import Profile
from anpr.forward.profile.sources import BATCH_SOURCES, TRANSIT_SOURCES, Record, SourceKind, Value
from anpr.forward.profile.template import Column
from anpr.forward.profile.value import TextOf, Unwritable, text_maker


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldColumn:
    """One field of a profile, compiled."""

    name: str
    value_of: Callable[[Record], Value]
    text_of: TextOf
    kind: SourceKind
    is_same: bool
    """Whether all records of a batch have the same value."""
    charset: str | None
    """Texts with a character that it lacks are unwritable; None: any can be written."""

    def text(self, record: Record) -> str | None:
        """The text of one record. Raises Unwritable."""
        return self.text_of(self.value_of(record))

    def texts(self, records: Sequence[Record]) -> Column:
        """The texts of all records. Raises Unwritable when one has none."""
        if self.is_same:
            return [self.text(records[0])] * len(records)
        values = list(map(self.value_of, records))
        if self.kind is SourceKind.MOMENT:  # hardly two alike
            return list(map(self.text_of, values))
        # Of numbers by their digits: 0.0 and -0.0 are equal and have two texts.
        keys = values if self.kind is SourceKind.TEXT else [v if v is None else str(v) for v in values]
        made = {key: self.text_of(value) for key, value in dict(zip(keys, values, strict=True)).items()}
        return [made[key] for key in keys]


def columns_of(fields: Sequence[FieldColumn], records: Sequence[Record]) -> list[Column]:
    """The texts of all records, a column a field. Raises Unwritable when one of them cannot be written."""
    columns = [field.texts(records) for field in fields]
    for field, column in zip(fields, columns, strict=True):
        if field.charset is not None:
            check_charset(field.name, "".join(filter(None, column)), field.charset)
    return columns


def writable_columns(fields: Sequence[FieldColumn], records: Sequence[Record]) -> tuple[list[Column], dict[UUID, str]]:
    """The columns of those records that can be written, numbered anew; and why the others cannot, by transit."""
    rows: list[list[str | None]] = []
    rejected: dict[UUID, str] = {}
    for record in records:
        try:
            rows.append(_row(fields, record.numbered(len(rows) + 1)))
        except Unwritable as reason:
            rejected[record.transit.id] = str(reason)
    return [list(column) for column in zip(*rows, strict=True)], rejected


def _row(fields: Sequence[FieldColumn], record: Record) -> list[str | None]:
    texts = [field.text(record) for field in fields]
    for field, text in zip(fields, texts, strict=True):
        check_charset(field.name, text, field.charset)
    return texts


def check_charset(name: str, text: str | None, charset: str | None) -> None:
    """Raises Unwritable, naming the field, for a character that the charset lacks; None lacks none."""
    if charset is None or text is None:
        return
    try:
        text.encode(charset)
    except UnicodeEncodeError as exc:
        raise Unwritable(f"{name}: holds a character that {charset} lacks") from exc


def charset_of(profile: Profile) -> str | None:
    """The charset that a text must keep to; None where any text can be written."""
    encoding = profile.encoding
    is_strict = isinstance(encoding, CsvEncoding | FixedWidthEncoding) and encoding.charset != "utf-8"
    return encoding.charset if is_strict else None


def compiled_fields(profile: Profile) -> tuple[FieldColumn, ...]:
    """The fields of the profile's records, compiled once as long as the profile lives."""
    found = _COMPILED.get(id(profile))
    if found is None:
        found = _COMPILED[id(profile)] = _compile(profile)
        finalize(profile, _COMPILED.pop, id(profile), None)
    return found


# By identity: a profile cannot be hashed, and a changed copy of it is another one.
_COMPILED: dict[int, tuple[FieldColumn, ...]] = {}


def _compile(profile: Profile) -> tuple[FieldColumn, ...]:
    charset = charset_of(profile)
    return tuple(
        FieldColumn(
            name=rule.name,
            value_of=TRANSIT_SOURCES[rule.source].get if rule.source else _nothing,
            text_of=text_maker(rule, profile),
            kind=TRANSIT_SOURCES[rule.source].kind if rule.source else SourceKind.TEXT,
            is_same=rule.source is None or rule.source in BATCH_SOURCES,
            charset=charset,
        )
        for rule in profile.fields
    )


def _nothing(_: Record) -> Value:
    return None
