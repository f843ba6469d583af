# SPDX-License-Identifier: AGPL-3.0-or-later
"""Records of a received file, by the encoding of its profile."""

from collections.abc import Iterator
from typing import assert_never

from anpr.forward.profile.encoding import CsvEncoding, FixedWidthEncoding, JsonEncoding, XmlEncoding
from anpr.forward.profile.model import Profile
from anpr.simulator.reading.record import ReceivedRecord, Values, make_record
from anpr.simulator.reading.text_records import read_csv_records, read_fixed_records, read_json_records
from anpr.simulator.reading.xml_records import read_xml_records

MAX_READ_BYTES = 64 * 1024 * 1024
"""Larger files are kept and not read: they would be in memory at once."""


def read_records(profile: Profile, data: bytes) -> Iterator[ReceivedRecord]:
    """Each record, in the file's order. Raises ValueError saying why the file is not as the profile demands."""
    if len(data) > MAX_READ_BYTES:
        raise ValueError(f"more than {MAX_READ_BYTES} bytes: not read")
    for number, values in enumerate(_values(profile, data), start=1):
        yield make_record(profile, number, values)


def _values(profile: Profile, data: bytes) -> Iterator[Values]:
    encoding, names = profile.encoding, tuple(rule.name for rule in profile.fields)
    match encoding:
        case XmlEncoding():
            return read_xml_records(encoding, names, data)
        case CsvEncoding():
            return read_csv_records(profile, encoding, data)
        case FixedWidthEncoding():
            return read_fixed_records(profile, encoding, data)
        case JsonEncoding():
            return read_json_records(encoding, names, data)
        case _:
            assert_never(encoding)
