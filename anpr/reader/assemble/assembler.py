# SPDX-License-Identifier: AGPL-3.0-or-later
"""Assembler: multi-object tracking of plates; frames and plate reads in, one transit per vehicle out.

When a transit is made, whichever comes first:
- its vote settled (four agreeing reads, confidence at least .9; or two without another one, at least .99, in 0.3 s),
  and no better image is to be expected: it does not grow fast enough, or is about to leave the image, or no clearly
  better read came for 0.4 s (1 s while the plate is small), or 2 s passed (`patience.py`);
- it is good enough without having settled, and no better read came for 5 s: a vehicle that stands;
- its plate was not seen for `lost_after_s`; for a doubtful one, twice as long.
The track lives on after that and swallows whatever else is read of its vehicle: a parked car makes one transit.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Protocol

from anpr.capture.frame import Frame
from anpr.domain.read import Box, PlateRead
from anpr.domain.reasons import Cause, Drop
from anpr.edge.made_transit import Decision, MadeTransit
from anpr.reader.assemble.associate import Seen, associate, one_per_plate
from anpr.reader.assemble.best_shot import BestShot
from anpr.reader.assemble.judge import judge
from anpr.reader.assemble.make import Origin, transit_of_track
from anpr.reader.assemble.recent import RecentTransits, same_vehicle
from anpr.reader.assemble.track import Track
from anpr.reader.assemble.vote import Verdict
from anpr.runtime.metrics import DROPS, READS, TRANSITS
from anpr.settings import AssembleSettings

MOST_TRACKS = 32
"""More plates at once than any camera sees; each track holds at most one frame."""
_CLOCK_STEP_S = 1.0
"""A frame older than the one before by more than this means that the clock was set back."""


OnDrop = Callable[[Drop, Verdict | None], None]


class Verifier(Protocol):
    """Verifies a vote before a transit is made of it."""

    def verify(self, verdict: Verdict, shot: BestShot) -> Verdict:
        """The same verdict, or what it becomes after the plate in `shot` was read again."""


class Assembler:
    """One camera's vehicles, in the time of its frames. Not thread-safe: one thread per camera."""

    def __init__(
        self,
        origin: Origin,
        settings: AssembleSettings,
        verifier: Verifier | None = None,
        dropped: OnDrop | None = None,
    ) -> None:
        """`dropped` is called for each track that came to no transit."""
        self._origin = origin
        self._settings = settings
        self._verifier = verifier
        self._dropped = dropped
        self._tracks: list[Track] = []
        self._recent = RecentTransits(settings.reentry_s)
        self._now = float("-inf")
        self._step_s = 0.0
        """Between the last two frames, at most _CLOCK_STEP_S."""
        self._decided_at = 0.0
        """The time up to which tracks were last judged (s)."""

    def add(self, frame: Frame, reads: Sequence[PlateRead], unread: Sequence[Box] = ()) -> list[MadeTransit]:
        """Take a frame with its reads; returns the transits that it completes.

        `unread` are plates seen in this frame that were not read, or not well enough to vote: they keep a track alive.
        """
        at = frame.captured_at.timestamp()
        transits = self._handle_clock_step(at)
        seen = one_per_plate([*((read.box, read) for read in reads), *((box, None) for box in unread)])
        for (box, read), track in zip(seen, associate(self._tracks, seen, at), strict=True):
            if track is None:
                transits += self._begin(frame, read)
            elif read is None:
                track.see(frame, box)
            elif not track.is_foreign(read):
                track.read(frame, read)
            elif (other := track.meet(frame, read)) is not None:
                transits += self._add_track(other)
        READS.labels(self._origin.camera.id).inc(len(reads))
        return transits + self._close(at)

    def expire(self, now: datetime) -> list[MadeTransit]:
        """The transits that are complete at `now` (UTC) while no frame comes, as when the camera is down."""
        return self._close(now.timestamp())

    def flush(self) -> list[MadeTransit]:
        """End every track, because no frame will come any more; returns their transits."""
        tracks, self._tracks = self._tracks, []
        transits = []
        while tracks:
            transits += self._finish(tracks.pop(0), tracks, Cause.ENDED)
        return transits

    @property
    def is_waiting(self) -> bool:
        """Whether a plate is followed whose transit is still to come."""
        return any(track.transit is None for track in self._tracks)

    @property
    def tracks(self) -> int:
        """Vehicles that are followed at this moment, at most MOST_TRACKS."""
        return len(self._tracks)

    def wants_read(self, box: Box, at: datetime) -> bool:
        """Whether reading a plate at `box` (px) in a frame taken at `at` (UTC) may still change anything."""
        seen: list[Seen] = [(box, None)]
        # Loosely: where a camera shakes, each jump would else look like a new plate and be read.
        track = associate(self._tracks, seen, at.timestamp(), loosely=True)[0]
        return track is None or track.wants_read(box, at.timestamp())

    def _handle_clock_step(self, at: float) -> list[MadeTransit]:
        step = at - self._now
        self._now, self._step_s = at, max(0.0, min(step, _CLOCK_STEP_S))
        if step >= -_CLOCK_STEP_S:
            return []
        transits = self.flush()
        self._recent.shift(step)
        return transits

    def _begin(self, frame: Frame, read: PlateRead | None) -> list[MadeTransit]:
        """A plate that no track accounts for."""
        return [] if read is None else self._add_track(Track(frame, read, self._settings.max_reads))

    def _add_track(self, track: Track) -> list[MadeTransit]:
        """Add a track; where there are too many, the one not seen for longest is finished."""
        transits: list[MadeTransit] = []
        if len(self._tracks) >= MOST_TRACKS:
            stalest = min(self._tracks, key=lambda one: one.motion.at)
            self._tracks.remove(stalest)
            transits = self._finish(stalest, self._tracks, Cause.LOST)
        self._tracks.append(track)
        return transits

    def _close(self, at: float) -> list[MadeTransit]:
        self._decided_at = at
        over = [track for track in self._tracks if track.is_over(at, self._settings.lost_after_s)]
        self._tracks = [track for track in self._tracks if track not in over]
        transits = [made for track in over for made in self._finish(track, self._tracks, Cause.LOST)]
        for track in self._tracks:
            cause = track.cause_to_decide(at, self._step_s)
            if cause is not None and self._judge(track) is None:
                transits += self._decide(track, cause)
        return transits

    def _finish(self, track: Track, others: Sequence[Track], cause: Cause) -> list[MadeTransit]:
        """A track is over: it is merged into another one, becomes a transit, or is dropped and counted."""
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
        return self._decide(track, cause)

    def _decide(self, track: Track, cause: Cause) -> list[MadeTransit]:
        """A transit, unless the track is none or its vehicle made one already."""
        verdict = track.verdict()
        if verdict is None or track.best_shot is None:
            return self._drop(Drop.TRACK_TOO_FEW_READS, verdict)
        if self._is_known(track, verdict):
            return self._drop(Drop.TRACK_SEEN_BEFORE, verdict)
        if self._verifier is not None and verdict.reads >= self._settings.min_reads:
            before, verdict = verdict, self._verifier.verify(verdict, track.best_shot)
            if verdict.plate != before.plate and self._is_known(track, verdict):
                return self._drop(Drop.TRACK_SEEN_BEFORE, verdict)
        reason = judge(verdict, track.trajectory, track.widest_px, self._settings)
        if reason is not None:
            return self._drop(reason, verdict)
        made = transit_of_track(self._origin, track, verdict, track.best_shot, self._decision(track, cause))
        track.release(self._recent.remember(verdict, track.motion.at))
        TRANSITS.labels(self._origin.camera.id).inc()
        return [made]

    def _decision(self, track: Track, cause: Cause) -> Decision:
        return Decision(
            cause=cause,
            at=_moment(self._decided_at),
            settled_at=None if track.settled_at is None else _moment(track.settled_at),
        )

    def _is_known(self, track: Track, verdict: Verdict) -> bool:
        """Whether this vehicle made its transit before; the track then becomes part of that one."""
        known = self._recent.find(verdict, track.first.taken_at.timestamp())
        if known is not None:
            known.see(track.motion.at)
            track.release(known)
        return known is not None

    def _judge(self, track: Track) -> Drop | None:
        return judge(track.verdict(), track.trajectory, track.widest_px, self._settings)

    def _drop(self, reason: Drop, verdict: Verdict | None) -> list[MadeTransit]:
        DROPS.labels(self._origin.camera.id, reason).inc()
        if self._dropped is not None:
            self._dropped(reason, verdict)
        return []


def _moment(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)
