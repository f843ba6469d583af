# SPDX-License-Identifier: AGPL-3.0-or-later
"""Camera worker: capture, watch and deliver, in one thread, until told to stop; restarted when it crashes."""

import logging
import threading
from pathlib import Path

from anpr.capture.stream import CameraStream
from anpr.domain.errors import ModelError
from anpr.domain.reasons import Drop
from anpr.edge.outbox_writer import OutboxWriter, TransitSink
from anpr.edge.state_history import StateHistory
from anpr.reader.assemble import Origin
from anpr.reader.assemble.verify_vote import VoteVerifier
from anpr.reader.camera.baseline import Baseline
from anpr.reader.camera.delays import observe_delays
from anpr.reader.camera.turns import Turns
from anpr.reader.camera.view_quality import ViewQuality
from anpr.reader.camera.views import CameraViews
from anpr.reader.camera.watch import CameraTotals, Watch
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
    """Runs in a thread of its own; nothing that happens to its camera reaches another one."""

    def __init__(  # noqa: PLR0913  what it needs, and helps it can do without
        self,
        origin: Origin,
        settings: ReaderSettings,
        plate_finder: PlateFinder,
        sink: TransitSink,
        clock: Clock,
        *,
        turns: Turns,
        second: SecondOpinion | None = None,
        baseline_dir: Path | None = None,
        views: CameraViews | None = None,
        history: StateHistory | None = None,
    ) -> None:
        """Frames are taken and examined when `turns` lets it. The camera's baseline is kept in `baseline_dir`; without
        one, only in memory. `history` is that of a worker before, of the same camera with other settings."""
        self.camera = origin.camera
        self.views = views
        self.history = history or StateHistory()
        self._origin = origin
        self._settings = settings
        self._plate_finder = plate_finder
        self._clock = clock
        self._turns = turns
        self._is_live = "://" in origin.camera.url
        self._verifier = VoteVerifier(origin.camera.id, second, patient=not self._is_live) if second else None
        self._outbox_writer = OutboxWriter(origin.camera.id, sink, clock)
        baseline = Baseline(origin.camera.id, baseline_dir / f"{origin.camera.id}.json" if baseline_dir else None)
        self._view_quality = ViewQuality(origin.camera.id, settings.sight, baseline)
        self._silent_until = float("-inf")
        for reason in Drop:
            preset(DROPS, self.camera.id, reason)
        self.totals = CameraTotals()
        self.model_errors = 0
        self.restarts = 0
        """How often it crashed and started again."""

    @property
    def transits(self) -> int:
        """Transits accepted by the outbox."""
        return self._outbox_writer.delivered

    def run(self, stop: threading.Event) -> None:
        """Run until `stop` is set or the source, a file, was read to its end."""
        while not stop.is_set():
            try:
                self._run_once(stop)
                break
            except Exception:  # a bug met by one camera must neither end its watch nor go unseen
                self.restarts += 1
                CAMERA_WORKER_RESTARTS.labels(self.camera.id).inc()
                CAMERA_UP.labels(self.camera.id).set(0)
                log.exception("camera %s: crashed; it starts again in %.0f s", self.camera.id, _RESTART_S)
                self._clock.wait(stop, _RESTART_S)
        self._outbox_writer.close()
        self._view_quality.close()

    def _run_once(self, stop: threading.Event) -> None:
        watch = Watch(
            self._origin,
            self._settings.assemble,
            self._plate_finder,
            self._clock,
            totals=self.totals,
            verifier=self._verifier,
            listener=self.views,
        )
        stream = CameraStream(self.camera, self._settings, self._clock, on_change=self.history.add)
        stream.start()
        try:
            while not stop.is_set() and not stream.finished:
                self._step(watch, stream)
        finally:
            stream.stop()
            self._outbox_writer.put(watch.end())

    def _step(self, watch: Watch, stream: CameraStream) -> None:
        self.history.looked(self._clock.now())
        try:
            if stream.wait_for_frame(_POLL_S):
                self._take(watch, stream)
            else:
                self._outbox_writer.put(watch.idle())
                if self.views is not None:
                    self.views.idle(self.history.state)
        except ModelError as exc:
            self.history.model_failed(self._clock.now())
            self.model_errors += 1
            MODEL_ERRORS.labels(self.camera.id).inc()
            if self._clock.monotonic() >= self._silent_until:
                self._silent_until = self._clock.monotonic() + _LOG_EVERY_S
                log.error("camera %s: %s (%d times so far)", self.camera.id, exc, self.model_errors)

    def _take(self, watch: Watch, stream: CameraStream) -> None:
        """The newest frame, which came while this camera waited for its turn. Raises ModelError."""
        with self._turns.taken():  # for the models alone: what waits for a disk lets others examine
            frame = stream.next_frame(0)
            if frame is None:
                return
            self._report_view(self._view_quality.add(frame))
            result = watch.add(frame)
        made_at = self._clock.now()
        if result.examined:  # a frame in which nothing moved says nothing about the models
            self.history.model_ran(self._clock.now())
        if result.has_read:
            self._report_view(self._view_quality.plate_read(frame))
        self._outbox_writer.put(result.transits)
        if self._is_live:
            observe_delays(result.transits, made_at, self._clock.now())
        if self.views is not None:
            self.views.add(frame, self.history.state)

    def _report_view(self, changed: bool) -> None:
        if changed and self._view_quality.since is not None:
            self.history.view_changed(self._view_quality.state, self._view_quality.since)
