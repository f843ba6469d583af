# SPDX-License-Identifier: AGPL-3.0-or-later
"""Which gates do not look now."""

from datetime import UTC, datetime, timedelta

import pytest

from anpr.domain.coverage import as_far_as_known, blind_gates, looks_now
from anpr.domain.coverage_strip import Look
from anpr.domain.gate import Camera, CameraKind, Gate
from anpr.domain.health import HealthInterval, SubjectKind

NOW = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)


def gate(name: str, *cameras: str) -> Gate:
    plates = tuple(Camera(id=camera, url="") for camera in cameras)
    scene = Camera(id=f"{name}-scene", url="", kind=CameraKind.CONTEXT)
    return Gate(id=name, name=name, purpose="x", legal_basis="x", cameras=(*plates, scene))


def camera(
    name: str, state: str, minutes: float = 2, gate_id: str = "north", reader: str = "reader-1"
) -> HealthInterval:
    return interval(SubjectKind.CAMERA, name, state, minutes, gate_id, reader)


def reader(state: str, minutes: float = 2, *gate_ids: str) -> HealthInterval:
    return interval(SubjectKind.READER, "reader-1", state, minutes, *(gate_ids or ("north",)))


def interval(kind: SubjectKind, name: str, state: str, minutes: float, gate_id: str, *others: str) -> HealthInterval:
    return HealthInterval(
        kind=kind, id=name, reader_id="reader-1" if kind is SubjectKind.READER else others[0],
        gate_ids=(gate_id, *others) if kind is SubjectKind.READER else (gate_id,), state=state,
        started_at=NOW - timedelta(minutes=minutes), ended_at=None,
    )  # fmt: skip


def blind(present: list[HealthInterval], *gates: Gate) -> list[tuple[str, int, int, float]]:
    return [
        (one.gate.id, one.blind, one.cameras, (NOW - one.since) / timedelta(minutes=1))
        for one in blind_gates(present, gates, NOW)
    ]


def test_a_camera_whose_reader_is_away_cannot_be_verified() -> None:
    present = [camera("n-1", "up", 90), camera("s-1", "up", 90, "south", "reader-2"), reader("away", 2)]
    known = as_far_as_known(present)
    assert [(one.id, one.state) for one in known] == [("n-1", "unverified"), ("s-1", "up"), ("reader-1", "away")]
    assert known[0].started_at == NOW - timedelta(minutes=2), "since its reader was heard of"


def test_a_fault_that_was_told_stays_while_the_reader_is_away() -> None:
    (known, _) = as_far_as_known([camera("n-1", "frozen", 5), reader("away", 2)])
    assert (known.state, known.started_at) == ("frozen", NOW - timedelta(minutes=5))


def test_a_gate_whose_reader_is_away_does_not_look() -> None:
    assert blind([camera("n-1", "up", 90), reader("away", 2)], gate("north", "n-1", "n-2")) == [("north", 2, 2, 2)]


def test_a_gate_looks_in_part_when_one_of_its_cameras_does_not() -> None:
    present = [camera("n-1", "frozen", 3), camera("n-2", "dark", 9), reader("up", 90)]
    (found,) = blind_gates(present, [gate("north", "n-1", "n-2"), gate("south", "s-1")], NOW)
    assert found.is_partial
    assert (found.blind, found.cameras) == (1, 2)


def test_who_looks_badly_connects_anew_or_is_no_longer_configured_is_not_blind() -> None:
    present = [
        camera("n-1", "blurred"), camera("n-2", "connecting", 0.1), camera("gone", "stopped"),
        interval(SubjectKind.CLOCK, "reader-1", "clock-skewed", 5, "north", "reader-1"),
    ]  # fmt: skip
    assert blind(present, gate("north", "n-1", "n-2")) == []


def test_a_camera_that_never_gets_through_or_a_full_disk_is_blindness() -> None:
    assert blind([camera("n-1", "connecting", 4)], gate("north", "n-1")) == [("north", 1, 1, 4)]
    assert blind([reader("disk-full", 1), camera("n-1", "up")], gate("north", "n-1")) == [("north", 1, 1, 1)]
    assert blind([reader("stopped", 1)], gate("north", "n-1")) == [("north", 1, 1, 1)]


@pytest.mark.parametrize(
    ("present", "expected"),
    [
        ([], Look.UNKNOWN),
        ([camera("n-1", "up"), camera("n-2", "up")], Look.LOOKED),
        ([camera("n-1", "up"), camera("n-2", "dark")], Look.POOR),
        ([camera("n-1", "up"), camera("n-2", "frozen")], Look.PARTLY),
        ([camera("n-1", "up")], Look.PARTLY),
        ([camera("n-1", "frozen"), camera("n-2", "connecting")], Look.BLIND),
        ([camera("n-1", "up"), camera("n-2", "up"), reader("away")], Look.UNKNOWN),
        ([camera("n-1", "up"), camera("n-2", "up"), reader("disk-full")], Look.BLIND),
    ],
)
def test_whether_a_gate_looks_now(present: list[HealthInterval], expected: Look) -> None:
    assert looks_now([gate("north", "n-1", "n-2")], present) == {"north": expected}


def test_a_gate_without_plate_cameras_is_not_said_to_look() -> None:
    assert looks_now([gate("north")], [camera("north-scene", "up")]) == {"north": Look.UNKNOWN}
