# SPDX-License-Identifier: AGPL-3.0-or-later
"""Records a session from a live camera, with checkpoints and the times in which the camera gave no images."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from anpr.accept.folder.records import MotionEvent, RecordedTransit
from anpr.accept.folder.session import RecordedSession
from anpr.accept.folder.workspace import Workspace
from anpr.accept.record.outages import Outages
from anpr.accept.record.recorder import SessionRecorder
from anpr.capture.stream import CameraStream
from anpr.domain.errors import CameraError, CameraFault
from anpr.domain.gate import Camera
from anpr.runtime.clock import Clock
from anpr.settings import ReaderSettings

_POLL_S = 0.2
_SAVE_EVERY_S = 10.0
_TELL_EVERY_S = 60.0

Say = Callable[[str], None]
"""Receives one line of progress. No plate is in it."""
MakeRecorder = Callable[[RecordedSession], SessionRecorder]


@dataclass(frozen=True, kw_only=True)
class LiveJob:
    """What is recorded, and for how long (s)."""

    camera: Camera
    settings: ReaderSettings
    seconds: float
    recorder: MakeRecorder


def record_live(workspace: Workspace, job: LiveJob, clock: Clock, stop: threading.Event, say: Say) -> RecordedSession:
    """FolderRecord the camera until the time is over, `stop` is set or the source, a file, was read to its end.

    Each checkpoint leaves a session that can be counted and judged: when the process is killed, the last seconds are
    missing. Raises CameraError when no image ever came, ModelError, and InputError when the folder cannot be written.
    """
    outages = Outages()
    session = workspace.new_session("camera", clock.now())
    recorder = job.recorder(session)
    stream = CameraStream(job.camera, job.settings, clock, on_change=outages.changed)
    stream.start()
    try:
        _run(_Live(session, recorder, stream, outages), job.seconds, clock, stop, say)
    finally:
        stream.stop()
    recorder.end()
    session.save(until=clock.now(), frames=recorder.frames, complete=True, outages=outages.until(clock.now()))
    if recorder.frames == 0:
        session.discard()
        fault = outages.last_fault or CameraFault.UNREACHABLE
        raise CameraError(fault, job.camera.id, "gave no image in all this time; nothing to count")
    return session


@dataclass(frozen=True)
class _Live:
    session: RecordedSession
    recorder: SessionRecorder
    stream: CameraStream
    outages: Outages


def _run(live: _Live, seconds: float, clock: Clock, stop: threading.Event, say: Say) -> None:
    began = saved = told = clock.monotonic()
    while not stop.is_set() and not live.stream.finished:
        now = clock.monotonic()
        if now - began >= seconds:
            return
        frame = live.stream.next_frame(_POLL_S)
        if frame is None:
            live.recorder.idle()
        else:
            live.recorder.add(frame)
        if now - saved >= _SAVE_EVERY_S:
            saved = now
            at = clock.now()
            live.session.save(until=at, frames=live.recorder.frames, outages=live.outages.until(at))
        if now - told >= _TELL_EVERY_S:
            told = now
            say(_progress(live, now - began, seconds))


def _progress(live: _Live, elapsed_s: float, seconds: float) -> str:
    session = live.session
    return (
        f"{elapsed_s / 60:.0f} of {seconds / 60:.0f} min: camera {live.stream.state.name}, "
        f"{session.count(MotionEvent)} motion events, {session.count(RecordedTransit)} transits"
    )
