# SPDX-License-Identifier: AGPL-3.0-or-later
"""Profiles are checked when they are read; every complaint names the file and the key."""

from pathlib import Path
from typing import Any

import pytest

from anpr.domain.errors import ForwardError
from anpr.forward.profile.load import load_profile
from tests.unit.forward.profile.profiles import profile, write_profile

FIXED = {"kind": "fixed-width", "charset": "ascii"}
PLATE = {"name": "plate", "source": "plate"}
EMBED = {"role": "plate", "how": "embed", "max_bytes": 2048}


def test_the_shipped_example_says_that_it_is_one() -> None:
    example = load_profile("scntt-example")
    assert str(example.status) == "example"
    assert "not public" in example.description


def test_a_small_profile_is_valid(tmp_path: Path) -> None:
    assert profile(tmp_path).zone.key == "Europe/Rome"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"colour": "red"}, "colour: no such key"),
        ({"schema": 2}, "schema: "),
        ({"batch_size": "3"}, "batch_size: expected a whole number"),
        ({"batch_size": 0}, "batch_size: "),
        ({"fields": []}, "fields: "),
        ({"time_zone": "Europe/Rom"}, "time_zone: no such time zone"),
        ({"transports": []}, "transports: "),
        ({"transports": ["pigeon"]}, "transports.0: "),
        ({"status": {"stage": "accepted", "office": "Questura"}}, "status: stage accepted needs date, document"),
        ({"status": {"stage": "site-supplied"}}, "status: stage site-supplied needs office, document"),
        ({"file_name": "{day}.csv"}, "file_name: two files would have the same name without {batch}"),
        ({"file_name": "{day}_{batch}_{plate}.csv"}, "file_name: no placeholder {plate}"),
        ({"file_name": "{day.__class__}_{batch}"}, "file_name: no placeholder {day.__class__}"),
        ({"file_name": "../{day}_{batch}.csv"}, "is not a safe file name"),
        ({"file_name": "{day}_{batch"}, "file_name: "),
        ({"encoding": {"kind": "edi"}}, "encoding: "),
        ({"encoding": {"kind": "csv", "delimiter": "a"}}, "encoding.delimiter: "),
        ({"encoding": {"kind": "xml", "root": "a b", "record": "r"}}, "encoding.root: 'a b' is not an XML name"),
        ({"encoding": {"kind": "fixed-width", "charset": "utf-8"}}, "encoding.charset: Input should be"),
        ({"encoding": {"kind": "json", "charset": "cp1252"}}, "JSON is UTF-8"),
        ({"encoding": FIXED, "fields": [PLATE]}, "fields.0 (plate): fixed-width needs length"),
        ({"fields": [{"name": "x"}]}, "fields.0: x: needs either source or value"),
        ({"fields": [PLATE | {"value": "AB"}]}, "needs either source or value"),
        ({"fields": [PLATE, PLATE]}, "fields: field 'plate' is there twice"),
        ({"fields": [PLATE | {"source": "owner"}]}, "fields.0 (plate): no source 'owner'"),
        ({"header": [PLATE]}, "header.0 (plate): no source 'plate'"),
        ({"fields": [PLATE | {"type": "integer"}]}, "plate is a text, type integer does not go with it"),
        ({"fields": [{"name": "t", "source": "captured_at"}]}, "captured_at is a moment, type text"),
        ({"fields": [{"name": "t", "source": "captured_at", "type": "datetime"}]}, "a datetime needs format"),
        (
            {"fields": [{"name": "t", "source": "captured_at", "type": "datetime", "format": "%Q"}]},
            "fields.0: one of epoch-ms",
        ),
        ({"fields": [{"name": "c", "source": "confidence", "type": "decimal"}]}, "decimals goes with type decimal"),
        ({"fields": [PLATE | {"pad": " "}]}, "pad needs length"),
        ({"fields": [PLATE | {"required": True, "when_missing": "?"}]}, "when_missing has no meaning"),
        ({"fields": [PLATE | {"when_missing": None}]}, "a column is always there"),
        ({"fields": [PLATE | {"codes": "gates"}]}, "fields.0 (plate): no code table 'gates'"),
        ({"fields": [{"name": "p", "source": "image.plate.base64"}]}, "images has no rule for plate"),
        ({"fields": [{"name": "p", "source": "image.plate.name"}], "images": [EMBED]}, "only a picture with how: file"),
        ({"images": [EMBED | {"how": "file"}]}, "images.0: plate: file_name goes with how: file"),
        ({"images": [EMBED | {"how": "file", "file_name": "{role}.jpg"}]}, "without {transit_id}"),
        ({"images": [EMBED, EMBED]}, "images: role 'plate' is there twice"),
        ({"images": [EMBED | {"max_bytes": 4_000_000}], "batch_size": 1000}, "batch_size: pictures of one batch"),
        ({"answers": {"kind": "receipt"}}, "answers: ok: at least one code"),
        ({"answers": {"kind": "receipt", "ok": ["1"], "permanent": ["1"]}}, "code '1' is listed twice"),
        ({"answers": {"kind": "receipt", "ok": ["1"]}, "fields": [PLATE]}, "they name transits by transit.id"),
        (
            {"encoding": {"kind": "xml", "root": "r", "record": "t"}, "fields": [PLATE | {"name": "a b"}]},
            "fields: 'a b' is not a path of XML names",
        ),
        (
            {
                "encoding": {"kind": "xml", "root": "r", "record": "t"},
                "fields": [PLATE | {"name": "a"}, PLATE | {"name": "a/b"}],
            },
            "fields: 'a' cannot hold a text and 'a/b' as well",
        ),
        (
            {
                "encoding": {"kind": "xml", "root": "r", "record": "t"},
                "trailer": [{"name": "@n", "source": "batch.records", "type": "integer"}],
            },
            "trailer: an attribute of the root element belongs in header",
        ),
        ({"encoding": {"kind": "json"}, "header": [{"name": "records", "value": "x"}]}, "share the key 'records'"),
        ({"encoding": {"kind": "json", "lines": True}, "header": [{"name": "h", "value": "x"}]}, "no place for header"),
        (
            {"encoding": {"kind": "csv", "charset": "ascii"}, "fields": [PLATE | {"name": "città"}]},
            "fields: 'città' holds a character that ascii lacks",
        ),
    ],
)
def test_a_wrong_profile_names_the_file_and_the_key(tmp_path: Path, changes: dict[str, Any], complaint: str) -> None:
    path = write_profile(tmp_path, **changes)
    with pytest.raises(ForwardError) as caught:
        load_profile(str(path))
    assert str(caught.value).startswith(f"profile {path}: ")
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.permanent


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "schema: is needed (and "),
        ("- 1\n", "expected keys and values at the top"),
        ("name: [\n", "line 2: "),
        ("name: a\nname: b\n", "line 2: key 'name' is there twice"),
        ("when: !!binary aGk=\n", "line 1: a value that begins with ! is a tag"),
    ],
)
def test_a_file_that_is_no_profile_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ForwardError, match=r"wrong\.yaml") as caught:
        load_profile(str(path))
    assert complaint in str(caught.value)


def test_a_missing_or_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ForwardError, match=r"none of that name is shipped; did you mean scntt-example\?"):
        load_profile("scntt-exmple")
    with pytest.raises(ForwardError, match=r"no-such\.yaml: No such file"):
        load_profile(str(tmp_path / "no-such.yaml"))
    binary = tmp_path / "picture.yaml"
    binary.write_bytes(b"\xff\xd8\xff\x00")
    with pytest.raises(ForwardError, match="not a UTF-8 text file"):
        load_profile(str(binary))
