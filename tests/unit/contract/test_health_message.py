# SPDX-License-Identifier: AGPL-3.0-or-later
"""The contract of health messages, version 1."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.contract.health import decode_health, encode_health, health_json_schema, health_key
from anpr.domain.errors import MessageError, PoisonReason
from anpr.domain.health import MAX_CHANGES, STATES, Change, HealthReport, SubjectKind

START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
REPORT = HealthReport(
    kind=SubjectKind.CAMERA,
    id="rufina-nord-1",
    reader_id="reader-1",
    gate_ids=("rufina-nord",),
    at=START + timedelta(minutes=40, seconds=1),
    changes=(
        Change(state="connecting", since=START),
        Change(state="up", since=START + timedelta(seconds=2)),
        Change(state="unreachable", since=START + timedelta(minutes=40)),
    ),
)

_states = st.sampled_from(STATES)
_steps = st.lists(st.integers(0, 10_000), min_size=1, max_size=MAX_CHANGES)


@given(states=st.lists(_states, min_size=MAX_CHANGES, max_size=MAX_CHANGES), steps=_steps)
def test_any_report_comes_back_as_it_was(states: list[str], steps: list[int]) -> None:
    moments = [START + timedelta(milliseconds=sum(steps[: number + 1])) for number in range(len(steps))]
    changes = tuple(Change(state=state, since=since) for state, since in zip(states, moments, strict=False))
    report = replace(REPORT, changes=changes, at=moments[-1])
    assert decode_health(encode_health(report)) == report


def test_the_stored_samples_still_mean_what_they_meant(repository: Path) -> None:
    folder = repository / "tests" / "contract" / "samples"
    assert decode_health((folder / "health-v1.json").read_bytes()) == REPORT
    newer = decode_health((folder / "health-v1-newer-reader.json").read_bytes())
    assert newer.changes[:3] == REPORT.changes
    assert newer.changes[3].state == "looking-away", "a state we do not know is kept, not refused"
    for path in folder.glob("health-v1*.json"):
        jsonschema.validate(json.loads(path.read_bytes()), health_json_schema())


def test_the_published_schema_is_that_of_the_code(repository: Path) -> None:
    published = json.loads((repository / "docs" / "health.schema.json").read_text(encoding="utf-8"))
    assert published == health_json_schema()
    jsonschema.Draft202012Validator.check_schema(published)


def changed(**changes: Any) -> bytes:
    return json.dumps({**json.loads(encode_health(REPORT)), **changes}).encode()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff\x00", PoisonReason.NOT_JSON),
        (b"[]", PoisonReason.WRONG_SHAPE),
        (changed(version=2), PoisonReason.UNKNOWN_VERSION),
        (changed(kind="lamp"), PoisonReason.WRONG_SHAPE),
        (changed(kind="clock"), PoisonReason.WRONG_SHAPE),
        (changed(id="Rufina Nord"), PoisonReason.WRONG_SHAPE),
        (changed(changes=[]), PoisonReason.WRONG_SHAPE),
        (changed(changes=[{"state": "up\x00", "since": "2026-11-21T10:00:00Z"}]), PoisonReason.WRONG_SHAPE),
        (changed(changes=[{"state": "up", "since": "2026-11-21T10:00:00"}]), PoisonReason.WRONG_SHAPE),
        (changed(changes=[{"state": "up", "since": "2026-11-21T10:00:00Z"}] * 51), PoisonReason.WRONG_SHAPE),
        (changed(changes=[{"state": "up", "since": "0001-01-01T00:00:00+14:00"}]), PoisonReason.WRONG_SHAPE),
        (changed(at="2026-11-21T10:10:00Z"), PoisonReason.WRONG_SHAPE),
        (changed(gate_ids=["x"] * 20_000), PoisonReason.TOO_LARGE),
    ],
)
def test_what_is_no_report_is_refused_with_its_reason(data: bytes, reason: PoisonReason) -> None:
    with pytest.raises(MessageError) as refused:
        decode_health(data)
    assert refused.value.reason is reason


def test_a_report_that_would_be_refused_is_not_sent() -> None:
    with pytest.raises(MessageError, match="camera rufina-nord-1: changes"):
        encode_health(replace(REPORT, changes=()))


def test_the_broker_keeps_the_newest_of_each_subject_by_its_key() -> None:
    assert health_key(REPORT) == b"camera/rufina-nord-1"
    assert health_key(replace(REPORT, kind=SubjectKind.READER, id="rufina-nord-1")) == b"reader/rufina-nord-1"
