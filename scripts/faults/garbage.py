"""Messages nobody can use, each with the reason ingest must give for refusing it."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from anpr.domain.errors import PoisonReason
from anpr.domain.transit import ImageRole
from anpr.message import IMAGES_TOPIC, MAX_IMAGE_BYTES, TRANSITS_TOPIC, encode_transit, image_header, sha256_of
from anpr.transport.kafka.topics import MAX_RECORD_BYTES
from scripts.faults.traffic import Traffic

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
)
_PICTURE_REASONS = (
    PoisonReason.WRONG_DIGEST,
    PoisonReason.WRONG_SHAPE,
    PoisonReason.WRONG_TIME,
    PoisonReason.TOO_LARGE,
)
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
        """Four of five on the topic of transits."""
        while True:
            self.number += 1
            make = self._picture if self.chance.random() < 0.2 else self._transit
            reason, message = make()
            message.headers[MARK] = reason.encode()
            yield message

    def _transit(self) -> tuple[PoisonReason, Message]:
        transit, _ = self.traffic.transit(self.number % 1_000_000)
        value = encode_transit(transit)
        if self.chance.random() < 0.4:
            reason, spoiled = PoisonReason.NOT_JSON, self.chance.choice(_NOT_JSON)(self.chance, value)
        else:
            reason, spoil = self.chance.choice(_SPOILED)
            spoiled = json.dumps(spoil(self.chance, json.loads(value))).encode()
        key = self.chance.choice((b"", transit.gate_id.encode(), self.chance.randbytes(300)))
        return reason, Message(topic=TRANSITS_TOPIC, key=key, headers={}, value=spoiled)

    def _picture(self) -> tuple[PoisonReason, Message]:
        transit, pictures = self.traffic.transit(self.number % 1_000_000)
        data = pictures[ImageRole.CONTEXT]
        headers = image_header(transit=transit, role=ImageRole.CONTEXT, data=data).to_headers()
        key = headers["transit_id"] = str(UUID(int=self.number)).encode()
        (reason,) = self.chance.choices(_PICTURE_REASONS, weights=(5, 5, 5, 1))  # large ones are 4 MB each
        value = self._spoil_picture(reason, headers, data)
        return reason, Message(topic=IMAGES_TOPIC, key=key, headers=headers, value=value)

    def _spoil_picture(self, reason: PoisonReason, headers: dict[str, bytes], data: bytes) -> bytes:
        if reason is PoisonReason.WRONG_DIGEST:
            return data[: self.chance.randrange(len(data))]
        if reason is PoisonReason.WRONG_SHAPE:
            if self.chance.random() < 0.3:
                return self._no_jpeg(headers)
            self._spoil_headers(headers)
        elif reason is PoisonReason.WRONG_TIME:
            headers["captured_at"] = b"9999-12-31T23:59:59Z"
        elif reason is PoisonReason.TOO_LARGE:
            size = self.chance.randint(MAX_IMAGE_BYTES + 1, MAX_RECORD_BYTES - _ROOM_FOR_HEADERS)
            return data + bytes(size - len(data))
        return data

    def _no_jpeg(self, headers: dict[str, bytes]) -> bytes:
        """What a browser or a viewer might run, with headers that are right in all else."""
        starts = (
            b"",
            b"<script>alert(1)</script>",
            b"<svg onload=alert(1)>",
            b"\x7fELF",
            b"MZ",
            b"\x89PNG\r\n",
            b"\xff\xd8",
        )
        data = self.chance.choice(starts)
        headers["sha256"] = sha256_of(data).encode()
        return data

    def _spoil_headers(self, headers: dict[str, bytes]) -> None:
        spoilt = self.chance.choice(("role", "sha256", "captured_at", "transit_id", "gate_id"))
        wrong = self.chance.choice((None, b"", b"\xff\xfe\x00", b"../../etc/passwd", b"x" * 5_000))
        if wrong is None:
            del headers[spoilt]
        else:
            headers[spoilt] = wrong


def impostor(traffic: Traffic, number: int, role: ImageRole) -> Message:
    """Another picture under the name of one that was sent: the first one must stay."""
    transit, _ = traffic.transit(number)
    data = b"\xff\xd8\xff\xe0" + b"not what passed" + b"\xff\xd9"
    headers = image_header(transit=transit, role=role, data=data).to_headers()
    headers[MARK] = PoisonReason.NOT_STORABLE.encode()
    return Message(topic=IMAGES_TOPIC, key=str(transit.id).encode(), headers=headers, value=data)
