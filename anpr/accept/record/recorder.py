# SPDX-License-Identifier: AGPL-3.0-or-later
"""Session recorder: each frame goes through the reader's watch and the motion detector; what they find goes to disk."""

from collections.abc import Iterable
from datetime import datetime

from anpr.accept.folder.records import DroppedTrack, MotionEvent, RecordedTransit, Still
from anpr.accept.folder.session import RecordedSession
from anpr.accept.record.motion import FoundMotion, MotionDetector
from anpr.capture.frame import Frame
from anpr.domain.errors import ModelError
from anpr.domain.gate import Camera
from anpr.domain.reasons import Drop
from anpr.domain.transit import ImageRole
from anpr.edge.made_transit import MadeTransit
from anpr.reader.assemble import Origin
from anpr.reader.assemble.verify_vote import VoteVerifier
from anpr.reader.assemble.vote import Verdict
from anpr.reader.camera.watch import Watch
from anpr.reader.jpeg import encode_jpeg
from anpr.reader.plates.plate_finder import PlateFinder
from anpr.reader.plates.plate_reader import ReadResult
from anpr.reader.plates.second_opinion import SecondOpinion
from anpr.runtime.clock import Clock
from anpr.settings import ReaderSettings

_EVEN_STILL_EVERY_S = 30.0
"""Stills at even times, whatever moves: they show that the camera saw, and a vehicle that no motion event has."""
_QUALITY = 85


class _DropListener:
    """Notes the tracks that came to no transit, so that the sheet can say why a vehicle was missed."""

    def __init__(self, session: RecordedSession) -> None:
        self._session = session
        self.now: datetime | None = None

    def frame_read(self, frame: Frame, result: ReadResult) -> None:
        """Single frames are not kept."""

    def track_dropped(self, reason: Drop, verdict: Verdict | None) -> None:
        if self.now is not None:
            found = (verdict.plate, verdict.confidence) if verdict else (None, 0.0)
            self._session.add(DroppedTrack(at=self.now, reason=reason, plate=found[0], confidence=found[1]))


class SessionRecorder:
    """Records one session. Not thread-safe."""

    def __init__(  # noqa: PLR0913  what a watch needs, and the session
        self,
        session: RecordedSession,
        camera: Camera,
        settings: ReaderSettings,
        plate_finder: PlateFinder,
        clock: Clock,
        *,
        second: SecondOpinion | None = None,
        patient: bool = False,
    ) -> None:
        """`patient` waits for the second opinion as long as it takes: a recording can wait, a camera cannot."""
        origin = Origin(camera=camera, gate_id=camera.id, reader_id=settings.id)
        verifier = VoteVerifier(camera.id, second, patient=patient) if second else None
        self._session = session
        self._drops = _DropListener(session)
        self._watch = Watch(origin, settings.assemble, plate_finder, clock, verifier=verifier, listener=self._drops)
        self._motion = MotionDetector(camera.masks)
        self._stills: list[Still] = []
        self._even_still = -1
        self.frames = session.state.frames

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is under way, so that a session cut here can go on with the next frame."""
        return self._watch.is_quiet and self._motion.is_quiet

    def add(self, frame: Frame) -> None:
        """Take the next frame. Raises ModelError, and InputError when the folder cannot be written."""
        self.frames += 1
        self._drops.now = frame.captured_at
        self._put(self._watch.add(frame).transits)
        motion = self._motion.add(frame)
        self._put_event(motion.ended)
        if motion.wants_still:
            self._stills.append(self._still(frame, f"{self._next_label()}-{len(self._stills) + 1:02d}"))
        if (slot := int(frame.at_s // _EVEN_STILL_EVERY_S)) > self._even_still:
            self._even_still = slot
            self._session.add(self._still(frame, f"still-{self._session.count(Still) + 1:04d}"))

    def idle(self) -> None:
        """No frame came for a moment: transits that are complete by now are written."""
        self._put(self._watch.idle())

    def end(self) -> None:
        """No frame will come any more."""
        self._put(self._watch.end())
        self._put_event(self._motion.end())

    def _put(self, transits: Iterable[MadeTransit]) -> None:
        for made in transits:
            number = self._session.count(RecordedTransit) + 1
            paths = {
                role: self._session.put_image(f"transit-{number:04d}-{role}.jpg", made.images[role])
                for role in (ImageRole.PLATE, ImageRole.CONTEXT)
            }
            transit = made.transit
            self._session.add(
                RecordedTransit(
                    plate=transit.plate,
                    raw=transit.raw,
                    confidence=transit.confidence,
                    reads=transit.reads,
                    captured_at=transit.captured_at,
                    first_seen=transit.first_seen,
                    last_seen=transit.last_seen,
                    direction=transit.direction,
                    plate_image=paths[ImageRole.PLATE],
                    context_image=paths[ImageRole.CONTEXT],
                )
            )

    def _put_event(self, found: FoundMotion | None) -> None:
        if found is None:
            return
        stills, self._stills = tuple(self._stills), []
        self._session.add(
            MotionEvent(label=self._next_label(), began=found.began, ended=found.ended, peak=found.peak, stills=stills)
        )

    def _next_label(self) -> str:
        return f"s{self._session.number}m{self._session.count(MotionEvent) + 1:03d}"

    def _still(self, frame: Frame, name: str) -> Still:
        try:
            jpeg = encode_jpeg(frame.image, _QUALITY)
        except ValueError as exc:
            raise ModelError(str(exc)) from exc
        return Still(at=frame.captured_at, image=self._session.put_image(f"{name}.jpg", jpeg))
