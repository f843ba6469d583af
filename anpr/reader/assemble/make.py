# SPDX-License-Identifier: AGPL-3.0-or-later
"""Builds a transit with its images from a finished track."""

from dataclasses import dataclass

from anpr.contract.parsing import sha256_of
from anpr.domain.gate import Camera
from anpr.domain.transit import ImageRef, Transit
from anpr.edge.made_transit import Decision, MadeTransit
from anpr.reader.assemble.best_shot import BestShot, encode_images
from anpr.reader.assemble.track import Track
from anpr.reader.assemble.vote import Verdict
from anpr.runtime.clock import NewId, new_id


@dataclass(frozen=True, kw_only=True, slots=True)
class Origin:
    """Camera, gate and reader: the same for all transits of one camera."""

    camera: Camera
    gate_id: str
    reader_id: str
    new_id: NewId = new_id
    software: str | None = None
    """See Transit."""


def transit_of_track(origin: Origin, track: Track, verdict: Verdict, shot: BestShot, decision: Decision) -> MadeTransit:
    """The transit of a track; its images show `shot`. Raises ModelError when they cannot be encoded."""
    encoded = encode_images(shot)
    transit = Transit(
        id=origin.new_id(shot.frame.captured_at),
        gate_id=origin.gate_id,
        camera_id=origin.camera.id,
        reader_id=origin.reader_id,
        captured_at=shot.frame.captured_at,
        first_seen=track.first.taken_at,
        last_seen=track.last.taken_at,
        plate=verdict.plate,
        raw=shot.read.raw,
        confidence=verdict.confidence,
        candidates=verdict.candidates,
        reads=verdict.reads,
        box=encoded.box,
        country=verdict.country,
        direction=track.trajectory.direction,
        lane=origin.camera.lane,
        images=tuple(
            ImageRef(role=role, sha256=sha256_of(data), size=len(data)) for role, data in encoded.images.items()
        ),
        software=origin.software,
    )
    return MadeTransit(
        transit=transit,
        images=encoded.images,
        first_frame=track.first.frame,
        last_frame=track.last.frame,
        second_raw=verdict.second_raw,
        decision=decision,
    )
