# SPDX-License-Identifier: AGPL-3.0-or-later
"""Records sessions from video files: each file once, resumed at its last checkpoint after an interruption."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from anpr.accept.folder.files import explained
from anpr.accept.folder.session import RecordedSession
from anpr.accept.folder.workspace import Workspace
from anpr.accept.record.live import MakeRecorder, Say
from anpr.accept.record.recorder import SessionRecorder
from anpr.capture.frame import Frame
from anpr.capture.media import open_video
from anpr.domain.errors import InputError, MediaError
from anpr.runtime.clock import Clock

_SAVE_EVERY_S = 10.0
"""Of the film, between two checkpoints; later where something is under way."""
_TELL_EVERY_S = 30.0
"""Of the clock."""


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A video file, and when it began (UTC)."""

    path: Path
    began: datetime


def record_files(
    workspace: Workspace,
    recordings: Sequence[Recording],
    recorder: MakeRecorder,
    clock: Clock,
    stop: threading.Event,
    say: Say = lambda _line: None,
) -> list[RecordedSession]:
    """FolderRecord every file that the folder does not hold yet; the sessions of all that were given, in order of time.

    When `stop` is set the file under way keeps its last checkpoint, and the same call goes on there. A file that is
    damaged is recorded as far as it can be read, and its session says so; what two files both hold is recorded once.
    Raises InputError for a file that changed since it was begun; ModelError.
    """
    sessions = []
    for number, one in enumerate(sorted(recordings, key=lambda recording: recording.began), start=1):
        if stop.is_set():
            break
        session = _session_of(workspace, one)
        sessions.append(session)
        if not session.state.complete:
            say(f"file {number} of {len(recordings)}: {one.path.name}")
            _record(workspace, session, one, recorder(session), _Progress(clock, stop, say))
    return sessions


def _session_of(workspace: Workspace, one: Recording) -> RecordedSession:
    with explained(one.path):
        size = one.path.stat().st_size
    for session in workspace.sessions():
        if session.state.source != one.path.name:
            continue
        if session.state.size != size or session.state.began != one.began:
            raise InputError(f"{one.path}: is another recording than the one of this name in {session.path}")
        if not session.state.complete:
            session.cut_back()
        return session
    return workspace.new_session(one.path.name, one.began, size)


@dataclass
class _Progress:
    clock: Clock
    stop: threading.Event
    say: Say
    told_at: float = float("-inf")

    def tell(self, at_s: float) -> None:
        now = self.clock.monotonic()
        if now - self.told_at >= _TELL_EVERY_S:
            self.told_at = now
            self.say(f"  {at_s / 60:.1f} min of it read")


def _record(
    workspace: Workspace, session: RecordedSession, one: Recording, recorder: SessionRecorder, progress: _Progress
) -> None:
    """One file, from the session's checkpoint on, without what other sessions hold."""
    after, before = _free_time(workspace, session)
    resumed_at = session.state.until if session.state.frames else after
    saved_s = (session.state.until - one.began).total_seconds()
    frame: Frame | None = None
    damage = None
    try:
        for frame in open_video(one.path, progress.clock, camera_id="file", start=one.began):
            if progress.stop.is_set():
                return
            progress.tell(frame.at_s)
            if resumed_at is not None and frame.captured_at <= resumed_at:
                continue
            if before is not None and frame.captured_at >= before:
                break
            recorder.add(frame)
            if recorder.is_quiet and frame.at_s - saved_s >= _SAVE_EVERY_S:
                saved_s = frame.at_s
                session.save(until=frame.captured_at, frames=recorder.frames)
    except MediaError as exc:
        if frame is None:
            session.discard()
            raise
        damage = str(exc)
        progress.say(f"error: {damage}")
    recorder.end()
    until = frame.captured_at if frame else one.began
    session.save(until=until, frames=recorder.frames, complete=True, damage=damage)


def _free_time(workspace: Workspace, session: RecordedSession) -> tuple[datetime | None, datetime | None]:
    """After which time and before which time no other session holds the same vehicles; None without such a session.

    Recorders let their files overlap by a second or two.
    """
    mine = session.state.began
    others = [other.state for other in workspace.sessions() if other.number != session.number]
    before = [other.until for other in others if other.began <= mine < other.until]
    after = [other.began for other in others if other.began > mine]
    return max(before, default=None), min(after, default=None)
