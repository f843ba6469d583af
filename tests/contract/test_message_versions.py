# SPDX-License-Identifier: AGPL-3.0-or-later
"""Old and new readers and centres together, on stored samples of every version of each kind of message.

A sample is never changed: it is what a reader of its time sent. Its name says its version and, for one that is newer
than this centre, from which version on it can be read.
"""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from anpr.contract.health import decode_health, encode_health, health_json_schema
from anpr.contract.image import decode_image, image_json_schema
from anpr.contract.parsing import OLDEST, VERSION
from anpr.contract.topics import HEALTH_TOPIC, IMAGES_TOPIC, TRANSITS_TOPIC
from anpr.contract.transit import decode_transit, encode_transit, json_schema
from anpr.domain.errors import MessageError, PoisonReason

FOLDER = Path(__file__).parent / "samples"
_NAME = re.compile(r"(transit|health|image)-v(\d+)(?:-readable-from-(\d+))?(-[a-z-]+)?\.json")


@dataclass(frozen=True)
class Sample:
    path: Path
    kind: str
    version: int
    readable_from: int

    def decode(self) -> Any:
        if self.kind == "image":
            tree = json.loads(self.path.read_bytes())
            headers = {name: value.encode() for name, value in tree["headers"].items()}
            return decode_image(headers, base64.b64decode(tree["jpeg_base64"]))
        decoders: dict[str, Callable[[bytes], Any]] = {"transit": decode_transit, "health": decode_health}
        return decoders[self.kind](self.path.read_bytes())


def samples() -> list[Sample]:
    found = []
    for path in sorted(FOLDER.iterdir()):
        match = _NAME.fullmatch(path.name)
        assert match, f"{path.name} names no version"
        version = int(match[2])
        found.append(Sample(path, match[1], version, int(match[3] or version)))
    return found


def named(kind: str, *, readable: bool | None = None) -> list[Sample]:
    return [
        each
        for each in samples()
        if each.kind == kind and (readable is None or (each.readable_from <= VERSION) == readable)
    ]


KINDS = ("transit", "health", "image")


@pytest.mark.parametrize("kind", KINDS)
def test_there_is_a_sample_of_every_version_read_here_and_of_the_next_in_both_forms(kind: str) -> None:
    ours = {each.version for each in named(kind) if each.version <= VERSION}
    assert ours == set(range(OLDEST, VERSION + 1)), "a new version comes with its samples"
    following = {each.readable_from for each in named(kind) if each.version == VERSION + 1}
    assert following == {VERSION, VERSION + 1}


def test_the_version_before_ours_is_still_read() -> None:
    assert max(1, VERSION - 1) >= OLDEST


@pytest.mark.parametrize(
    "sample", [each for kind in KINDS for each in named(kind, readable=True)], ids=lambda s: s.path.stem
)
def test_what_can_be_read_is_read_and_means_the_same(sample: Sample) -> None:
    known = next(each for each in named(sample.kind) if each.path.stem == f"{sample.kind}-v{VERSION}").decode()
    decoded = sample.decode()
    if "minimal" in sample.path.stem:
        assert decoded.id == known.id
    elif sample.path.stem == "health-v1-newer-reader":
        assert decoded.changes[:3] == known.changes
    else:
        assert decoded == known


@pytest.mark.parametrize(
    "sample", [each for kind in KINDS for each in named(kind, readable=False)], ids=lambda s: s.path.stem
)
def test_what_is_too_new_is_refused_with_its_reason(sample: Sample) -> None:
    with pytest.raises(MessageError, match=f"this centre reads {OLDEST} to {VERSION}") as refused:
        sample.decode()
    assert refused.value.reason is PoisonReason.UNKNOWN_VERSION


def test_what_we_send_is_read_by_a_centre_of_the_first_version() -> None:
    """Our reader, an old centre: it knows only `version` 1 and ignores what it does not know."""
    for sample in named("transit", readable=True):
        assert json.loads(encode_transit(sample.decode()))["version"] == 1
    for sample in named("health", readable=True):
        assert json.loads(encode_health(sample.decode()))["version"] == 1
    for sample in named("image", readable=True):
        headers = sample.decode().to_headers()
        assert set(headers) == {"version", "transit_id", "captured_at", "gate_id", "role", "sha256"}
        assert headers["version"] == b"1"


@pytest.mark.parametrize(
    ("version", "readable_from"),
    [
        (0, None), (-1, None), (True, None), (1.0, None), ("1", None), (None, 1), (2, None), (2, 0), (2, -5),
        (2, True), (2, "1"), (2, 1.0), (2, [1]), (10**30, None), (0, 1),
    ],
)  # fmt: skip
def test_a_version_that_is_none_is_never_taken_for_ours(version: object, readable_from: object) -> None:
    tree = json.loads((FOLDER / "transit-v1.json").read_bytes()) | {"version": version}
    if readable_from is not None:
        tree["readable_from"] = readable_from
    with pytest.raises(MessageError) as refused:
        decode_transit(json.dumps(tree).encode())
    assert refused.value.reason is PoisonReason.UNKNOWN_VERSION
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("text", [b"one", b"", b"1.0", b"-1", b"\xb2", "²".encode(), b"9" * 5000])
def test_a_picture_whose_version_is_none_is_refused(text: bytes) -> None:
    tree = json.loads((FOLDER / "image-v1.json").read_bytes())
    headers = {name: value.encode() for name, value in tree["headers"].items()} | {"version": text}
    with pytest.raises(MessageError) as refused:
        decode_image(headers, base64.b64decode(tree["jpeg_base64"]))
    assert refused.value.reason in {PoisonReason.UNKNOWN_VERSION, PoisonReason.WRONG_SHAPE}


def test_a_newer_message_is_held_to_our_shape_as_any_other() -> None:
    tree = json.loads((FOLDER / "transit-v2-readable-from-1.json").read_bytes()) | {"confidence": 7}
    with pytest.raises(MessageError, match="confidence") as refused:
        decode_transit(json.dumps(tree).encode())
    assert refused.value.reason is PoisonReason.WRONG_SHAPE


def test_the_published_schema_of_headers_is_that_of_the_code_and_of_the_samples(repository: Path) -> None:
    published = json.loads((repository / "docs" / "image.schema.json").read_text(encoding="utf-8"))
    assert published == image_json_schema()
    jsonschema.Draft202012Validator.check_schema(published)
    for sample in named("image"):
        if sample.version == VERSION:
            headers = json.loads(sample.path.read_bytes())["headers"]
            version = {"version": int(headers["version"])} if "version" in headers else {}
            jsonschema.validate(headers | version, published)


def test_every_schema_is_published_and_the_contract_names_it(repository: Path) -> None:
    page = (repository / "docs" / "contract.md").read_text(encoding="utf-8")
    for kind, schema in (("transit", json_schema()), ("health", health_json_schema()), ("image", image_json_schema())):
        assert f"`{kind}.schema.json`" in page
        assert schema["properties"]["version"]["const"] == VERSION
    for topic in (TRANSITS_TOPIC, IMAGES_TOPIC, HEALTH_TOPIC):
        assert f"`{topic}`" in page
