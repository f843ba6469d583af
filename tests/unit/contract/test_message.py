# SPDX-License-Identifier: AGPL-3.0-or-later
"""The contract between edge and centre, version 1."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.contract.image import decode_image, image_header
from anpr.contract.topics import MAX_IMAGE_BYTES, MAX_TRANSIT_BYTES
from anpr.contract.transit import decode_transit, encode_transit, json_schema
from anpr.contract.transit_fast import read_transit
from anpr.domain.errors import MessageError, PoisonReason
from anpr.domain.gate import Direction
from anpr.domain.read import Box, Candidate
from anpr.domain.transit import ImageRef, ImageRole, Transit
from scripts.lab.transits import START, make_transit, picture, uuid7_of, with_images

PUBLISHED = jsonschema.Draft202012Validator(json_schema())

_identifiers = st.from_regex(r"\A[a-z0-9][a-z0-9._-]{0,63}\Z")
_probabilities = st.floats(0, 1)
_plates = st.from_regex(r"\A[0-9A-ZÄÖÜ]{1,16}\Z")
_lines = st.text(
    st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"], exclude_characters="\u2065"), max_size=64
)
_px = st.floats(-100_000, 100_000)
_sizes = st.floats(0.001, 100_000)
_boxes = st.builds(Box, x=_px, y=_px, w=_sizes, h=_sizes)
_candidates = st.builds(Candidate, text=_plates, probability=_probabilities)
_moments = st.datetimes(
    datetime(2020, 1, 1),  # noqa: DTZ001  hypothesis wants its limits without a zone
    datetime(2060, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
_spans = st.timedeltas(timedelta(0), timedelta(days=30))
_id_differences = st.timedeltas(-timedelta(minutes=59), timedelta(minutes=59))
_images = st.builds(
    ImageRef, role=st.sampled_from(ImageRole), sha256=st.from_regex(r"\A[0-9a-f]{64}\Z"), size=st.integers(1, 4_000_000)
)


@st.composite
def transits(draw: st.DrawFn) -> Transit:
    """Any transit an edge may send."""
    captured_at = draw(_moments)
    return Transit(
        id=uuid7_of(captured_at + draw(_id_differences), draw(st.integers(0, (1 << 62) - 1))),
        gate_id=draw(_identifiers),
        camera_id=draw(_identifiers),
        reader_id=draw(_identifiers),
        captured_at=captured_at,
        first_seen=captured_at - draw(_spans),
        last_seen=captured_at + draw(_spans),
        plate=draw(_plates),
        raw=draw(_lines),
        confidence=draw(_probabilities),
        candidates=tuple(draw(st.lists(_candidates, max_size=32))),
        reads=draw(st.integers(1, 1_000_000)),
        box=draw(_boxes),
        country=draw(st.none() | st.sampled_from(["I", "RSM", "V", "D"])),
        direction=draw(st.none() | st.sampled_from(Direction)),
        lane=draw(st.none() | _lines),
        images=tuple(draw(st.lists(_images, max_size=8))),
    )


def fields(**changes: Any) -> dict[str, Any]:
    return {**json.loads(encode_transit(make_transit(1))), **changes}


def as_bytes(tree: object) -> bytes:
    return json.dumps(tree).encode()


@given(transits())
def test_what_is_encoded_decodes_to_the_same(transit: Transit) -> None:
    assert decode_transit(encode_transit(transit)) == transit


@given(transits())
def test_what_is_encoded_follows_the_published_schema(transit: Transit) -> None:
    PUBLISHED.validate(json.loads(encode_transit(transit)))


def test_a_transit_is_about_a_kilobyte() -> None:
    images = {ImageRole.PLATE: picture(1, 900), ImageRole.CONTEXT: picture(2, 900)}
    transit, _ = with_images(make_transit(1), images)
    assert len(encode_transit(transit)) < 1024


@given(st.binary(max_size=300))
def test_any_bytes_decode_or_are_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(MessageError) as refused:
        decode_transit(data)
    assert refused.value.reason in PoisonReason


_json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(fields())), _json_values)
def test_any_value_in_any_field_decodes_or_is_refused_with_a_reason(name: str, value: object) -> None:
    try:
        decoded = decode_transit(as_bytes(fields(**{name: value})))
    except MessageError as refused:
        assert refused.reason in PoisonReason  # noqa: PT017  both ends are right, nothing else is
    else:
        assert encode_transit(decoded)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", PoisonReason.NOT_JSON),
        (b"\xff\xfe", PoisonReason.NOT_JSON),
        (b"{", PoisonReason.NOT_JSON),
        (b'{"version":1,"confidence":NaN}', PoisonReason.NOT_JSON),
        (b"[" * 60_000, PoisonReason.NOT_JSON),
        (b" " * (MAX_TRANSIT_BYTES + 1), PoisonReason.TOO_LARGE),
        (b"[]", PoisonReason.WRONG_SHAPE),
        (b"1", PoisonReason.WRONG_SHAPE),
        (b"{}", PoisonReason.UNKNOWN_VERSION),
        (b'{"version":2}', PoisonReason.UNKNOWN_VERSION),
        (b'{"version":"1"}', PoisonReason.UNKNOWN_VERSION),
        (b'{"version":1}', PoisonReason.WRONG_SHAPE),
    ],
)
def test_each_fault_has_its_reason(data: bytes, reason: PoisonReason) -> None:
    with pytest.raises(MessageError) as refused:
        decode_transit(data)
    assert refused.value.reason is reason


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("id", "not-a-uuid"),
        ("gate_id", "../etc"),
        ("gate_id", "Gate"),
        ("gate_id", "g" * 65),
        ("camera_id", ""),
        ("captured_at", "2026-11-21T10:00:00"),
        ("captured_at", "0001-01-01T00:00:00+14:00"),
        ("captured_at", "9999-12-31T23:59:59-14:00"),
        ("first_seen", "2020-01-01T00:00:00Z"),
        ("plate", "ab123cd"),
        ("plate", "A" * 17),
        ("raw", "A\u0000B"),
        ("lane", "1\n2"),
        ("country", "ITALY"),
        ("confidence", 1.01),
        ("candidates", [{"text": "A", "probability": 2}]),
        ("candidates", [{"text": "A", "probability": 0.1}] * 33),
        ("reads", 0),
        ("reads", 1.5),
        ("box", {"x": 0, "y": 0, "w": 0, "h": 1}),
        ("direction", "sideways"),
        ("images", [{"role": "plate", "sha256": "0" * 63, "size": 1}]),
        ("images", [{"role": "portrait", "sha256": "0" * 64, "size": 1}]),
    ],
)
def test_a_wrong_field_is_refused(name: str, value: object) -> None:
    with pytest.raises(MessageError) as refused:
        decode_transit(as_bytes(fields(**{name: value})))
    assert refused.value.reason is PoisonReason.WRONG_SHAPE


def test_the_refusal_names_the_field_and_not_what_it_holds() -> None:
    with pytest.raises(MessageError, match="confidence") as refused:
        decode_transit(as_bytes(fields(confidence="secret")))
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_times_of_other_zones_are_the_same_moments() -> None:
    transit = make_transit(1)
    rome = timezone(timedelta(hours=1))
    moved = fields(captured_at=transit.captured_at.astimezone(rome).isoformat())
    assert decode_transit(as_bytes(moved)) == transit


def test_a_field_that_is_not_known_yet_is_ignored() -> None:
    assert decode_transit(as_bytes(fields(speed_kmh=43.5, vehicle={"colour": "red"}))) == make_transit(1)


def test_the_edge_is_told_before_it_sends_what_the_centre_would_refuse() -> None:
    with pytest.raises(MessageError, match="lane") as refused:
        encode_transit(make_transit(1, lane="x" * 65))
    assert refused.value.reason is PoisonReason.WRONG_SHAPE


def sample_files(folder: Path) -> list[Path]:
    return sorted((folder / "tests" / "contract" / "samples").glob("transit-v1*.json"))


def test_every_stored_sample_of_version_1_still_decodes(repository: Path) -> None:
    files = sample_files(repository)
    assert len(files) >= 3
    for path in files:
        decoded = decode_transit(path.read_bytes())
        assert decode_transit(encode_transit(decoded)) == decoded, path


def test_the_full_sample_means_what_it_meant(repository: Path) -> None:
    path = repository / "tests" / "contract" / "samples" / "transit-v1.json"
    assert decode_transit(path.read_bytes()) == Transit(
        id=UUID("01a1fd8c-74b8-7000-8000-000000000001"),
        gate_id="rufina-nord",
        camera_id="rufina-nord-1",
        reader_id="reader-1",
        captured_at=datetime(2026, 11, 21, 10, 0, 1, 250_000, tzinfo=UTC),
        first_seen=datetime(2026, 11, 21, 10, 0, 0, 850_000, tzinfo=UTC),
        last_seen=datetime(2026, 11, 21, 10, 0, 1, 550_000, tzinfo=UTC),
        plate="AB123CD",
        raw="A8123CD",
        confidence=0.93,
        candidates=(Candidate(text="AB123CD", probability=0.93), Candidate(text="A8123CD", probability=0.05)),
        reads=7,
        box=Box(x=812.5, y=640.0, w=151.25, h=38.5),
        country="I",
        direction=Direction.APPROACHING,
        lane="corsia 1",
        images=(
            ImageRef(role=ImageRole.PLATE, sha256="0" * 63 + "1", size=5120),
            ImageRef(role=ImageRole.CONTEXT, sha256="f" * 64, size=98304),
        ),
    )


def test_the_stored_samples_follow_the_published_schema(repository: Path) -> None:
    for path in sample_files(repository):
        jsonschema.validate(json.loads(path.read_bytes()), json_schema())


def test_the_published_schema_is_that_of_the_code(repository: Path) -> None:
    published = json.loads((repository / "docs" / "transit.schema.json").read_text(encoding="utf-8"))
    assert published == json_schema()
    jsonschema.Draft202012Validator.check_schema(published)


def test_a_picture_comes_back_with_its_header() -> None:
    data = picture(1, 500)
    header = image_header(transit=make_transit(1), role=ImageRole.PLATE, data=data)
    assert decode_image(header.to_headers(), data) == header


@pytest.mark.parametrize("name", ["transit_id", "captured_at", "gate_id", "role", "sha256"])
def test_a_picture_without_one_of_its_headers_is_refused(name: str) -> None:
    data = picture(1, 500)
    headers = image_header(transit=make_transit(1), role=ImageRole.PLATE, data=data).to_headers()
    del headers[name]
    with pytest.raises(MessageError) as refused:
        decode_image(headers, data)
    assert refused.value.reason is PoisonReason.WRONG_SHAPE


@pytest.mark.parametrize("name", ["transit_id", "captured_at", "gate_id", "role", "sha256"])
def test_a_picture_with_a_broken_header_is_refused(name: str) -> None:
    data = picture(1, 500)
    headers = image_header(transit=make_transit(1), role=ImageRole.PLATE, data=data).to_headers()
    with pytest.raises(MessageError) as refused:
        decode_image({**headers, name: b"\xff\x00.."}, data)
    assert refused.value.reason is PoisonReason.WRONG_SHAPE


def test_a_picture_that_is_not_what_was_sent_is_refused() -> None:
    data = picture(1, 500)
    headers = image_header(transit=make_transit(1), role=ImageRole.PLATE, data=data).to_headers()
    with pytest.raises(MessageError) as refused:
        decode_image(headers, data[:-1])
    assert refused.value.reason is PoisonReason.WRONG_DIGEST


def test_a_picture_that_is_too_large_is_refused() -> None:
    data = b"\0" * (MAX_IMAGE_BYTES + 1)
    headers = image_header(transit=make_transit(1), role=ImageRole.PLATE, data=data).to_headers()
    with pytest.raises(MessageError) as refused:
        decode_image(headers, data)
    assert refused.value.reason is PoisonReason.TOO_LARGE


def test_the_sample_of_a_newer_reader_means_the_same(repository: Path) -> None:
    folder = repository / "tests" / "contract" / "samples"
    full = decode_transit((folder / "transit-v1.json").read_bytes())
    newer = decode_transit((folder / "transit-v1-newer-reader.json").read_bytes())
    assert newer == full
    minimal = decode_transit((folder / "transit-v1-minimal.json").read_bytes())
    assert minimal == replace(full, country=None, direction=None, lane=None, images=(), candidates=(), raw="")


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "no JPEG"),
        (b"<svg onload=alert(1)>", "no JPEG"),
        (b"\x89PNG\r\n", "no JPEG"),
        (picture(1, 500)[:-1], "cut off"),
        (picture(1, 500) + b"<script>alert(1)</script>", "behind the end"),
    ],
)
def test_a_picture_that_is_not_one_whole_jpeg_is_refused(data: bytes, fault: str) -> None:
    header = image_header(transit=make_transit(1), role=ImageRole.PLATE, data=data)
    with pytest.raises(MessageError, match=fault) as refused:
        decode_image(header.to_headers(), data)
    assert refused.value.reason is PoisonReason.WRONG_SHAPE


def test_a_picture_that_claims_more_than_fits_into_memory_is_refused() -> None:
    data = picture(1, 500).replace(bytes.fromhex("00010002"), b"\xff\xff\xff\xff", 1)
    header = image_header(transit=make_transit(1), role=ImageRole.PLATE, data=data)
    with pytest.raises(MessageError, match="claims 65535 x 65535 px") as refused:
        decode_image(header.to_headers(), data)
    assert refused.value.reason is PoisonReason.TOO_LARGE


@pytest.mark.parametrize("sign", ["\u202e", "\u2066", "\u200b", "\ufeff", "\u00ad", "\u0085", "\u2028"])
@pytest.mark.parametrize("key", ["raw", "lane"])
@pytest.mark.parametrize("escaped", [True, False])
def test_a_sign_that_hides_or_turns_what_people_read_is_refused(sign: str, key: str, escaped: bool) -> None:
    tree = json.loads(encode_transit(make_transit(1)))
    tree[key] = f"AB{sign}12"
    with pytest.raises(MessageError) as refused:
        decode_transit(json.dumps(tree, ensure_ascii=escaped, separators=(",", ":")).encode())
    assert refused.value.reason is PoisonReason.WRONG_SHAPE
    tree[key] = "Città – corsia 2"
    assert getattr(decode_transit(json.dumps(tree).encode()), key) == tree[key]


UNBOUND_IDS = [
    UUID(int=0),
    UUID(int=(1 << 128) - 1),
    UUID("6f5f2f5e-6f61-4b3c-9d2e-1f0c5d0a7b11"),
    uuid7_of(START - timedelta(days=900), 1),
    uuid7_of(START + timedelta(hours=1, milliseconds=1), 1),
    uuid7_of(START - timedelta(hours=1, milliseconds=1), 1),
    UUID(int=uuid7_of(START, 1).int & ~(0b11 << 62)),
]


@pytest.mark.parametrize("identity", UNBOUND_IDS)
@pytest.mark.parametrize("decode", [decode_transit, read_transit])
def test_an_id_tells_when_its_transit_was_captured(identity: UUID, decode: Callable[[bytes], Transit]) -> None:
    message = {**fields(), "id": str(identity), "captured_at": START.isoformat()}
    with pytest.raises(MessageError, match="not a UUIDv7 of the time in captured_at") as caught:
        decode(as_bytes(message))
    assert caught.value.reason is PoisonReason.WRONG_SHAPE
    with pytest.raises(MessageError, match="not a UUIDv7"):
        encode_transit(make_transit(0, id=identity))


def test_an_image_is_of_a_transit_of_its_time() -> None:
    data = picture(1, 500)
    header = image_header(transit=make_transit(0, id=UNBOUND_IDS[3]), role=ImageRole.PLATE, data=data)
    with pytest.raises(MessageError, match="not a UUIDv7") as caught:
        decode_image(header.to_headers(), data)
    assert caught.value.reason is PoisonReason.WRONG_SHAPE
