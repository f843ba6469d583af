# SPDX-License-Identifier: AGPL-3.0-or-later
"""Simulated camera: frames with boxes and reads as models give them, some missed and some wrong."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import numpy as np

from anpr.capture.frame import Frame
from anpr.domain.gate import Camera
from anpr.domain.read import Box, PlateRead
from anpr.reader.assemble import Assembler, MadeTransit, Origin
from anpr.settings import AssembleSettings
from scripts.benchmarks.passes.texts import misread, plate_read
from scripts.benchmarks.passes.vehicles import Road, Vehicle

_START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
_GREY = np.full((72, 128, 3), 90, np.uint8)
"""Nobody looks at the pixels; the boxes are those of the view."""
_GOOD_PX = 100.0
_SURE_OF_A_MISREAD = 0.15
"""Share of the misreads that are as sure as right reads."""


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """How well it is seen."""

    fps: float = 25.0
    missed: float = 0.05
    """Share of the plates not found, each by itself."""
    bursts: float = 0.0
    """Chance per second that a plate is not found for up to half a second."""
    misread: float = 0.08
    jitter: float = 0.03
    """Of the plate's height: boxes differ from frame to frame."""
    shake_px: float = 0.0
    """How far the whole image moves from one frame to the next."""


@dataclass(kw_only=True)
class Made:
    """What came of a scene."""

    passes: list[MadeTransit] = field(default_factory=list)
    made_at_s: list[float] = field(default_factory=list)
    """When each was made."""
    sightings: int = 0
    """Plates found, over all frames."""
    reads: Counter[str] = field(default_factory=Counter)
    """By plate: how often it was read."""


class SimulatedCamera:
    """Shows one road to one assembler."""

    def __init__(self, road: Road, conditions: Conditions, seed: int, settings: AssembleSettings | None = None) -> None:
        self._road = road
        self._conditions = conditions
        self._chance = random.Random(seed)
        self._blind_until: dict[str, float] = {}
        origin = Origin(camera=Camera(id="simulated", url="none"), gate_id="simulated", reader_id="simulated")
        self._assembler = Assembler(origin, settings or AssembleSettings())

    def run(self) -> Made:
        """From the first vehicle's first moment to a few seconds after the last one's end."""
        made = Made()
        at_s = 0.0
        for index, at_s in enumerate(self._times()):
            frame = Frame(
                camera_id="simulated", image=_GREY, captured_at=_START + timedelta(seconds=at_s), index=index, at_s=at_s
            )
            reads, unread = self._look(frame, made)
            self._keep(made, self._assembler.add(frame, reads, unread), at_s)
        self._keep(made, self._assembler.flush(), at_s)
        return made

    def _times(self) -> Iterator[float]:
        last = max(vehicle.way[-1][0] for vehicle in self._road.vehicles) + 4
        return (index / self._conditions.fps for index in range(int(last * self._conditions.fps)))

    def _look(self, frame: Frame, made: Made) -> tuple[list[PlateRead], list[Box]]:
        """As a watch does it: what need not be read is not."""
        reads, unread = [], []
        shift = [self._chance.uniform(-1, 1) * self._conditions.shake_px for _ in range(2)]
        for vehicle, box in self._road.seen(frame.at_s):
            if self._is_missed(vehicle, frame.at_s):
                continue
            made.sightings += 1
            seen = self._jittered(box, shift)
            if self._assembler.wants_read(seen, frame.captured_at):
                made.reads[vehicle.plate] += 1
                reads.append(self._read(vehicle, seen))
            else:
                unread.append(seen)
        return reads, unread

    def _is_missed(self, vehicle: Vehicle, at_s: float) -> bool:
        if self._chance.random() < self._conditions.bursts / self._conditions.fps:
            self._blind_until[vehicle.plate] = at_s + self._chance.uniform(0.1, 0.5)
        return at_s < self._blind_until.get(vehicle.plate, -1.0) or self._chance.random() < self._conditions.missed

    def _jittered(self, box: Box, shift: list[float]) -> Box:
        slack = self._conditions.jitter * box.h
        x, y, w = (self._chance.gauss(0, slack) for _ in range(3))
        return Box(x=box.x + x + shift[0], y=box.y + y + shift[1], w=max(8.0, box.w + w), h=box.h)

    def _read(self, vehicle: Vehicle, box: Box) -> PlateRead:
        """The smaller the plate, the less sure, and the more often wrong."""
        far = max(0.0, 1 - box.w / _GOOD_PX)
        if vehicle.worn is not None and self._chance.random() < 0.35:
            return plate_read(vehicle.worn, box, self._chance.uniform(0.45, 0.8), vehicle.plate)
        if self._chance.random() < self._conditions.misread * (1 + 3 * far):
            sure = self._chance.random() < _SURE_OF_A_MISREAD
            confidence = self._chance.uniform(0.85, 0.97) if sure else self._chance.uniform(0.4, 0.7)
            return plate_read(misread(vehicle.plate, self._chance), box, confidence, vehicle.plate)
        return plate_read(vehicle.plate, box, self._chance.uniform(0.8, 0.99) - 0.25 * far)

    @staticmethod
    def _keep(made: Made, passes: list[MadeTransit], at_s: float) -> None:
        made.passes += passes
        made.made_at_s += [at_s] * len(passes)
