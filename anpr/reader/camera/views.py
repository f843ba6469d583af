# SPDX-License-Identifier: AGPL-3.0-or-later
"""Views of one camera: figures of the last minutes, and, when asked for, a small image with plates made unreadable."""

import logging
import threading
from collections import deque
from datetime import datetime, timedelta

from anpr.capture.frame import Frame
from anpr.domain.camera_view import MAX_BOXES, NARROW_PX, CameraFigures, CameraView, SeenBox
from anpr.domain.errors import MessageError, OutboxFullError, TransportError
from anpr.domain.read import Box
from anpr.domain.reasons import Drop
from anpr.edge.view_requests import ViewSink
from anpr.reader.assemble import Origin
from anpr.reader.assemble.vote import Verdict
from anpr.reader.camera.area import Area
from anpr.reader.camera.hide_plates import hide_plates, scaled_down
from anpr.reader.camera.sharpness import ImageQuality, measure_quality
from anpr.reader.jpeg import encode_jpeg
from anpr.reader.plates.plate_finder import PlateFinder
from anpr.reader.plates.plate_reader import ReadResult
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import CAMERA_VIEWS
from anpr.settings import ReaderSettings

log = logging.getLogger(__name__)

FIGURES_EVERY_S = 600.0
_FIRST_AFTER_S = 30.0
_LEAST_BETWEEN_S = 3.0
"""Between two images: whoever asks more often waits, so that reading plates goes on."""
_WINDOW = timedelta(minutes=30)
_MOST_READS = 500
_MARKS = 30
_MOST_PX = 800
"""A plate of 100 px in an image of 1920 is 42 px wide in it: one that the detector missed can hardly be read."""
_QUALITY = 70
_PATIENCE_S = 5.0
"""Without a frame for so long, a request is answered without an image."""


class CameraViews:
    """Makes the views of one camera. `ask` is for any thread, the rest for the camera's own."""

    def __init__(
        self, origin: Origin, settings: ReaderSettings, finder: PlateFinder, sink: ViewSink, clock: Clock
    ) -> None:
        self._origin = origin
        self._settings = settings
        self._finder = finder
        self._sink = sink
        self._clock = clock
        self._area = Area.of(origin.camera)
        self._asked = threading.Event()
        self._asked_s: float | None = None
        self._image_at_s = float("-inf")
        self._figures_at_s = clock.monotonic() + _FIRST_AFTER_S
        self._reads: deque[tuple[datetime, str | None, float, float]] = deque(maxlen=_MOST_READS)
        """Moment, text (None: too small to be read), confidence, width in px."""
        self._marks: deque[tuple[int, float]] = deque(maxlen=_MARKS)
        """Index and time of a frame a second: all that came are counted, also those that were not looked at."""

    def ask(self) -> None:
        """An image is wanted."""
        self._asked.set()

    def frame_read(self, frame: Frame, result: ReadResult) -> None:
        """Called by the watch for each frame that the models ran on."""
        for read in result.accepted:
            self._reads.append((frame.captured_at, read.text, read.confidence, read.box.w))
        for one in result.rejected:
            if one.reason is Drop.PLATE_TOO_SMALL:
                self._reads.append((frame.captured_at, None, 0.0, one.box.w))

    def track_dropped(self, reason: Drop, verdict: Verdict | None) -> None:
        """Nothing to note."""

    def add(self, frame: Frame, state: str | None) -> None:
        """Take the camera's next frame; tell what is due. Raises ModelError, after which nothing was told: an image
        without a look for plates is never sent."""
        if not self._marks or frame.at_s - self._marks[-1][1] >= 1:
            self._marks.append((frame.index, frame.at_s))
        now_s = self._clock.monotonic()
        if self._asked.is_set() and now_s - self._image_at_s >= _LEAST_BETWEEN_S:
            self._asked.clear()
            self._asked_s, self._image_at_s = None, now_s
            self._send(self._with_image(frame, state))
        elif now_s >= self._figures_at_s:
            self._send(self._view(state, self._figures(frame, measure_quality(frame.image))))

    def idle(self, state: str | None) -> None:
        """No frame came: after a while a request is answered with that."""
        if not self._asked.is_set():
            return
        now_s = self._clock.monotonic()
        self._asked_s = now_s if self._asked_s is None else self._asked_s
        if now_s - self._asked_s >= _PATIENCE_S:
            self._asked.clear()
            self._asked_s = None
            self._send(self._view(state, None))

    def _with_image(self, frame: Frame, state: str | None) -> CameraView:
        """Plates are looked for in the whole image and in the part around the regions, where smaller ones are found."""
        image = frame.image
        height, width = image.shape[:2]
        whole = self._finder.find(image)
        view = self._area.crop(image)
        near = self._area.keep(self._finder.find(view.image), view) if view.image.shape != image.shape else whole
        found = near.detections if near is not whole else self._area.keep(whole, view).detections
        boxes = [one.box for part in (whole, near) for one in part.detections]
        boxes += [one.box for part in (whole, near) for one in part.rejected]
        small = scaled_down(hide_plates(image, boxes), _MOST_PX)
        seen = [(one.box, self._finder.read_box(image, one, 0)) for one in found[:MAX_BOXES]]
        for box, read in seen:
            confidence = getattr(read, "confidence", None)
            if confidence is not None:
                self._reads.append((frame.captured_at, getattr(read, "text", None), confidence, box.w))
        figures = self._figures(frame, measure_quality(image))
        marked = tuple([_seen(box, width, height, getattr(read, "confidence", None)) for box, read in seen])
        return self._view(state, figures, marked, encode_jpeg(small, _QUALITY))

    def _figures(self, frame: Frame, quality: ImageQuality) -> CameraFigures:
        since = frame.captured_at - _WINDOW
        reads = [one for one in self._reads if one[0] >= since]
        best: dict[str, tuple[float, float]] = {}
        for _, text, confidence, width in reads:
            if text is not None:
                known = best.get(text, (0.0, 0.0))
                best[text] = max(known[0], confidence), max(known[1], width)
        near = [confidence for confidence, width in best.values() if width >= NARROW_PX]
        widths = [width for _, width in best.values()] or [one[3] for one in reads]
        least = self._settings.assemble.min_confidence
        height, width_px = frame.image.shape[:2]
        return CameraFigures(
            width=width_px,
            height=height,
            rate=self._rate(),
            widest_px=max(widths, default=None),
            has_plates=bool(reads),
            near=len(near),
            unsure=sum(confidence < least for confidence in near),
            bright=quality.bright,
            sharpness=quality.sharpness,
            min_confidence=least,
            min_reads=self._settings.assemble.min_reads,
            dark_below=self._settings.sight.dark_below,
        )

    def _rate(self) -> float | None:
        if len(self._marks) < 2 or self._marks[-1][1] <= self._marks[0][1]:
            return None
        (first, began), (last, ended) = self._marks[0], self._marks[-1]
        return (last - first) / (ended - began)

    def _view(
        self,
        state: str | None,
        figures: CameraFigures | None,
        boxes: tuple[SeenBox, ...] = (),
        image: bytes = b"",
    ) -> CameraView:
        origin = self._origin
        return CameraView(
            camera_id=origin.camera.id,
            gate_id=origin.gate_id,
            reader_id=origin.reader_id,
            at=self._clock.now(),  # a film has a time of its own
            state=state,
            figures=figures,
            regions=tuple([one.points for one in self._area.regions]),
            masks=tuple([one.points for one in self._area.masks]),
            boxes=boxes,
            image=image,
        )

    def _send(self, view: CameraView) -> None:
        self._figures_at_s = self._clock.monotonic() + FIGURES_EVERY_S
        try:
            self._sink.put_view(view)
        except (OutboxFullError, TransportError, MessageError) as exc:
            CAMERA_VIEWS.labels(view.camera_id, "dropped").inc()
            log.warning("camera %s: its view is not sent: %s", view.camera_id, exc)
        else:
            CAMERA_VIEWS.labels(view.camera_id, "sent").inc()


def _seen(box: Box, width: int, height: int, confidence: float | None) -> SeenBox:
    """Within the image: a box may reach beyond it."""
    left, right = (min(max(x / width, 0.0), 1.0) for x in (box.x, box.x + box.w))
    top, bottom = (min(max(y / height, 0.0), 1.0) for y in (box.y, box.y + box.h))
    return SeenBox(x=left, y=top, w=right - left, h=bottom - top, width_px=box.w, confidence=confidence)
