# SPDX-License-Identifier: AGPL-3.0-or-later
"""What a profile writes, the simulated office reads back: all encodings, with header, trailer and nested names."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from anpr.forward.profile.layout import lay_out
from anpr.forward.profile.model import Profile
from anpr.forward.profile.sources import Context
from anpr.simulator.reading.records import MAX_READ_BYTES, read_records
from scripts.lab.transits import make_transit
from tests.unit.forward.profile.profiles import profile

FIELDS = [
    {"name": "id", "source": "transit.id", "required": True, "length": 36},
    {"name": "plate", "source": "plate", "required": True, "length": 10},
    {"name": "reads", "source": "reads", "type": "integer", "length": 4, "pad": "0", "align": "right"},
    {"name": "when", "source": "captured_at", "type": "datetime", "format": "iso", "length": 25},
]
NESTED = [
    {"name": "@id", "source": "transit.id", "required": True},
    {"name": "veicolo/c:targa", "source": "plate", "required": True},
    {"name": "veicolo/@letture", "source": "reads", "type": "integer"},
    {"name": "when", "source": "captured_at", "type": "datetime", "format": "iso"},
]
FRAME = {
    "header": [{"name": "giorno", "source": "batch.day", "type": "datetime", "format": "iso", "length": 75}],
    "trailer": [{"name": "numero", "source": "batch.records", "type": "integer", "length": 75}],
}
SOAP = {
    "encoding": {"kind": "xml", "root": "soap:Envelope", "wrapper": "soap:Body", "record": "c:Invia"},
    "header": [
        {"name": "@xmlns:soap", "value": "http://schemas.xmlsoap.org/soap/envelope/"},
        {"name": "@xmlns:c", "value": "urn:x"},
    ],
    "fields": [{"name": "c:id", "source": "transit.id"}, {"name": "c:dati/c:targa", "source": "plate"}],
}
SHAPES: dict[str, dict[str, Any]] = {
    "csv": {"encoding": {"kind": "csv"}, "fields": FIELDS, **FRAME},
    "csv-quoted": {"encoding": {"kind": "csv", "quote": "all", "column_names": False}, "fields": FIELDS},
    "fixed-width": {"encoding": {"kind": "fixed-width"}, "fields": FIELDS, **FRAME},
    "json": {"encoding": {"kind": "json"}, "fields": FIELDS, **FRAME},
    "json-lines": {"encoding": {"kind": "json", "lines": True}, "fields": FIELDS},
    "xml": {
        "encoding": {
            "kind": "xml",
            "root": "Transiti",
            "record": "Transito",
            "wrapper": "Elenco",
            "namespace": "urn:y",
        },
        "header": [{"name": "@xmlns:c", "value": "urn:x"}, *FRAME["header"]],
        "trailer": FRAME["trailer"],
        "fields": NESTED,
    },
    "soap": SOAP,
}


def written(shape: Profile, count: int = 2) -> bytes:
    context = Context(
        destination="questura", municipality="Esempio", day=date(2026, 11, 21), number=1,
        created_at=datetime(2026, 11, 22, tzinfo=UTC), gates={}, images={},
    )  # fmt: skip
    return lay_out(shape, [make_transit(number) for number in range(count)], context).files[-1].data


@pytest.mark.parametrize("shape", SHAPES)
def test_what_was_written_is_read(tmp_path: Path, shape: str) -> None:
    found = profile(tmp_path, **SHAPES[shape])
    records = list(read_records(found, written(found)))
    transits = [make_transit(0), make_transit(1)]
    assert [record.id for record in records] == [str(transit.id) for transit in transits]
    assert [record.plate for record in records] == [transit.plate for transit in transits]
    assert [record.number for record in records] == [1, 2]


def test_texts_of_all_fields_are_there(tmp_path: Path) -> None:
    found = profile(tmp_path, **SHAPES["xml"])
    (first, _) = read_records(found, written(found))
    assert first.values["veicolo/@letture"] == "7"
    assert first.values["when"] == "2026-11-21T11:00:00+01:00"


@pytest.mark.parametrize(
    ("shape", "data", "why"),
    [
        ("xml", b"<a", "no XML"),
        ("xml", b"", "no XML"),
        ("xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "DOCTYPE"),
        ("xml", b"<Transiti>" + b"<a>" * 80, "deeper"),
        ("json", b"[1]", "no list"),
        ("json", b'{"records": [1]}', "no object"),
        ("json", b"{", "no JSON"),
        ("json", b"\xff\xfe", "not utf-8"),
        ("csv", b"id;plate\r\nx\r\ny;z\r\nq", "columns"),
        ("fixed-width", b"x\r\nyy\r\nz", "characters"),
    ],
)
def test_what_is_not_as_the_profile_says_is_told(tmp_path: Path, shape: str, data: bytes, why: str) -> None:
    found = profile(tmp_path, **SHAPES[shape])
    with pytest.raises(ValueError, match=why):
        list(read_records(found, data))


def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    found = profile(tmp_path, **SHAPES["json"])
    with pytest.raises(ValueError, match="not read"):
        list(read_records(found, b" " * (MAX_READ_BYTES + 1)))
