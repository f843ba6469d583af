# SPDX-License-Identifier: AGPL-3.0-or-later
"""Track: one plate followed over frames, with its motion, its votes and its best shot."""

import math
from dataclasses import dataclass
from datetime import datetime

from anpr.capture.frame import Frame
from anpr.domain.read import Box, PlateRead
from anpr.domain.reasons import Cause
from anpr.domain.similarity import similarity
from anpr.reader.assemble.best_shot import BestShot
from anpr.reader.assemble.motion import Motion, Trajectory
from anpr.reader.assemble.patience import NEARER, Best, View, why_not_wait
from anpr.reader.assemble.recent import Remembered
from anpr.reader.assemble.vote import Ballot, Verdict, plate_text

_SETTLED_CONFIDENCE = 0.9
_SETTLED_READS = 4
"""That agree, before further reads cannot be expected to change the vote."""
_FEW_READS = 2
_FEW_CONFIDENCE = 0.99
_FEW_FOR_S = 0.3
"""Enough of a plate that is followed for this long, where no read says otherwise: four reads of a fast reader take as
long, and one that is busy with other cameras gets no more of them."""
_SURE = 0.9
_CLEARLY_BETTER = 1.03
_PATIENCE_S = 5.0
"""A plate that never settles and was not read better for this long stands there: it is judged as it is."""
_READ_AGAIN_S = 1.0
"""And this often otherwise, to notice that another vehicle took its place."""
_MOVED_AGAIN_S = 0.2
"""And this often while it is not where it was expected: under a shaking camera that is in every frame."""
FOREIGN = 0.45
"""Two texts less alike than this have little in common."""
_KNOWN_READS = 2
"""Before that there is nothing to be foreign to."""
_AGREE = 0.7
"""Two reads this much alike are of one plate."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """When a frame was taken (UTC) and its index; without the frame, whose image is large."""

    taken_at: datetime
    frame: int


class Track:
    """One plate over frames. Times are seconds of the frames' own capture times."""

    def __init__(self, frame: Frame, read: PlateRead, max_reads: int) -> None:
        at = frame.captured_at.timestamp()
        self.motion = Motion(read.box, at)
        self.trajectory = Trajectory(read.box, at)
        self.first = self.last = _moment(frame)
        self.widest_px = 0.0
        self.last_text = read.text
        self.transit: Remembered | None = None
        """Its transit, once made or known from before: nothing more comes of it."""
        self.ballot = Ballot(max_reads)
        self.best_shot: BestShot | None = None
        self._max_reads = max_reads
        self._best_at, self._best_worth = at, 0.0
        self.settled_at: float | None = None
        """Since when further reads cannot be expected to change its vote (s)."""
        self._stranger: tuple[Frame, PlateRead] | None = None
        self.read_at, self._read_width = at, read.box.w
        self._vote(frame, read)

    def read(self, frame: Frame, read: PlateRead) -> None:
        """The plate was seen and read in this frame."""
        self.see(frame, read.box)
        self.read_at, self._read_width = frame.captured_at.timestamp(), read.box.w
        self._stranger = None
        self.last_text = read.text
        if self.transit is None:
            self._vote(frame, read)

    def is_foreign(self, read: PlateRead) -> bool:
        """Whether a read in this track's place has little in common with what the track has shown so far."""
        verdict = self.verdict()
        if verdict is None or verdict.reads < _KNOWN_READS:
            return False
        return max(similarity(read.text, verdict.plate), similarity(read.text, self.last_text)) < FOREIGN

    def meet(self, frame: Frame, read: PlateRead) -> "Track | None":
        """Take a foreign read in its place. The first may be an error; the second in a row with the same text is
        another vehicle, whose track is returned.
        """
        before, self._stranger = self._stranger, (frame, read)
        if before is None or similarity(before[1].text, read.text) < _AGREE:
            self.see(frame, read.box)
            return None
        self._stranger = None
        other = Track(*before, self._max_reads)
        other.read(frame, read)
        return other

    def see(self, frame: Frame, box: Box) -> None:
        """The plate was seen in this frame, and not read."""
        at = frame.captured_at.timestamp()
        self.motion.update(box, at)
        self.trajectory.add(box, at)
        self.last = _moment(frame)
        if self.transit is not None:
            self.transit.see(at)

    def wants_read(self, box: Box, at: float) -> bool:
        """Whether reading this box may still change anything."""
        done = self.transit is not None or self.settled_at is not None or self.ballot.reads >= self._max_reads
        if not done or self._stranger is not None or box.w >= self._read_width * NEARER:
            return True
        waited = at - self.read_at
        return waited >= _READ_AGAIN_S or (waited >= _MOVED_AGAIN_S and self.motion.predict(at).iou(box) < 0.3)

    def verdict(self) -> Verdict | None:
        """The vote of its reads; None without any."""
        return self.ballot.verdict()

    def absorb(self, other: "Track") -> None:
        """Take over another track of the same vehicle."""
        self.ballot.absorb(other.ballot)
        self.widest_px = max(self.widest_px, other.widest_px)
        self.first = min(self.first, other.first, key=lambda moment: moment.taken_at)
        if other.best_shot is not None and self._beats(other.best_shot.read):
            self.best_shot = other.best_shot

    def is_over(self, at: float, lost_after_s: float) -> bool:
        """Whether it was not seen for `lost_after_s`; twice that when in doubt: a better read may still come."""
        verdict = self.verdict()
        doubtful = self.transit is None and verdict is not None and verdict.confidence < _SURE
        return at - self.motion.at >= lost_after_s * (2 if doubtful else 1)

    def cause_to_decide(self, at: float, step_s: float) -> Cause | None:
        """Why its transit can be made before it is lost: no better read is to be expected. None: it cannot.

        `step_s`: from the frame before to the one of time `at`.
        """
        if self.best_shot is None or self.transit is not None:
            return None
        settled_at = self.settled_at or self._settled_by_few(at)
        if settled_at is None:
            return Cause.STANDS if at - self._best_at >= _PATIENCE_S else None
        height, width = self.best_shot.frame.image.shape[:2]
        best = Best(
            width=self.best_shot.read.box.w, at=self._best_at, read_width=self._read_width, settled_at=settled_at
        )
        view = View(size=(width, height), step_s=step_s, knows_direction=self.trajectory.is_direction_clear)
        return why_not_wait(self.motion, best, view, at)

    def release(self, transit: Remembered) -> None:
        """Its transit is made: keep following it, so that it makes no second one, and free its image."""
        self.transit = transit
        self.best_shot = None

    def _vote(self, frame: Frame, read: PlateRead) -> None:
        if not self.ballot.add(read):
            return
        at = frame.captured_at.timestamp()
        self.widest_px = max(self.widest_px, read.box.w)
        if self._beats(read):
            self.best_shot = BestShot(frame=frame, read=read)
            self._note_better_read(at)
        self._note_settled(at)

    def _note_better_read(self, at: float) -> None:
        worth = _worth(self.best_shot.read, self.verdict()) if self.best_shot else 0.0
        if worth > self._best_worth * _CLEARLY_BETTER:
            self._best_at, self._best_worth = at, worth

    def _note_settled(self, at: float) -> None:
        verdict = self.verdict()
        if verdict is None or verdict.confidence < _SETTLED_CONFIDENCE or verdict.agreeing < _SETTLED_READS:
            self.settled_at = None
        elif self.settled_at is None:
            self.settled_at = at

    def _settled_by_few(self, at: float) -> float | None:
        """Since when few reads are enough; None where they are not."""
        since = self.first.taken_at.timestamp() + _FEW_FOR_S
        verdict = self.verdict()
        if verdict is None or at < since or verdict.confidence < _FEW_CONFIDENCE:
            return None
        return since if verdict.agreeing == verdict.reads >= _FEW_READS else None

    def _beats(self, read: PlateRead) -> bool:
        """Whether this read makes the better shot."""
        return self.best_shot is None or _worth(read, self.verdict()) > _worth(self.best_shot.read, self.verdict())


def _worth(read: PlateRead, verdict: Verdict | None) -> float:
    """Grows with confidence and width; a read that differs from the vote counts for little."""
    agrees = verdict is not None and plate_text(read.text) == verdict.plate
    return read.confidence * math.pow(read.box.w, 0.25) * (1.0 if agrees else 0.2)


def _moment(frame: Frame) -> Moment:
    return Moment(taken_at=frame.captured_at, frame=frame.index)
