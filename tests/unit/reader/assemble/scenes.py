# SPDX-License-Identifier: AGPL-3.0-or-later
"""Vehicles that drive past a camera, as the frames and plate reads that an assembler gets. No pixels, no models."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from anpr.capture.frame import Frame
from anpr.capture.image_file import Image
from anpr.domain.gate import Camera
from anpr.domain.read import Box, Candidate, PlateRead
from anpr.reader.assemble import Assembler, MadeTransit, Origin, Verifier
from anpr.runtime.clock import new_id
from anpr.settings import AssembleSettings

START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
WIDTH, HEIGHT = 1280, 720
_GREY = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)


def frame(at_s: float, index: int = 0, image: Image = _GREY) -> Frame:
    """A 1280 x 720 frame taken `at_s` seconds after START."""
    return Frame(camera_id="cam-1", image=image, captured_at=START + timedelta(seconds=at_s), index=index, at_s=at_s)


def read(text: str, box: Box, confidence: float = 0.9, others: Sequence[str] = ()) -> PlateRead:
    """A read whose doubt is shared by the `others`."""
    share = (1 - confidence) / (len(others) + 1)
    candidates = (
        Candidate(text=text, probability=confidence),
        *(Candidate(text=other, probability=share) for other in others),
    )
    positions = tuple((Candidate(text=sign, probability=confidence),) for sign in text)
    return PlateRead(
        text=text,
        raw=text,
        confidence=confidence,
        box=box,
        detector_score=0.8,
        candidates=candidates,
        positions=positions,
        country="IT",
        countries=(("IT", 0.95),),
    )


def box_at(x: float, y: float, w: float = 100.0) -> Box:
    """A one-line plate of this width around a centre."""
    return Box(x=x - w / 2, y=y - w / 10, w=w, h=w / 5)


@dataclass(frozen=True, kw_only=True)
class Vehicle:
    """Drives straight from `begin` to `end` (x, y, plate width in px) between two times (s)."""

    plate: str
    begin: tuple[float, float, float] = (400.0, 200.0, 50.0)
    end: tuple[float, float, float] = (600.0, 650.0, 150.0)
    enters_s: float = 0.0
    leaves_s: float = 2.0
    hidden: tuple[tuple[float, float], ...] = ()
    """Times between which it cannot be seen."""
    confidence: float = 0.9

    def box(self, at_s: float) -> Box | None:
        """Where its plate is; None while it cannot be seen."""
        if not self.enters_s <= at_s < self.leaves_s or any(a <= at_s < b for a, b in self.hidden):
            return None
        way = (at_s - self.enters_s) / (self.leaves_s - self.enters_s)
        x, y, w = (a + way * (b - a) for a, b in zip(self.begin, self.end, strict=True))
        return box_at(x, y, w)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What a camera sees: vehicles, and how well they are read."""

    vehicles: tuple[Vehicle, ...]
    fps: float = 25.0
    lasts_s: float = 6.0
    misread: float = 0.0
    """Share of the reads with one wrong character."""
    missed: float = 0.0
    """Share of the plates that the detector does not find."""
    jitter_px: float = 0.0
    """Of each box on its own."""
    shake_px: float = 0.0
    """Of the whole image, as a hand-held camera moves from frame to frame."""
    seed: int = 0

    def frames(self) -> Iterator[tuple[Frame, list[PlateRead]]]:
        """Each frame with its reads."""
        chance = random.Random(self.seed)
        for index in range(int(self.lasts_s * self.fps)):
            at_s = index / self.fps
            shake = (chance.uniform(-self.shake_px, self.shake_px), chance.uniform(-self.shake_px, self.shake_px))
            reads = [self._read(vehicle, at_s, chance, shake) for vehicle in self.vehicles]
            yield frame(at_s, index), [one for one in reads if one is not None]

    def _read(
        self, vehicle: Vehicle, at_s: float, chance: random.Random, shake: tuple[float, float]
    ) -> PlateRead | None:
        box = vehicle.box(at_s)
        if box is None or chance.random() < self.missed:
            return None
        shift = [chance.uniform(-self.jitter_px, self.jitter_px) + moved for moved in shake]
        box = Box(x=box.x + shift[0], y=box.y + shift[1], w=box.w, h=box.h)
        if chance.random() < self.misread:
            return read(misread(vehicle.plate, chance), box, 0.6, [vehicle.plate])
        return read(vehicle.plate, box, vehicle.confidence)


def misread(plate: str, chance: random.Random) -> str:
    """The plate with one character wrong, a digit for a digit and a letter for a letter."""
    i = chance.randrange(len(plate))
    signs = "0123456789" if plate[i].isdigit() else "ABCDEFGHJKLMNPRSTVWXYZ"
    return plate[:i] + chance.choice([sign for sign in signs if sign != plate[i]]) + plate[i + 1 :]


def assembler(settings: AssembleSettings | None = None, verifier: Verifier | None = None) -> Assembler:
    """With the default settings, for camera cam-1 of gate-1."""
    origin = Origin(
        camera=Camera(id="cam-1", url="film.mp4", lane="2"), gate_id="gate-1", reader_id="reader-1", new_id=new_id
    )
    return Assembler(origin, settings or AssembleSettings(), verifier)


def passes_in(scene: Scene, settings: AssembleSettings | None = None) -> list[MadeTransit]:
    """Everything the assembler makes of a scene, its end included."""
    one = assembler(settings)
    made = [done for shown, reads in scene.frames() for done in one.add(shown, reads)]
    return made + one.flush()


def plates_of(passes: Sequence[MadeTransit]) -> list[str]:
    """Sorted."""
    return sorted(one.transit.plate for one in passes)
