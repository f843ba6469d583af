# SPDX-License-Identifier: AGPL-3.0-or-later
"""Coverage now: which gates do not look, judged from the present states of cameras and their readers."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from anpr.domain.coverage_strip import Look, joined
from anpr.domain.gate import CameraKind, Gate
from anpr.domain.health import AWAY, CONNECTING, DEGRADED_VIEW, UNVERIFIED, UP, HealthInterval, SubjectKind

_SEEN = frozenset({UP, CONNECTING, *DEGRADED_VIEW})
"""States that say, or let hope, that a camera looks: no longer so when its reader is away."""
_LOOKING = frozenset({UP, *DEGRADED_VIEW})
BRIEF = timedelta(seconds=10)
"""A camera that connects anew is no alarm."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BlindGate:
    """A gate of which `blind` of its `cameras` plate cameras have not looked, the first of them since `since` (UTC)."""

    gate: Gate
    since: datetime
    blind: int
    cameras: int

    @property
    def is_partial(self) -> bool:
        """Whether some of its cameras look."""
        return self.blind < self.cameras


def as_far_as_known(present: Sequence[HealthInterval]) -> list[HealthInterval]:
    """The present states; a camera whose reader is away is UNVERIFIED since its reader was last heard of."""
    away = {one.id: one.started_at for one in present if one.kind is SubjectKind.READER and one.state == AWAY}
    return [
        replace(one, state=UNVERIFIED, started_at=max(one.started_at, away[one.reader_id]))
        if one.kind is SubjectKind.CAMERA and one.state in _SEEN and one.reader_id in away
        else one
        for one in present
    ]


def blind_gates(present: Sequence[HealthInterval], gates: Iterable[Gate], at: datetime) -> list[BlindGate]:
    """The gates with a camera, or with the reader of it, that has not looked for longer than BRIEF, in the order of
    `gates`. A camera that is no longer configured counts for nothing."""
    blind = [one for one in as_far_as_known(present) if _is_blind(one) and at - one.started_at >= BRIEF]
    found = (_judge(gate, [one for one in blind if gate.id in one.gate_ids]) for gate in gates)
    return [one for one in found if one is not None]


def looks_now(gates: Iterable[Gate], present: Sequence[HealthInterval]) -> dict[str, Look]:
    """By gate whether it looks now, by the present states as far as they are known; UNKNOWN also without plate cameras,
    and for those that no reader ever reported."""
    known = {one.id: one for one in as_far_as_known(present) if one.kind is SubjectKind.CAMERA}
    faulty = {one.id for one in present if one.kind is SubjectKind.READER and one.state not in {UP, AWAY}}
    return {
        gate.id: joined([_look(known.get(one.id), faulty) for one in gate.cameras if one.kind is CameraKind.PLATE])
        for gate in gates
    }


def _look(camera: HealthInterval | None, faulty_readers: Collection[str]) -> Look:
    if camera is None or camera.state == UNVERIFIED:
        return Look.UNKNOWN
    if camera.state not in _LOOKING or camera.reader_id in faulty_readers:
        return Look.BLIND
    return Look.LOOKED if camera.state == UP else Look.POOR


def _is_blind(one: HealthInterval) -> bool:
    return one.kind is not SubjectKind.CLOCK and one.state not in _LOOKING


def _judge(gate: Gate, blind: Sequence[HealthInterval]) -> BlindGate | None:
    cameras = {camera.id for camera in gate.cameras if camera.kind is CameraKind.PLATE}
    whole = [one for one in blind if one.kind is SubjectKind.READER]
    parts = [one for one in blind if one.kind is SubjectKind.CAMERA and one.id in cameras]
    if not whole and not parts:
        return None
    return BlindGate(
        gate=gate,
        since=min(one.started_at for one in [*whole, *parts]),
        blind=len(cameras) if whole else len(parts),
        cameras=len(cameras),
    )
