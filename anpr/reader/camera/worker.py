"""One camera of a running reader: capture, watch, deliver, until told to stop."""

import logging
import threading
from pathlib import Path

from anpr.capture.frame import Frame
from anpr.capture.stream import CameraStream
from anpr.domain.errors import ModelError
from anpr.domain.reasons import Drop
from anpr.edge.delivery import Delivery, TransitSink
from anpr.edge.state_history import CameraHistory
from anpr.reader.assemble import Origin
from anpr.reader.assemble.consult import Consultation
from anpr.reader.camera.baseline import Usual
from anpr.reader.camera.view_quality import Sight
from anpr.reader.camera.watch import Tally, Watch
from anpr.reader.plates.plate_finder import PlateFinder
from anpr.reader.plates.second_opinion import SecondOpinion
from anpr.runtime.clock import Clock
from anpr.runtime.metrics import CAMERA_UP, CAMERA_WORKER_RESTARTS, DROPS, MODEL_ERRORS, preset
from anpr.settings import ReaderSettings

log = logging.getLogger(__name__)

_POLL_S = 0.2
_RESTART_S = 5.0
_LOG_EVERY_S = 60.0


class CameraWorker:
    """Runs in a thread of its own; nothing that happens in it reaches another camera."""

    def __init__(  # noqa: PLR0913  what it needs, and two helps it can do without
        self,
        origin: Origin,
        settings: ReaderSettings,
        looker: PlateFinder,
        sink: TransitSink,
        clock: Clock,
        *,
        second: SecondOpinion | None = None,
        sight_dir: Path | None = None,
    ) -> None:
        """What is usual for the camera is kept in `sight_dir`; without one, only as long as this runs."""
        self.camera = origin.camera
        self.history = CameraHistory()
        self._origin = origin
        self._settings = settings
        self._looker = looker
        self._clock = clock
        is_file = "://" not in origin.camera.url
        self._consult = Consultation(origin.camera.id, second, patient=is_file) if second else None
        self._delivery = Delivery(origin.camera.id, sink, clock)
        usual = Usual(origin.camera.id, sight_dir / f"{origin.camera.id}.json" if sight_dir else None)
        self._sight = Sight(origin.camera.id, settings.sight, usual)
        self._silent_until = float("-inf")
        for reason in Drop:
            preset(DROPS, self.camera.id, reason)
        self.tally = Tally()
        self.model_errors = 0
        self.falls = 0
        """How often it had to start over."""

    @property
    def transits(self) -> int:
        """Accepted by the outbox."""
        return self._delivery.delivered

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set or the source, a file, was read to its end."""
        while not stop.is_set():
            try:
                self._run_once(stop)
                break
            except Exception:  # a bug met by one camera must neither end its watch nor go unseen
                self.falls += 1
                CAMERA_WORKER_RESTARTS.labels(self.camera.id).inc()
                CAMERA_UP.labels(self.camera.id).set(0)
                log.exception("camera %s: fell over; it starts again in %.0f s", self.camera.id, _RESTART_S)
                self._clock.wait(stop, _RESTART_S)
        self._delivery.close()
        self._sight.close()

    def _run_once(self, stop: threading.Event) -> None:
        watch = Watch(self._origin, self._settings.assemble, self._looker, self._clock, self.tally, self._consult)
        stream = CameraStream(self.camera, self._settings, self._clock, on_change=self.history.add)
        stream.start()
        try:
            while not stop.is_set() and not stream.finished:
                self._step(watch, stream)
        finally:
            stream.stop()
            self._delivery.put(watch.end())

    def _step(self, watch: Watch, stream: CameraStream) -> None:
        frame = stream.next_frame(_POLL_S)
        try:
            if frame is None:
                self._delivery.put(watch.idle())
            else:
                self._take(watch, frame)
        except ModelError as exc:
            self.history.model_threw(self._clock.now())
            self.model_errors += 1
            MODEL_ERRORS.labels(self.camera.id).inc()
            if self._clock.monotonic() >= self._silent_until:
                self._silent_until = self._clock.monotonic() + _LOG_EVERY_S
                log.error("camera %s: %s (%d times so far)", self.camera.id, exc, self.model_errors)

    def _take(self, watch: Watch, frame: Frame) -> None:
        """Raises ModelError."""
        self._tell_sight(self._sight.look(frame))
        looks, reads = watch.looks, self.tally.reads
        passes = watch.add(frame)
        if watch.looks > looks:  # one in which nothing moved says nothing about the models
            self.history.looked(self._clock.now())
        if self.tally.reads > reads:
            self._tell_sight(self._sight.read_plate(frame))
        self._delivery.put(passes)

    def _tell_sight(self, changed: bool) -> None:
        if changed and self._sight.since is not None:
            self.history.sees(self._sight.state, self._sight.since)
