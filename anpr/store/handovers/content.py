# SPDX-License-Identifier: AGPL-3.0-or-later
"""Canonical JSON of a handover: one text for one content, whose SHA-256 is what the outgoing operator signs."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from anpr.domain.alarm import AlarmKind, AlarmState
from anpr.domain.handover import BlindPlace, InForce, NotedAlarm, OnDuty, OpenAlarm, ShiftFacts
from anpr.domain.watchlist import Priority

_TIMES = ("raised_at", "last_seen_at", "since", "until", "first", "last", "at")


def to_content(facts: ShiftFacts) -> dict[str, Any]:
    """As the table holds it: lists, texts and numbers."""
    content: dict[str, Any] = json.loads(json.dumps(asdict(facts), default=_text))
    return content


def from_content(content: Mapping[str, Any]) -> ShiftFacts:
    """The facts in it."""
    told = _read(content)
    return ShiftFacts(
        **{
            **told,
            "alarms": tuple(_alarm(each) for each in content["alarms"]),
            "notes": tuple(NotedAlarm(**each) for each in content["notes"]),
            "blind": tuple(BlindPlace(**_read(each)) for each in content["blind"]),
            "suppressions": tuple(InForce(**_read(each)) for each in content["suppressions"]),
            "people": tuple(OnDuty(**_read(each)) for each in content["people"]),
        }
    )


def digest_of(content: Mapping[str, Any], outgoing: str, text: str, *, gives_alarms: bool) -> bytes:
    """SHA-256 (32 bytes) of all that the outgoing operator signs."""
    signed = {"content": dict(content), "outgoing": outgoing, "text": text, "gives_alarms": gives_alarms}
    canonical = json.dumps(signed, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(canonical.encode()).digest()


def _alarm(content: Mapping[str, Any]) -> OpenAlarm:
    told = _read(content)
    words = {
        "kind": AlarmKind(told["kind"]),
        "priority": Priority(told["priority"]),
        "state": AlarmState(told["state"]),
    }
    return OpenAlarm(**{**told, **words})


def _read(content: Mapping[str, Any]) -> dict[str, Any]:
    return {name: datetime.fromisoformat(value) if name in _TIMES else value for name, value in content.items()}


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")
