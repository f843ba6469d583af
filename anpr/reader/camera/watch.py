# SPDX-License-Identifier: AGPL-3.0-or-later
"""Pipeline of one camera: motion gate, detection, reading and assembling; frames in, transits out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from anpr.capture.frame import Frame
from anpr.domain.read import Box, PlateRead
from anpr.domain.reasons import Drop
from anpr.reader.assemble import Assembler, MadeTransit, Origin, Verifier
from anpr.reader.assemble.vote import Verdict
from anpr.reader.camera.area import Area
from anpr.reader.camera.motion_gate import MotionGate
from anpr.reader.camera.unreadable import UnreadableCache
from anpr.reader.detect import Detection
from anpr.reader.plates.plate_finder import PlateFinder
from anpr.reader.plates.plate_reader import ReadResult, Rejected
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import DROPS, FRAMES, PLATES, STAGE_SECONDS, STILL_FRAMES
from anpr.settings import AssembleSettings

_DETECT_EVERY_S = 0.5


class TraceListener(Protocol):
    """Receives what a watch found and turned down, to explain why a vehicle was not read."""

    def frame_read(self, frame: Frame, result: ReadResult) -> None:
        """The reads and rejections of one frame. Plates that need not be read again are in neither."""

    def track_dropped(self, reason: Drop, verdict: Verdict | None) -> None:
        """A plate that was followed came to no transit."""


@dataclass(kw_only=True, slots=True)
class CameraTotals:
    """Totals of one camera since its worker started."""

    frames: int = 0
    """Frames taken, those in which nothing moved included."""
    plates: int = 0
    """Plate boxes found."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WatchResult:
    """What one frame came to."""

    transits: tuple[MadeTransit, ...] = ()
    """The transits that this frame completed."""
    examined: bool = False
    """Whether the models ran on it; they do not where nothing moved."""
    has_read: bool = False
    """Whether a plate was read in it."""


class Watch:
    """Watches one camera. Not thread-safe."""

    def __init__(  # noqa: PLR0913  what it needs, and three helps it can do without
        self,
        origin: Origin,
        settings: AssembleSettings,
        plate_finder: PlateFinder,
        clock: Clock,
        *,
        totals: CameraTotals | None = None,
        verifier: Verifier | None = None,
        listener: TraceListener | None = None,
    ) -> None:
        """`totals` goes on counting where an earlier watch of the camera stopped."""
        self._camera_id = origin.camera.id
        self._plate_finder = plate_finder
        self._clock = clock
        self._assembler = Assembler(origin, settings, verifier, listener.track_dropped if listener else None)
        self._area = Area.of(origin.camera)
        # Often enough that a standing plate, detected this seldom, does not count as lost in between.
        self._gate = MotionGate(min(_DETECT_EVERY_S, settings.lost_after_s / 2), origin.camera.masks)
        self._last: tuple[datetime, float] | None = None
        self._unreadable = UnreadableCache()
        self._listener = listener
        self._totals = totals or CameraTotals()
        self._examined = 0
        """Frames on which the models ran without throwing: the crop's margin changes from one to the next."""

    def add(self, frame: Frame) -> WatchResult:
        """Take the camera's next frame. Raises ModelError."""
        self._totals.frames += 1
        self._last = (frame.captured_at, self._clock.monotonic())
        if not self._assembler.is_waiting and self._gate.is_still(frame):
            STILL_FRAMES.labels(self._camera_id).inc()
            return WatchResult()
        began = self._clock.monotonic()
        reads, unread = self._examine(frame)
        self._examined += 1
        STAGE_SECONDS.labels("examine").observe(self._clock.monotonic() - began)
        transits = self._assembler.add(frame, reads, unread)
        return WatchResult(transits=tuple(transits), examined=True, has_read=bool(reads))

    @property
    def is_quiet(self) -> bool:
        """Whether no plate is followed, so that a watch that begins with the next frame misses nothing."""
        return self._assembler.tracks == 0

    def idle(self) -> list[MadeTransit]:
        """The transits that are complete because no frame came for a while."""
        if self._last is None:
            return []
        captured_at, taken_at = self._last
        silence = timedelta(seconds=self._clock.monotonic() - taken_at)
        return self._assembler.expire(captured_at + silence)

    def end(self) -> list[MadeTransit]:
        """The transits that are under way: no frame will come any more."""
        return self._assembler.flush()

    def _examine(self, frame: Frame) -> tuple[list[PlateRead], list[Box]]:
        """The plates that were read, and those that were not or not well enough."""
        view = self._area.crop(frame.image)
        found = self._area.keep(self._plate_finder.find(view.image), view)
        FRAMES.labels(self._camera_id).inc()
        PLATES.labels(self._camera_id).inc(len(found.detections))
        self._totals.plates += len(found.detections)
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
        self._count(rejected)
        if self._listener is not None:
            self._listener.frame_read(frame, ReadResult(accepted=tuple(reads), rejected=tuple(rejected)))
        return reads, unread

    def _read(self, frame: Frame, detection: Detection) -> PlateRead | Rejected | None:
        """What the plate says; None when reading it would not change anything."""
        box = detection.box
        if not self._assembler.wants_read(box, frame.captured_at) or not self._unreadable.wants_read(box, frame.at_s):
            return None
        result = self._plate_finder.read_box(frame.image, detection, self._examined)
        if isinstance(result, PlateRead):
            self._unreadable.succeeded(box, frame.at_s)
        else:
            self._unreadable.failed(box, frame.at_s)
        return result

    def _count(self, rejected: Iterable[Rejected]) -> None:
        for one in rejected:
            DROPS.labels(self._camera_id, one.reason).inc()
