# SPDX-License-Identifier: AGPL-3.0-or-later
"""Sender of a message, as the message says itself: nobody vouches for it, so nothing but counting depends on it.

A broker does not tell who wrote a record, and its key and contents are the writer's to choose.
"""

import msgspec

from anpr.contract.parsing import is_identifier
from anpr.contract.topics import IMAGES_TOPIC, MAX_TRANSIT_BYTES, TRANSITS_TOPIC
from anpr.transport.source import Incoming


class _Claim(msgspec.Struct):
    reader_id: str | None = None


class _GateClaim(msgspec.Struct):
    gate_id: str | None = None


_DECODER = msgspec.json.Decoder(_Claim)
_GATE_DECODER = msgspec.json.Decoder(_GateClaim)


def sender_of(record: Incoming) -> str:
    """reader/ID where the message names its reader, else gate/ID where it names a gate; empty where neither."""
    if record.topic == IMAGES_TOPIC:
        return _named("gate", _text(record.headers.get("gate_id", b"")))
    reader = _named("reader", _claimed_reader(record.value))
    if reader or record.topic == TRANSITS_TOPIC:
        return reader or _named("gate", _text(record.key))
    kind, _, name = _text(record.key).partition("/")
    return _named("reader", name) if kind == "reader" else ""


def gates_of(record: Incoming) -> set[str]:
    """The gates that a transit or image names, in its contents, its header or its key; empty where it names none."""
    if record.topic == IMAGES_TOPIC:
        claims = [_text(record.headers.get("gate_id", b""))]
    else:
        claims = [_claimed_gate(record.value), _text(record.key)]
    return {claim for claim in claims if is_identifier(claim)}


def _claimed_reader(value: bytes) -> str:
    if len(value) > MAX_TRANSIT_BYTES:
        return ""
    try:
        return _DECODER.decode(value).reader_id or ""
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return ""


def _claimed_gate(value: bytes) -> str:
    if len(value) > MAX_TRANSIT_BYTES:
        return ""
    try:
        return _GATE_DECODER.decode(value).gate_id or ""
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return ""


def _named(kind: str, name: str) -> str:
    return f"{kind}/{name}" if is_identifier(name) else ""


def _text(data: bytes) -> str:
    return data[:1000].decode(errors="replace")
