# SPDX-License-Identifier: AGPL-3.0-or-later
"""A camera becomes a session. The camera is a film here: its frames come as a stream's do, and end."""

import threading
from pathlib import Path

import pytest

from anpr.accept.folder.records import MotionEvent, RecordedTransit
from anpr.accept.folder.session import RecordedSession
from anpr.accept.folder.workspace import Workspace
from anpr.accept.record.live import LiveJob, record_live
from anpr.accept.record.outages import Outages
from anpr.accept.record.recorder import SessionRecorder
from anpr.capture.stream import CameraState, CameraStatus
from anpr.domain.errors import CameraError, CameraFault
from anpr.domain.gate import Camera
from anpr.runtime.clock import SystemClock
from anpr.settings import ReaderSettings
from tests.support.acceptance import at, site
from tests.support.grey_reader import GreyReader, write_greys


def record(workspace: Workspace, url: str, stop: threading.Event, seconds: float = 3600) -> RecordedSession:
    clock, camera, settings = SystemClock(), Camera(id="via-roma-1", url=url), ReaderSettings()

    def recorder(session: RecordedSession) -> SessionRecorder:
        return SessionRecorder(session, camera, settings, GreyReader({100: "AB123CD"}), clock)

    job = LiveJob(camera=camera, settings=settings, seconds=seconds, recorder=recorder)
    return record_live(workspace, job, clock, stop, lambda _line: None)


def test_all_that_passes_is_recorded_until_the_source_ends(tmp_path: Path) -> None:
    film = write_greys(tmp_path / "film.mp4", [(0, 2.0), (100, 2.0), (0, 2.0)])
    workspace = Workspace.create(tmp_path / "c", site())

    session = record(workspace, str(film), threading.Event())

    assert [transit.plate for transit in session.read(RecordedTransit)] == ["AB123CD"]
    assert session.read(MotionEvent)
    assert session.state.frames == 60
    assert session.state.complete
    assert session.state.is_live


def test_a_camera_that_gave_no_image_is_an_error_and_leaves_no_session(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "c", site())
    stop = threading.Event()
    stop.set()

    with pytest.raises(CameraError, match=r"camera via-roma-1: .*gave no image"):
        record(workspace, str(tmp_path / "nothing.mp4"), stop)

    assert workspace.sessions() == ()


def test_when_the_camera_gave_no_images_is_known() -> None:
    outages = Outages()
    outages.changed(CameraState(status=CameraStatus.CONNECTING, since=at(0)))
    outages.changed(CameraState(status=CameraStatus.UP, since=at(2)))
    outages.changed(CameraState(status=CameraStatus.FAULT, since=at(60), fault=CameraFault.FROZEN))
    outages.changed(CameraState(status=CameraStatus.FAULT, since=at(70), fault=CameraFault.UNREACHABLE))

    assert outages.until(at(90)) == ((at(0), at(2), "connecting"), (at(60), at(90), "unreachable"))

    outages.changed(CameraState(status=CameraStatus.UP, since=at(95)))

    assert outages.until(at(100))[1:] == ((at(60), at(95), "unreachable"),)
