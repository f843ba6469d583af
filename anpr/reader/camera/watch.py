"""One camera's frames in, finished passes out: look, read what is worth it, assemble, count."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from anpr.capture.frame import Frame
from anpr.domain.read import Box, PlateRead
from anpr.domain.reasons import Drop
from anpr.reader.assemble import Assembler, Consult, MadeTransit, Origin
from anpr.reader.assemble.vote import Verdict
from anpr.reader.camera.area import Area
from anpr.reader.camera.motion_gate import StillGate
from anpr.reader.camera.unreadable import IllegiblePlaces
from anpr.reader.detect import Detection
from anpr.reader.plates.plate_finder import PlateFinder
from anpr.reader.plates.plate_reader import Look, Rejected
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import DROPS, FRAMES, PLATES, STAGE_SECONDS, STILL_FRAMES
from anpr.settings import AssembleSettings

_LOOK_EVERY_S = 0.5


class Witness(Protocol):
    """Whoever wants to know why a vehicle was not read."""

    def looked(self, frame: Frame, look: Look) -> None:
        """What was read of a frame, and what was turned down; what need not be read again is in neither."""

    def dropped(self, reason: Drop, verdict: Verdict | None) -> None:
        """A plate that was followed came to no transit."""


@dataclass(kw_only=True, slots=True)
class Tally:
    """What a camera's watch saw so far."""

    frames: int = 0
    """Taken, those in which nothing moved included."""
    plates: int = 0
    """Boxes found."""
    reads: int = 0
    """Of them, those in which a plate could be read."""


class Watch:
    """Watches one camera. Not thread-safe."""

    def __init__(
        self,
        origin: Origin,
        settings: AssembleSettings,
        looker: PlateFinder,
        clock: Clock,
        tally: Tally | None = None,
        consult: Consult | None = None,
    ) -> None:
        """`tally` goes on counting where an earlier watch of the camera stopped."""
        self._camera_id = origin.camera.id
        self._looker = looker
        self._clock = clock
        self._assembler = Assembler(origin, settings, consult)
        self._area = Area.of(origin.camera)
        # Often enough that a standing plate, looked at this seldom, does not count as lost in between.
        self._gate = StillGate(min(_LOOK_EVERY_S, settings.lost_after_s / 2), origin.camera.masks)
        self._last: tuple[datetime, float] | None = None
        self._illegible = IllegiblePlaces()
        self._witness: Witness | None = None
        self.tally = tally or Tally()
        self.looks = 0
        """Frames that the models looked at, without throwing."""

    def tell(self, witness: Witness) -> None:
        """From now on, of every look and of every track dropped."""
        self._witness = witness
        self._assembler.dropped = witness.dropped

    def add(self, frame: Frame) -> list[MadeTransit]:
        """The passes that this frame completes. Raises ModelError."""
        self.tally.frames += 1
        self._last = (frame.captured_at, self._clock.monotonic())
        if not self._assembler.is_waiting and self._gate.is_still(frame):
            STILL_FRAMES.labels(self._camera_id).inc()
            return []
        began = self._clock.monotonic()
        reads, unread = self._look(frame)
        self.looks += 1
        STAGE_SECONDS.labels("look").observe(self._clock.monotonic() - began)
        return self._assembler.add(frame, reads, unread)

    def idle(self) -> list[MadeTransit]:
        """The passes that are over because no frame came for a while."""
        if self._last is None:
            return []
        captured_at, taken_at = self._last
        silence = timedelta(seconds=self._clock.monotonic() - taken_at)
        return self._assembler.expire(captured_at + silence)

    def end(self) -> list[MadeTransit]:
        """The passes that are under way: no frame will come any more."""
        return self._assembler.flush()

    def _look(self, frame: Frame) -> tuple[list[PlateRead], list[Box]]:
        """The plates that were read, and those that were not or not well enough."""
        found = self._area.look(self._looker.find, frame.image)
        FRAMES.labels(self._camera_id).inc()
        PLATES.labels(self._camera_id).inc(len(found.detections))
        self.tally.plates += len(found.detections)
        reads: list[PlateRead] = []
        unread: list[Box] = []
        rejected = list(found.rejected)
        for detection in found.detections:
            result = self._read(frame, detection)
            if isinstance(result, PlateRead):
                reads.append(result)
            else:
                unread.append(detection.box)
            if isinstance(result, Rejected):
                rejected.append(result)
        self.tally.reads += len(reads)
        self._count(rejected)
        if self._witness is not None:
            self._witness.looked(frame, Look(accepted=tuple(reads), rejected=tuple(rejected)))
        return reads, unread

    def _read(self, frame: Frame, detection: Detection) -> PlateRead | Rejected | None:
        """What the plate says; None when reading it would not change anything."""
        box = detection.box
        if not self._assembler.wants_read(box, frame.captured_at) or not self._illegible.wants_read(box, frame.at_s):
            return None
        result = self._looker.read_box(frame.image, detection, self.looks)
        if isinstance(result, PlateRead):
            self._illegible.succeeded(box, frame.at_s)
        else:
            self._illegible.failed(box, frame.at_s)
        return result

    def _count(self, rejected: Iterable[Rejected]) -> None:
        for one in rejected:
            DROPS.labels(self._camera_id, one.reason).inc()
