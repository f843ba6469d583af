"""Frames and their plate reads in, one transit per vehicle out.

When a transit is made, whichever comes first:
- its vote settled (four agreeing reads, confidence at least .9), and then no clearly better look came for 0.4 s
  (1 s while the plate is small), or 2 s passed: an alarm does not wait for a nicer picture;
- it is good enough without having settled, and no better look came for 5 s: a vehicle that stands;
- its plate was not seen for `lost_after_s`; for a doubtful one, twice as long.
The track lives on after that and swallows whatever else is read of its vehicle: a parked car makes one transit.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from anpr.capture.frame import Frame
from anpr.domain.read import Box, PlateRead
from anpr.domain.reasons import Drop
from anpr.edge.made_transit import MadeTransit
from anpr.reader.assemble.associate import Seen, associate
from anpr.reader.assemble.judge import judge
from anpr.reader.assemble.make import Origin, transit_of_track
from anpr.reader.assemble.overlap import one_per_plate
from anpr.reader.assemble.picture import Shot
from anpr.reader.assemble.recent import RecentTransits
from anpr.reader.assemble.same import same_vehicle
from anpr.reader.assemble.track import Track
from anpr.reader.assemble.vote import Verdict
from anpr.runtime.metrics import DROPS, READS, TRANSITS
from anpr.settings import AssembleSettings

_MOST_TRACKS = 32
"""More plates at once than any camera sees; each track holds at most one frame."""
_CLOCK_STEP_S = 1.0
"""A frame older than the one before by more than this means that the clock was set back."""


class Consult(Protocol):
    """Whoever is asked before a transit is made."""

    def on(self, verdict: Verdict, shot: Shot) -> Verdict:
        """The same verdict, or what it is after another look at the picture."""


class Assembler:
    """One camera's vehicles, in the time of its frames. Not thread-safe: one thread per camera."""

    def __init__(self, origin: Origin, settings: AssembleSettings, consult: Consult | None = None) -> None:
        self._origin = origin
        self._settings = settings
        self._consult = consult
        self._tracks: list[Track] = []
        self._recent = RecentTransits(settings.reentry_s)
        self._now = float("-inf")
        self.dropped: Callable[[Drop, Verdict | None], None] | None = None
        """Told of each track that came to nothing."""

    def add(self, frame: Frame, reads: Sequence[PlateRead], unread: Sequence[Box] = ()) -> list[MadeTransit]:
        """The passes that this frame, with its reads, completes.

        `unread` are plates seen in this frame that were not read, or not well enough to vote: they keep a track alive.
        """
        at = frame.captured_at.timestamp()
        passes = self._follow_clock(at)
        seen = one_per_plate([*((read.box, read) for read in reads), *((box, None) for box in unread)])
        for (box, read), track in zip(seen, associate(self._tracks, seen, at), strict=True):
            if track is None:
                passes += self._begin(frame, read)
            elif read is None:
                track.see(frame, box)
            elif not track.is_foreign(read):
                track.read(frame, read)
            elif (other := track.meet(frame, read)) is not None:
                passes += self._follow(other)
        READS.labels(self._origin.camera.id).inc(len(reads))
        return passes + self._close(at)

    def expire(self, now: datetime) -> list[MadeTransit]:
        """The passes that are over at `now` while no frame comes, as when the camera is down."""
        return self._close(now.timestamp())

    def flush(self) -> list[MadeTransit]:
        """End every track: nothing more will come."""
        tracks, self._tracks = self._tracks, []
        passes = []
        while tracks:
            passes += self._finish(tracks.pop(0), tracks)
        return passes

    @property
    def is_waiting(self) -> bool:
        """Whether a plate is followed whose transit is still to come."""
        return any(track.transit is None for track in self._tracks)

    def wants_read(self, box: Box, at: datetime) -> bool:
        """Whether reading a plate at `box` in a frame taken at `at` may still change anything."""
        seen: list[Seen] = [(box, None)]
        # Boldly: where a camera shakes, each jump would else look like a new plate and be read.
        track = associate(self._tracks, seen, at.timestamp(), boldly=True)[0]
        return track is None or track.wants_read(box, at.timestamp())

    def _follow_clock(self, at: float) -> list[MadeTransit]:
        step = at - self._now
        self._now = at
        if step >= -_CLOCK_STEP_S:
            return []
        passes = self.flush()
        self._recent.shift(step)
        return passes

    def _begin(self, frame: Frame, read: PlateRead | None) -> list[MadeTransit]:
        """A plate that no track accounts for."""
        return [] if read is None else self._follow(Track(frame, read, self._settings.max_reads))

    def _follow(self, track: Track) -> list[MadeTransit]:
        """One more track; where there are too many, the one not seen for longest makes room."""
        passes: list[MadeTransit] = []
        if len(self._tracks) >= _MOST_TRACKS:
            stalest = min(self._tracks, key=lambda one: one.motion.at)
            self._tracks.remove(stalest)
            passes = self._finish(stalest, self._tracks)
        self._tracks.append(track)
        return passes

    def _close(self, at: float) -> list[MadeTransit]:
        over = [track for track in self._tracks if track.is_over(at, self._settings.lost_after_s)]
        self._tracks = [track for track in self._tracks if track not in over]
        passes = [made for track in over for made in self._finish(track, self._tracks)]
        for track in self._tracks:
            if track.is_ready(at) and self._judge(track) is None:
                passes += self._decide(track)
        return passes

    def _finish(self, track: Track, others: Sequence[Track]) -> list[MadeTransit]:
        """A track is over: part of another one, a transit, or dropped and counted."""
        verdict = track.verdict()
        if track.transit is not None:
            return []
        if verdict is None:
            return self._drop(Drop.TRACK_TOO_FEW_READS, verdict)
        for other in others:
            theirs = other.verdict()
            if other.transit is None and theirs is not None and same_vehicle(verdict, theirs):
                other.absorb(track)
                return []
        return self._decide(track)

    def _decide(self, track: Track) -> list[MadeTransit]:
        """A transit, unless its vehicle made one already or it is none."""
        verdict = track.verdict()
        if verdict is None or track.shot is None:
            return self._drop(Drop.TRACK_TOO_FEW_READS, verdict)
        if self._is_known(track, verdict):
            return self._drop(Drop.TRACK_SEEN_BEFORE, verdict)
        if self._consult is not None and verdict.reads >= self._settings.min_reads:
            before, verdict = verdict, self._consult.on(verdict, track.shot)
            if verdict.plate != before.plate and self._is_known(track, verdict):
                return self._drop(Drop.TRACK_SEEN_BEFORE, verdict)
        reason = judge(verdict, track.course, track.widest_px, self._settings)
        if reason is not None:
            return self._drop(reason, verdict)
        made = transit_of_track(self._origin, track, verdict, track.shot)
        track.release(self._recent.remember(verdict, track.motion.at))
        TRANSITS.labels(self._origin.camera.id).inc()
        return [made]

    def _is_known(self, track: Track, verdict: Verdict) -> bool:
        """Whether this vehicle made its transit before; the track is part of that one then."""
        known = self._recent.find(verdict, track.first.taken_at.timestamp())
        if known is not None:
            known.see(track.motion.at)
            track.release(known)
        return known is not None

    def _judge(self, track: Track) -> Drop | None:
        return judge(track.verdict(), track.course, track.widest_px, self._settings)

    def _drop(self, reason: Drop, verdict: Verdict | None) -> list[MadeTransit]:
        DROPS.labels(self._origin.camera.id, reason).inc()
        if self.dropped is not None:
            self.dropped(reason, verdict)
        return []
