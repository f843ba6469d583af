# SPDX-License-Identifier: AGPL-3.0-or-later
"""What is shown of each gate: purpose, legal basis, cameras, coverage of the last 24 hours, last transit; no plates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from anpr.console.state import Console
from anpr.domain.coverage import as_far_as_known, looks_now
from anpr.domain.coverage_strip import CoverageStrip, Look, camera_strip, gate_strip
from anpr.domain.gate import Camera, CameraKind, Gate
from anpr.domain.health import HealthInterval, SubjectKind
from anpr.domain.last_day import days_until, presses
from anpr.store.database.connection import Connection
from anpr.store.gates import list_gates
from anpr.store.health.intervals import history, open_intervals
from anpr.store.organisations.registry import organisation_names
from anpr.store.organisations.rights import searchable_gates
from anpr.store.transits.discarded import not_kept
from anpr.store.transits.rows import last_of_gates

SHOWN = timedelta(hours=24)
_SLOTS = 96
"""Of the strip: a quarter of an hour each."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CameraState:
    """A camera, its present state (None: no reader ever reported it), and its last 24 hours (None: it only looks)."""

    camera: Camera
    now: HealthInterval | None
    strip: CoverageStrip | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ListedGate:
    """A gate, whether it looks now, and the days that its legal basis still holds (None: without an end)."""

    gate: Gate
    owner: str
    """Name of the organisation that owns it."""
    now: Look
    days_left: int | None

    @property
    def needs_attention(self) -> bool:
        """Whether somebody should do something."""
        return self.now is not Look.LOOKED or presses(self.days_left)


@dataclass(frozen=True, kw_only=True, slots=True)
class GateRow:
    """The same with what takes a look into the database for each."""

    listed: ListedGate
    cameras: tuple[CameraState, ...]
    strip: CoverageStrip | None
    """Of the cameras that read plates, together; None without any."""
    last_at: datetime | None
    """Capture time (UTC) of the newest transit that is kept, or was counted."""
    not_kept: int | None
    """Transits of the last 24 hours that were counted and not kept; None where everything is kept."""
    is_open: bool
    """Whether the visitor's organisation may search the transits here; where not, none of them is known to it."""

    @property
    def gate(self) -> Gate:
        """The gate."""
        return self.listed.gate


def listed_gates(conn: Connection, today: date) -> tuple[list[ListedGate], list[HealthInterval]]:
    """All gates by name, and the present states as far as they are known. Raises StoreError."""
    present = open_intervals(conn)
    owners, stored = organisation_names(conn), list_gates(conn)
    looks = looks_now(stored, present)
    gates = [
        ListedGate(
            gate=gate,
            owner=owners.get(gate.organisation or "", gate.organisation or ""),
            now=looks[gate.id],
            days_left=days_until(gate.legal_basis_until, today),
        )
        for gate in stored
    ]
    return gates, as_far_as_known(present)


def gate_rows(
    conn: Connection, listed: Sequence[ListedGate], present: Sequence[HealthInterval], at: datetime
) -> list[GateRow]:
    """The rows of these gates, in their order. Raises StoreError."""
    ids = [one.gate.id for one in listed]
    states = history(conn, at - SHOWN, at, ids)
    open_ids = searchable_gates(conn)
    last = last_of_gates(conn, [gate_id for gate_id in ids if gate_id in open_ids])
    discarded = {one.gate_id: one for one in not_kept(conn, at - SHOWN, at, ids)}
    now = {one.id: one for one in present if one.kind is SubjectKind.CAMERA}
    rows = []
    for one in listed:
        counted = discarded.get(one.gate.id)
        cameras = _cameras(one.gate, now, states, at)
        rows.append(
            GateRow(
                listed=one,
                cameras=cameras,
                strip=gate_strip([camera.strip for camera in cameras if camera.strip]),
                last_at=_later(last.get(one.gate.id), counted.last_at if counted else None),
                not_kept=counted.number if counted else None,
                is_open=one.gate.id in open_ids,
            )
        )
    return rows


def _cameras(
    gate: Gate, now: Mapping[str, HealthInterval], states: Sequence[HealthInterval], at: datetime
) -> tuple[CameraState, ...]:
    own = [one for one in states if gate.id in one.gate_ids]
    return tuple(
        CameraState(
            camera=camera,
            now=now.get(camera.id),
            strip=camera_strip(camera.id, own, at - SHOWN, at, _SLOTS) if camera.kind is CameraKind.PLATE else None,
        )
        for camera in gate.cameras
    )


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one and other else one or other


def purpose_names(console: Console) -> Mapping[str, str]:
    """What people call each purpose of retention, by id."""
    return {purpose.id: purpose.name for purpose in console.settings.retention.purposes}
