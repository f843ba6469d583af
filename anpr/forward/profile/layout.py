# SPDX-License-Identifier: AGPL-3.0-or-later
"""Layout: from transits to the files of one batch, as the profile says. Pure: no input or output, no clock.

A transit that cannot be written is rejected with its reason; the others go on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from anpr.domain.errors import ForwardError
from anpr.domain.transit import ImageRole, Transit
from anpr.forward.profile.columns import (
    FieldColumn,
    charset_of,
    check_charset,
    columns_of,
    compiled_fields,
    writable_columns,
)
from anpr.forward.profile.encoding import CsvEncoding, FixedWidthEncoding, JsonEncoding, XmlEncoding
from anpr.forward.profile.envelope import write_envelope
from anpr.forward.profile.field import FieldRule
from anpr.forward.profile.file_name import fill
from anpr.forward.profile.image_fit import Unfit, fit_image
from anpr.forward.profile.image_rule import ImageRule
from anpr.forward.profile.model import Profile
from anpr.forward.profile.sources import BATCH_SOURCES, Batch, Context, NamedImage, Record
from anpr.forward.profile.template import Column, Row
from anpr.forward.profile.value import Unwritable, to_text
from anpr.forward.profile.writers import write_csv, write_fixed_width, write_json
from anpr.forward.profile.xml_writer import write_xml


@dataclass(frozen=True, kw_only=True)
class OutFile:
    """A file to send: its name, and its bytes; of an image, the transit that it shows."""

    name: str
    data: bytes
    transit_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class Layout:
    """`files` in the order to send them: images first, so that the records never name one that is not there.

    `records` transits are in the last file; when it is 0 there are no files. `rejected` gives the reason by transit.
    """

    files: tuple[OutFile, ...]
    records: int
    rejected: Mapping[UUID, str]


def record_file_name(profile: Profile, context: Context) -> str:
    """The name of the batch's file of records."""
    return fill(
        profile.file_name,
        {
            "destination": context.destination,
            "day": context.day,
            "batch": context.number,
            "created": context.created_at.astimezone(profile.zone),
        },
    )


def lay_out(profile: Profile, transits: Sequence[Transit], context: Context, name: str | None = None) -> Layout:
    """The batch's files, the last one named `name` (by the profile when None).

    Raises ForwardError (permanent) when header or trailer cannot be written: no transit is at fault for that.
    """
    records, without_image = _records(profile, transits, context)
    columns, unwritable = _columns(compiled_fields(profile), records)
    rejected = {**without_image, **unwritable}
    files = [
        OutFile(name=own, data=data, transit_id=record.transit.id)
        for record in records
        if record.transit.id not in unwritable
        for own, data in record.images.values()
        if own
    ]
    count = len(columns[0]) if columns else 0
    if count:
        data = _encode(profile, Batch(context=context, records=count), columns)
        files.append(OutFile(name=name or record_file_name(profile, context), data=data))
    return Layout(files=tuple(files), records=count, rejected=rejected)


def _records(profile: Profile, transits: Sequence[Transit], context: Context) -> tuple[list[Record], dict[UUID, str]]:
    """The transits with their images, and why some have none that they need."""
    records: list[Record] = []
    rejected: dict[UUID, str] = {}
    images: Mapping[ImageRole, NamedImage] = {}
    for transit in transits:
        if profile.images:
            try:
                images = _images(profile, transit, context)
            except Unwritable as reason:
                rejected[transit.id] = str(reason)
                continue
        records.append(Record(context=context, transit=transit, number=len(records) + 1, images=images))
    return records, rejected


def _columns(fields: Sequence[FieldColumn], records: Sequence[Record]) -> tuple[list[Column], dict[UUID, str]]:
    if not records:
        return [], {}
    try:
        return columns_of(fields, records), {}
    except Unwritable:
        return writable_columns(fields, records)


def _images(profile: Profile, transit: Transit, context: Context) -> Mapping[ImageRole, NamedImage]:
    found: dict[ImageRole, NamedImage] = {}
    for rule in profile.images:
        data = _fitting(rule, context.images.get((transit.id, rule.role)))
        if data is not None:
            found[rule.role] = (_image_name(rule, transit, context), data)
    return found


def _fitting(rule: ImageRule, data: bytes | None) -> bytes | None:
    if data is None:
        if rule.required:
            raise Unwritable(f"{rule.role} picture: missing")
        return None
    fitted = fit_image(rule, data)
    if not isinstance(fitted, Unfit):
        return fitted
    if rule.too_large == "reject" or rule.required:
        raise Unwritable(f"{rule.role} picture: {fitted.reason}")
    return None


def _image_name(rule: ImageRule, transit: Transit, context: Context) -> str:
    if rule.file_name is None:
        return ""
    return fill(
        rule.file_name,
        {
            "destination": context.destination,
            "day": context.day,
            "batch": context.number,
            "transit_id": transit.id,
            "role": rule.role.value,
        },
    )


def _frame_row(profile: Profile, rules: Sequence[FieldRule], batch: Batch) -> Row:
    row = [
        (rule.name, to_text(rule, BATCH_SOURCES[rule.source].get(batch) if rule.source else None, profile))
        for rule in rules
    ]
    for name, text in row:
        check_charset(name, text, charset_of(profile))
    return row


def _encode(profile: Profile, batch: Batch, columns: Sequence[Column]) -> bytes:
    try:
        header = _frame_row(profile, profile.header, batch)
        trailer = _frame_row(profile, profile.trailer, batch)
        blocks = _frame_row(profile, profile.soap.headers, batch) if profile.soap is not None else ()
    except Unwritable as reason:
        raise ForwardError(f"profile {profile.name}: header or trailer: {reason}", permanent=True) from reason
    encoding, names = profile.encoding, [rule.name for rule in profile.fields]
    match encoding:
        case XmlEncoding():
            document = _document(encoding, header, names, columns, trailer)
            return document if profile.soap is None else write_envelope(profile.soap, blocks, document)
        case CsvEncoding():
            return write_csv(encoding, header, names, columns, trailer)
        case FixedWidthEncoding():
            return write_fixed_width(encoding, header, columns, trailer)
        case JsonEncoding():
            return write_json(encoding, header, names, columns, trailer)
        case _:
            assert_never(encoding)


def _document(
    encoding: XmlEncoding, header: Row, names: Sequence[str], columns: Sequence[Column], trailer: Row
) -> bytes:
    if encoding.record is None:
        only = [(name, column[0]) for name, column in zip(names, columns, strict=True)]
        return write_xml(encoding, [*header, *only, *trailer], (), (), ())
    return write_xml(encoding, header, names, columns, trailer)
