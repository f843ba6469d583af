"""Messages nobody can use, each with the reason ingest must give for refusing it."""

import gzip
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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

MARK = "chaos-garbage"
"""Name of the header that tells garbage from the rest: its value is the expected reason."""
ELSEWHERE = 1 << 40
"""Numbers of transits that exist only as garbage."""


@dataclass(frozen=True, kw_only=True)
class Message:
    """What goes to a topic as it is."""

    topic: str
    key: bytes
    headers: dict[str, bytes]
    value: bytes


Fields = dict[str, Any]
Spoiler = Callable[[random.Random, Fields], Any]


def _without_a_field(chance: random.Random, fields: Fields) -> Fields:
    required = ("id", "gate_id", "captured_at", "plate", "raw", "confidence", "candidates", "reads", "box")
    gone = chance.choice(required)
    return {name: value for name, value in fields.items() if name != gone}


def _with_a_wrong_value(chance: random.Random, fields: Fields) -> Fields:
    wrong: tuple[tuple[str, Any], ...] = (
        ("id", "not-an-id"),
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


_SPOILED: tuple[tuple[PoisonReason, Spoiler], ...] = (
    (PoisonReason.WRONG_SHAPE, _without_a_field),
    (PoisonReason.WRONG_SHAPE, _with_a_wrong_value),
    (PoisonReason.WRONG_SHAPE, lambda chance, fields: chance.choice(([], [fields], 7, "text", None, True))),
    (PoisonReason.UNKNOWN_VERSION, lambda chance, fields: {**fields, "version": chance.choice((0, 2, 99, "1", None))}),
    (PoisonReason.WRONG_TIME, lambda _, fields: _moved(fields, "1970-01-01T00:00:00Z")),
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
    lambda _, value: gzip.compress(value),
    lambda _, value: value.replace(b":7,", b":0x7,"),
    lambda _, value: value + value,
    lambda _, value: b"/**/" + value,
    lambda chance, value: value.replace(b"{", b"{" * chance.randint(2, 300), 1),
)
_LARGE_SHARE = 0.01
"""Of the pictures: each of them is 4 MB."""
_ROOM_FOR_HEADERS = 700  # of the largest record the topic takes: as near to it as a message can come


def _moved(fields: Fields, moment: str) -> Fields:
    return {**fields, "captured_at": moment, "first_seen": moment, "last_seen": moment}


@dataclass
class Garbage:
    """An endless, seeded stream of it."""

    traffic: Traffic
    chance: random.Random
    number: int = ELSEWHERE

    def messages(self) -> Iterator[Message]:
        """Seven of ten on the topic of transits."""
        makers = (self._transit, self._picture, self._health)
        while True:
            self.number += 1
            (make,) = self.chance.choices(makers, weights=(14, 5, 1))
            reason, message = make()
            message.headers[MARK] = reason.encode()
            yield message

    def _transit(self) -> tuple[PoisonReason, Message]:
        transit, _ = self.traffic.transit(self.number % 1_000_000)
        reason, spoiled = self._spoil(encode_transit(transit))
        key = self.chance.choice((b"", transit.gate_id.encode(), self.chance.randbytes(300)))
        return reason, Message(topic=TRANSITS_TOPIC, key=key, headers={}, value=spoiled)

    def _spoil(self, value: bytes) -> tuple[PoisonReason, bytes]:
        if self.chance.random() < 0.5:
            return PoisonReason.NOT_JSON, self.chance.choice(_NOT_JSON)(self.chance, value)
        reason, spoil = self.chance.choice(_SPOILED)
        spoiled = json.dumps(spoil(self.chance, json.loads(value))).encode()
        if reason is PoisonReason.WRONG_SHAPE and self.chance.random() < 0.1 and spoiled.startswith(b"{"):
            # The last of two equal keys counts: a right one before it does not hide the wrong one.
            spoiled = b'{"gate_id":"gate-1",' + spoiled[1:-1] + b',"gate_id":7}'
        return reason, spoiled

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
        reason, spoiled = self.chance.choice(
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
        return reason, Message(topic=HEALTH_TOPIC, key=key, headers={}, value=spoiled)

    def _picture(self) -> tuple[PoisonReason, Message]:
        transit, pictures = self.traffic.transit(self.number % 1_000_000)
        data = pictures[ImageRole.CONTEXT]
        headers = image_header(transit=transit, role=ImageRole.CONTEXT, data=data).to_headers()
        key = headers["transit_id"] = str(UUID(int=self.number)).encode()
        reason, value = self._spoil_picture(headers, data)
        return reason, Message(topic=IMAGES_TOPIC, key=key, headers=headers, value=value)

    def _spoil_picture(self, headers: dict[str, bytes], data: bytes) -> tuple[PoisonReason, bytes]:
        """Another picture than its header says, wrong headers, a wrong time, or a picture made to hurt."""
        if self.chance.random() < _LARGE_SHARE:
            size = self.chance.randint(MAX_IMAGE_BYTES + 1, MAX_RECORD_BYTES - _ROOM_FOR_HEADERS)
            return PoisonReason.TOO_LARGE, data + bytes(size - len(data))
        kind = self.chance.randrange(5)
        if kind == 0:
            return PoisonReason.WRONG_DIGEST, data[: self.chance.randrange(len(data))]
        if kind == 1:
            headers["captured_at"] = b"9999-12-31T23:59:59Z"
            return PoisonReason.WRONG_TIME, data
        if kind == 2:
            return self._spoil_headers(headers), data
        reason, spoil = self.chance.choice(HOSTILE)
        spoiled = spoil(self.chance, data)
        headers["sha256"] = sha256_of(spoiled).encode()
        return reason, spoiled

    def _spoil_headers(self, headers: dict[str, bytes]) -> PoisonReason:
        spoilt = self.chance.choice(("role", "sha256", "captured_at", "transit_id", "gate_id", "version"))
        wrong = self.chance.choice((None, b"", b"\xff\xfe\x00", b"../../etc/passwd", b"x" * 5_000))
        if spoilt == "version":
            headers[spoilt] = b"99"
            return PoisonReason.UNKNOWN_VERSION
        if wrong is None:
            del headers[spoilt]
        else:
            headers[spoilt] = wrong
        return PoisonReason.WRONG_SHAPE


def impostor(traffic: Traffic, number: int, role: ImageRole) -> Message:
    """Another picture under the name of one that was sent: the first one must stay."""
    transit, _ = traffic.transit(number)
    data = traffic.picture(number + 1, role)
    headers = image_header(transit=transit, role=role, data=data).to_headers()
    headers[MARK] = PoisonReason.NOT_STORABLE.encode()
    return Message(topic=IMAGES_TOPIC, key=str(transit.id).encode(), headers=headers, value=data)
