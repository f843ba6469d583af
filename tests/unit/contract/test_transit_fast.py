# SPDX-License-Identifier: AGPL-3.0-or-later
"""The quick look into a transit never says anything else than the contract."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anpr.contract import transit_fast
from anpr.contract.transit import decode_transit, encode_transit
from anpr.contract.transit_fast import read_transit
from anpr.domain.errors import MessageError, PoisonReason
from anpr.domain.gate import Direction
from anpr.domain.transit import ImageRole, Transit
from scripts.lab.transits import make_transit, picture, with_images
from tests.support.budget import examples

SAMPLES = sorted((Path(__file__).parents[2] / "contract" / "samples").glob("transit*.json"))
FULL, _ = with_images(
    make_transit(7, direction=Direction.APPROACHING, raw="aa 007-AA", lane="2"),
    {ImageRole.PLATE: picture(1, 900), ImageRole.CONTEXT: picture(2, 900)},
)


def outcome(read: Any, data: bytes) -> Transit | tuple[PoisonReason, str]:
    """The transit, or the reason and words of the refusal."""
    try:
        transit = read(data)
    except MessageError as exc:
        return exc.reason, str(exc)
    assert isinstance(transit, Transit)
    return transit


def agree(data: bytes) -> None:
    assert outcome(read_transit, data) == outcome(decode_transit, data)


def without_the_contract(data: bytes) -> Transit:
    """What the quick look says alone; a failure when it needs the contract."""
    with patch.object(transit_fast, "decode_transit", side_effect=AssertionError("the contract was asked")):
        return read_transit(data)


@pytest.mark.parametrize("transit", [make_transit(1), FULL, make_transit(2, country=None, lane=None, candidates=())])
def test_what_our_readers_send_needs_no_second_look(transit: Transit) -> None:
    assert without_the_contract(encode_transit(transit)) == transit


def test_a_field_of_a_newer_reader_needs_none_either() -> None:
    data = encode_transit(FULL)[:-1] + b',"speed_kmh":43.5,"vehicle":{"colour":"red"}}'
    assert without_the_contract(data) == FULL


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_stored_samples_of_every_version(path: Path) -> None:
    agree(path.read_bytes())


def changed(changes: Mapping[str, Any]) -> bytes:
    fields = json.loads(encode_transit(FULL)) | changes
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode(errors="surrogatepass")


DAYS_AWAY = "2026-09-01T10:00:00Z"
STRANGE: list[dict[str, Any]] = [
    {"version": 2}, {"version": True}, {"version": 1.0}, {"version": "1"}, {"version": None},
    {"id": "not-a-uuid"}, {"id": FULL.id.hex}, {"id": "{" + str(FULL.id) + "}"}, {"id": str(FULL.id).upper()},
    {"gate_id": "Gate 1"}, {"gate_id": ""}, {"camera_id": "x" * 65}, {"reader_id": "a\n"}, {"reader_id": None},
    {"captured_at": "2026-11-21T10:00:07"}, {"captured_at": 1795546823}, {"captured_at": "2026-11-21"},
    {"captured_at": "2026-11-21T10:00:07.1234567Z"}, {"captured_at": "2026-11-21T10:00:07.9999999+01:00"},
    {"captured_at": "2026-11-21T10:00:60Z"}, {"captured_at": "2026-11-21T10:00:07.5-0100"},
    {"captured_at": "2026-11-21 10:00:07z"}, {"captured_at": "0001-01-01T00:00:00+05:00"},
    {"first_seen": DAYS_AWAY}, {"last_seen": DAYS_AWAY}, {"last_seen": "9999-12-31T23:59:59Z"},
    {"plate": ""}, {"plate": "aa000aa"}, {"plate": "AA 000 AA"}, {"plate": "A" * 17}, {"plate": "ÄÖ123"},
    {"plate": "AA\u0000"}, {"plate": "AA\\"}, {"plate": 12},
    {"raw": ""}, {"raw": "x" * 64}, {"raw": "x" * 65}, {"raw": "\x7f"}, {"raw": "\ud800"}, {"raw": 'a"b'},
    {"confidence": 1}, {"confidence": -0.0}, {"confidence": 1.0000001}, {"confidence": "0.5"}, {"confidence": True},
    {"candidates": []}, {"candidates": {}}, {"candidates": [{"text": "A", "probability": 0.1}] * 33},
    {"candidates": [{"text": "", "probability": 0.1}]}, {"candidates": [{"text": "A" * 17, "probability": 0.1}]},
    {"candidates": [{"text": "A", "probability": 1.1}]}, {"candidates": [{"text": "A"}]}, {"candidates": [["A", 0.1]]},
    {"candidates": [{"text": "a b/c", "probability": 0, "more": [1]}]},
    {"reads": 0}, {"reads": 1_000_000}, {"reads": 1_000_001}, {"reads": 5.0}, {"reads": 5.5}, {"reads": "5"},
    {"reads": 10**30},
    {"box": {"x": 100_000, "y": -100_000, "w": 100_000, "h": 1e-9}}, {"box": {"x": 100_000.1, "y": 0, "w": 1, "h": 1}},
    {"box": {"x": 0, "y": -100_001, "w": 1, "h": 1}}, {"box": {"x": 0, "y": 0, "w": 0, "h": 1}},
    {"box": {"x": 0, "y": 0, "w": 1, "h": 100_001}}, {"box": {"x": 0, "y": 0, "w": 1}}, {"box": [0, 0, 1, 1]},
    {"country": "ITA"}, {"country": "ITAL"}, {"country": ""}, {"country": None},
    {"direction": "sideways"}, {"direction": None}, {"direction": ""}, {"lane": "x" * 65}, {"lane": 2},
    {"images": [{"role": "plate", "sha256": "AB" * 32, "size": 9}]}, {"images": None},
    {"images": [{"role": "plate", "sha256": "ab" * 32 + "\n", "size": 9}]},
    {"images": [{"role": "portrait", "sha256": "ab" * 32, "size": 9}]},
    {"images": [{"role": "plate", "sha256": "ab" * 32, "size": 0}]},
    {"images": [{"role": "plate", "sha256": "ab" * 32, "size": 4 * 1024 * 1024 + 1}]},
    {"images": [{"role": "plate", "sha256": "ab" * 32, "size": 9}] * 9},
]  # fmt: skip


@pytest.mark.parametrize("changes", STRANGE, ids=str)
def test_values_at_and_beyond_the_edges(changes: dict[str, Any]) -> None:
    agree(changed(changes))


BEGIN, REST = b'{"version":1,', encode_transit(make_transit(1)).removeprefix(b'{"version":1,')
HOSTILE = [
    BEGIN + b'"version":2,' + REST,
    BEGIN + b'"\\u0076ersion":2,' + REST,
    BEGIN + REST[:-1] + b',"version":2}',
    b'{"version":1e0,' + REST,
    BEGIN + b'"x":' + b"[" * 250 + b"]" * 250 + b"," + REST,
    BEGIN + b'"x":' + b'{"x":' * 5000 + b"1" + b"}" * 5000 + b"," + REST,
    BEGIN + b'"x":NaN,' + REST,
    BEGIN + b'"x":1e999,' + REST,
    BEGIN + b'"x":"\x01",' + REST,
    BEGIN + b'"x":"\xff",' + REST,
    BEGIN + b'"reads":"many",' + REST,
    BEGIN + b'"reads":5,' + REST,
    BEGIN + REST + b" ",
    BEGIN + REST + b"{}",
    BEGIN + REST[:-1],
    BEGIN + REST.replace(b'"confidence":0.97', b'"confidence":Infinity'),
    BEGIN + b'"x":"' + b"x" * 64 * 1024 + b'",' + REST,
    b"[" + BEGIN + REST + b"]",
    b"",
]


@pytest.mark.parametrize("data", HOSTILE, ids=lambda data: str(data[:40]))
def test_hostile_messages(data: bytes) -> None:
    agree(data)


GARBLED = st.builds(
    lambda data, at, put, drop: data[: at % len(data)] + put + data[at % len(data) + drop :],
    st.sampled_from([encode_transit(FULL), encode_transit(make_transit(1))]),
    st.integers(0, 2000),
    st.one_of(st.binary(max_size=6), st.sampled_from([b'"', b",", b"{", b"e9", b"-", b"\\u0000", b"null", b"0", b":"])),
    st.integers(0, 12),
)


@given(GARBLED)
@settings(max_examples=examples(400))
def test_garbled_messages(data: bytes) -> None:
    agree(data)


_VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.floats(allow_nan=False), st.text(max_size=20)
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(sorted(json.loads(encode_transit(FULL)))), _VALUES, min_size=1, max_size=2))
@settings(max_examples=examples(300))
def test_any_value_in_any_field(changes: dict[str, Any]) -> None:
    agree(changed(changes))
