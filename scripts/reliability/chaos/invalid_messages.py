# SPDX-License-Identifier: AGPL-3.0-or-later
"""Invalid messages (fuzzing of the message contract), each with the reason for which ingest must refuse it."""

import gzip
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from anpr.contract.health import encode_health
from anpr.contract.image import image_header
from anpr.contract.parsing import sha256_of
from anpr.contract.topics import HEALTH_TOPIC, IMAGES_TOPIC, MAX_IMAGE_BYTES, TRANSITS_TOPIC
from anpr.contract.transit import encode_transit
from anpr.domain.errors import PoisonReason
from anpr.domain.health import Change, HealthReport, SubjectKind
from anpr.domain.transit import ImageRole
from anpr.transport.kafka.topics import MAX_RECORD_BYTES
from scripts.reliability.chaos.hostile_images import HOSTILE
from scripts.reliability.chaos.traffic import Traffic

EXPECTED_REASON_HEADER = "chaos-expected-reason"
"""Header that marks an invalid message; its value is the expected PoisonReason."""
INVALID_FROM = 1 << 40
"""Numbers from here on belong to invalid messages only."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """A raw Kafka message."""

    topic: str
    key: bytes
    headers: dict[str, bytes]
    value: bytes


Fields = dict[str, Any]
Corruption = Callable[[random.Random, Fields], Any]


def _without_a_field(chance: random.Random, fields: Fields) -> Fields:
    required = ("id", "gate_id", "captured_at", "plate", "raw", "confidence", "candidates", "reads", "box")
    gone = chance.choice(required)
    return {name: value for name, value in fields.items() if name != gone}


def _with_a_wrong_value(chance: random.Random, fields: Fields) -> Fields:
    wrong: tuple[tuple[str, Any], ...] = (
        ("id", "not-an-id"),
        ("id", "00000000-0000-0000-0000-000000000000"),
        ("id", "6f5f2f5e-6f61-4b3c-9d2e-1f0c5d0a7b11"),
        ("id", "018bcfe5-6800-7000-8000-000000000001"),
        ("gate_id", "../../../etc/passwd"),
        ("camera_id", "A" * 300),
        ("captured_at", "2026-11-21T10:00:00"),
        ("captured_at", "yesterday"),
        ("plate", "AB\x00123CD"),
        ("plate", "ab123cd"),
        ("plate", "'; DROP TABLE transits; --"),
        ("plate", ""),
        ("confidence", 1.5),
        ("reads", 0),
        ("reads", 10**400),
        ("box", {"x": 1, "y": 1, "w": -5, "h": 1}),
        ("candidates", [{"text": "A", "probability": 0.1}] * 33),
        ("candidates", {}),
        ("images", [{"role": "selfie", "sha256": "0" * 64, "size": 1}]),
        ("images", [{"role": "plate", "sha256": "0" * 64, "size": MAX_IMAGE_BYTES + 1}]),
        ("first_seen", "0001-01-01T00:00:00Z"),
        ("id", [[["deep"]]]),
        ("confidence", "high"),
        ("confidence", -0.0001),
        ("reads", -(2**63)),
        ("reads", 1e300),
        ("box", {"x": 1e300, "y": 1, "w": 5, "h": 1}),
        ("raw", "\x00"),
        ("gate_id", "gate\u202e1"),
        ("camera_id", ""),
        ("plate", "A" * 60_000),
        ("captured_at", 10**30),
        ("last_seen", "9999-12-31T23:59:59Z"),
    )
    return dict([*fields.items(), chance.choice(wrong)])


_CORRUPTIONS: tuple[tuple[PoisonReason, Corruption], ...] = (
    (PoisonReason.WRONG_SHAPE, _without_a_field),
    (PoisonReason.WRONG_SHAPE, _with_a_wrong_value),
    (PoisonReason.WRONG_SHAPE, lambda chance, fields: chance.choice(([], [fields], 7, "text", None, True))),
    (PoisonReason.UNKNOWN_VERSION, lambda chance, fields: {**fields, "version": chance.choice((0, 2, 99, "1", None))}),
    (PoisonReason.TOO_OLD, lambda _, fields: _moved(fields, "1970-01-01T00:00:00Z")),
    (PoisonReason.WRONG_TIME, lambda _, fields: _moved(fields, "2999-12-31T23:59:59+14:00")),
    (
        PoisonReason.TOO_LARGE,
        lambda chance, fields: {**fields, "pad": "x" * chance.randint(65_536, 500_000)},
    ),
)
_NOT_JSON: tuple[Callable[[random.Random, bytes], bytes], ...] = (
    lambda chance, value: value[: chance.randrange(len(value))],
    lambda chance, _: b"\xff" + chance.randbytes(chance.randint(0, 2_000)),
    lambda chance, _: b"[" * chance.randint(5_000, 60_000),
    lambda chance, _: b'{"a":' * chance.randint(5_000, 12_000),
    lambda _, value: value.replace(b'"confidence":0.97', b'"confidence":NaN'),
    lambda _, value: value.replace(b'"country":"I"', b'"country":"\\ud800"'),
    lambda _, value: value + b"}",
    lambda _, value: value.replace(b'"', b"'"),
    lambda _, value: value.replace(b'"confidence":0.97', b'"confidence":-Infinity'),
    lambda _, value: value.replace(b'"country":"I"', b'"country":"\\udfff\\ud800"'),
    lambda _, value: value.replace(b'"country":"I"', b'"country":"\x00"'),
    lambda _, value: value.replace(b'"country":"I"', b'"country":"\xc0\xaf"'),
    lambda _, value: b"\xef\xbb\xbf" + value,
    lambda _, value: value.decode().encode("utf-16"),
    lambda _, value: gzip.compress(value, mtime=0),
    lambda _, value: value.replace(b":7,", b":0x7,"),
    lambda _, value: value + value,
    lambda _, value: b"/**/" + value,
    lambda chance, value: value.replace(b"{", b"{" * chance.randint(2, 300), 1),
)
_LARGE_SHARE = 0.01
"""Of the images: each of them is 4 MB."""
_ROOM_FOR_HEADERS = 700  # of the largest record the topic takes: as near to it as a message can come


def _moved(fields: Fields, moment: str) -> Fields:
    """With an id of that time: a wrong time, and nothing else."""
    milliseconds = int(datetime.fromisoformat(moment).timestamp() * 1000)
    fresh = str(UUID(int=milliseconds << 80 | UUID(fields["id"]).int & (1 << 80) - 1))
    return {**fields, "id": fresh, "captured_at": moment, "first_seen": moment, "last_seen": moment}


@dataclass
class InvalidMessages:
    """An endless, seeded stream of invalid messages."""

    traffic: Traffic
    chance: random.Random
    number: int = INVALID_FROM

    def messages(self) -> Iterator[Message]:
        """Yield messages; seven of ten are for the topic of transits."""
        makers = (self._transit, self._image, self._health)
        while True:
            self.number += 1
            (make,) = self.chance.choices(makers, weights=(14, 5, 1))
            reason, message = make()
            message.headers[EXPECTED_REASON_HEADER] = reason.encode()
            yield message

    def _transit(self) -> tuple[PoisonReason, Message]:
        transit, _ = self.traffic.transit(self.number % 1_000_000)
        reason, corrupted = self._corrupt(encode_transit(transit))
        key = self.chance.choice((b"", transit.gate_id.encode(), self.chance.randbytes(300)))
        return reason, Message(topic=TRANSITS_TOPIC, key=key, headers={}, value=corrupted)

    def _corrupt(self, value: bytes) -> tuple[PoisonReason, bytes]:
        if self.chance.random() < 0.5:
            return PoisonReason.NOT_JSON, self.chance.choice(_NOT_JSON)(self.chance, value)
        reason, corrupt = self.chance.choice(_CORRUPTIONS)
        corrupted = json.dumps(corrupt(self.chance, json.loads(value))).encode()
        if reason is PoisonReason.WRONG_SHAPE and self.chance.random() < 0.1 and corrupted.startswith(b"{"):
            # The last of two equal keys counts: a right one before it does not hide the wrong one.
            corrupted = b'{"gate_id":"gate-1",' + corrupted[1:-1] + b',"gate_id":7}'
        return reason, corrupted

    def _health(self) -> tuple[PoisonReason, Message]:
        transit, _ = self.traffic.transit(self.number % 1_000_000)
        change = Change(state="up", since=transit.captured_at)
        report = HealthReport(
            kind=SubjectKind.READER,
            id="nobody",
            reader_id="nobody",
            gate_ids=(transit.gate_id,),
            at=transit.captured_at,
            changes=(change,),
        )
        value = encode_health(report)
        fields = json.loads(value)
        late = {**fields, "at": "2999-01-01T00:00:00Z", "changes": [{"state": "up", "since": "2999-01-01T00:00:00Z"}]}
        reason, corrupted = self.chance.choice(
            (
                (PoisonReason.NOT_JSON, value[: self.chance.randrange(len(value))]),
                (PoisonReason.UNKNOWN_VERSION, json.dumps({**fields, "version": 99}).encode()),
                (PoisonReason.WRONG_SHAPE, json.dumps({**fields, "changes": []}).encode()),
                (PoisonReason.WRONG_SHAPE, json.dumps({**fields, "changes": fields["changes"] * 1000}).encode()),
                (PoisonReason.WRONG_SHAPE, json.dumps({**fields, "id": "x'; DROP TABLE health; --"}).encode()),
                (PoisonReason.WRONG_TIME, json.dumps(late).encode()),
            )
        )
        key = self.chance.randbytes(20)  # a compacted topic takes nothing without one
        return reason, Message(topic=HEALTH_TOPIC, key=key, headers={}, value=corrupted)

    def _image(self) -> tuple[PoisonReason, Message]:
        transit, images = self.traffic.transit(self.number % 1_000_000)
        data = images[ImageRole.CONTEXT]
        headers = image_header(transit=transit, role=ImageRole.CONTEXT, data=data).to_headers()
        # An id of its own: a message that is not refused must not look like one that was sent.
        own = str(UUID(int=transit.id.int >> 62 << 62 | self.number)).encode()
        key = headers["transit_id"] = own
        reason, value = self._corrupt_image(headers, data)
        return reason, Message(topic=IMAGES_TOPIC, key=key, headers=headers, value=value)

    def _corrupt_image(self, headers: dict[str, bytes], data: bytes) -> tuple[PoisonReason, bytes]:
        """Another image than its header says, wrong headers, a wrong time, or a image made to hurt."""
        if self.chance.random() < _LARGE_SHARE:
            size = self.chance.randint(MAX_IMAGE_BYTES + 1, MAX_RECORD_BYTES - _ROOM_FOR_HEADERS)
            return PoisonReason.TOO_LARGE, data + bytes(size - len(data))
        kind = self.chance.randrange(5)
        if kind == 0:
            return PoisonReason.WRONG_DIGEST, data[: self.chance.randrange(len(data))]
        if kind == 1:
            moment = "2999-12-31T23:59:59+00:00"
            moved = _moved({"id": headers["transit_id"].decode()}, moment)
            headers["captured_at"], headers["transit_id"] = moment.encode(), str(moved["id"]).encode()
            return PoisonReason.WRONG_TIME, data
        if kind == 2:
            return self._corrupt_headers(headers), data
        reason, corrupt = self.chance.choice(HOSTILE)
        corrupted = corrupt(self.chance, data)
        headers["sha256"] = sha256_of(corrupted).encode()
        return reason, corrupted

    def _corrupt_headers(self, headers: dict[str, bytes]) -> PoisonReason:
        corrupted = self.chance.choice(("role", "sha256", "captured_at", "transit_id", "gate_id", "version"))
        wrong = self.chance.choice((None, b"", b"\xff\xfe\x00", b"../../etc/passwd", b"x" * 5_000))
        if corrupted == "version":
            headers[corrupted] = b"99"
            return PoisonReason.UNKNOWN_VERSION
        if wrong is None:
            del headers[corrupted]
        else:
            headers[corrupted] = wrong
        return PoisonReason.WRONG_SHAPE


def conflicting_image(traffic: Traffic, number: int, role: ImageRole) -> Message:
    """A different image under the key of one that was sent: the first one must stay."""
    transit, _ = traffic.transit(number)
    data = traffic.image(number + 1, role)
    headers = image_header(transit=transit, role=role, data=data).to_headers()
    headers[EXPECTED_REASON_HEADER] = PoisonReason.WRONG_DIGEST.encode()
    return Message(topic=IMAGES_TOPIC, key=str(transit.id).encode(), headers=headers, value=data)
