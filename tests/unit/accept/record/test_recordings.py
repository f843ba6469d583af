# SPDX-License-Identifier: AGPL-3.0-or-later
"""Recordings become sessions: once, resumed, and never twice for one vehicle."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from anpr.accept.count.sheet_rows import lay_out
from anpr.accept.folder.records import FolderRecord, MotionEvent, RecordedTransit, Still
from anpr.accept.folder.session import RecordedSession
from anpr.accept.folder.workspace import Workspace
from anpr.accept.record.recorder import SessionRecorder
from anpr.accept.record.recordings import Recording, record_files
from anpr.capture.frame import Frame
from anpr.domain.errors import InputError, MediaError
from anpr.domain.gate import Camera
from anpr.runtime.clock import ManualClock
from anpr.settings import ReaderSettings
from tests.support.acceptance import BEGAN, at, site
from tests.support.grey_reader import GreyReader, write_greys

PLATES = {100: "AB123CD", 180: "EF456GH"}
TWO_VEHICLES = [(0, 3.0), (100, 2.0), (0, 16.0), (180, 2.0), (0, 3.0)]


def record(workspace: Workspace, *recordings: Recording, stop_after: float = 1e9) -> list[RecordedSession]:
    """Record; interrupted when the film has come to `stop_after` (s)."""
    clock = ManualClock(BEGAN)
    stop = threading.Event()

    class Stopping(SessionRecorder):
        def add(self, frame: Frame) -> None:
            super().add(frame)
            if frame.at_s >= stop_after:
                stop.set()

    def recorder(session: RecordedSession) -> SessionRecorder:
        return Stopping(session, Camera(id="c", url=""), ReaderSettings(), GreyReader(PLATES), clock)

    return record_files(workspace, recordings, recorder, clock, stop)


def plates(workspace: Workspace) -> list[str]:
    return [transit.plate for session in workspace.sessions() for transit in session.read(RecordedTransit)]


def test_transits_events_and_even_stills_are_kept_with_their_times(tmp_path: Path) -> None:
    film = write_greys(tmp_path / "film.mp4", TWO_VEHICLES)
    workspace = Workspace.create(tmp_path / "c", site())

    (session,) = record(workspace, Recording(path=film, began=BEGAN))

    first, second = session.read(RecordedTransit)
    assert (first.plate, second.plate) == ("AB123CD", "EF456GH")
    assert at(3) <= first.captured_at <= at(5)
    assert (workspace.path / first.plate_image).read_bytes()[:2] == b"\xff\xd8"
    assert (workspace.path / second.context_image).is_file()
    events = session.read(MotionEvent)
    assert [event.label for event in events] == [f"s1m{number:03d}" for number in range(1, len(events) + 1)]
    assert all((workspace.path / still.image).is_file() for event in events for still in event.stills)
    assert [still.at for still in session.read(Still)] == [at(0)]
    assert session.state.complete
    assert session.state.frames == 260


def test_a_recording_that_was_recorded_is_not_recorded_again(tmp_path: Path) -> None:
    film = write_greys(tmp_path / "film.mp4", TWO_VEHICLES)
    workspace = Workspace.create(tmp_path / "c", site())
    record(workspace, Recording(path=film, began=BEGAN))

    record(workspace, Recording(path=film, began=BEGAN))

    assert plates(workspace) == ["AB123CD", "EF456GH"]


@pytest.mark.parametrize("stop_after", [4.0, 12.0, 19.9, 22.0, 25.0])
def test_an_interrupted_recording_goes_on_to_the_same_result(tmp_path: Path, stop_after: float) -> None:
    film = write_greys(tmp_path / "film.mp4", TWO_VEHICLES)
    whole, parts = (Workspace.create(tmp_path / name, site()) for name in ("whole", "parts"))
    record(whole, Recording(path=film, began=BEGAN))

    record(parts, Recording(path=film, began=BEGAN), stop_after=stop_after)
    assert not parts.sessions()[0].state.complete
    record(parts, Recording(path=film, began=BEGAN))

    def kept(workspace: Workspace, kind: type[FolderRecord]) -> list[FolderRecord]:
        return list(workspace.sessions()[0].read(kind))

    assert kept(parts, RecordedTransit) == kept(whole, RecordedTransit)
    assert kept(parts, MotionEvent) == kept(whole, MotionEvent)
    assert parts.sessions()[0].state.frames == whole.sessions()[0].state.frames


def test_what_two_recordings_both_hold_is_recorded_once(tmp_path: Path) -> None:
    early = write_greys(tmp_path / "early.mp4", [(0, 3.0), (100, 2.0), (0, 3.0)])
    late = write_greys(tmp_path / "late.mp4", [(100, 2.0), (0, 3.0), (180, 2.0), (0, 2.0)])
    workspace = Workspace.create(tmp_path / "c", site())

    record(
        workspace,
        Recording(path=late, began=BEGAN + timedelta(seconds=3)),
        Recording(path=early, began=BEGAN),
    )

    assert plates(workspace) == ["AB123CD", "EF456GH"]


def test_an_earlier_recording_added_later_ends_where_the_next_begins(tmp_path: Path) -> None:
    early = write_greys(tmp_path / "early.mp4", [(0, 3.0), (100, 2.0), (0, 3.0), (180, 2.0)])
    late = write_greys(tmp_path / "late.mp4", [(0, 2.0), (180, 2.0), (0, 2.0)])
    workspace = Workspace.create(tmp_path / "c", site())

    record(workspace, Recording(path=late, began=BEGAN + timedelta(seconds=6)))
    record(workspace, Recording(path=early, began=BEGAN))

    assert sorted(plates(workspace)) == ["AB123CD", "EF456GH"]


def test_another_file_under_a_known_name_is_an_error(tmp_path: Path) -> None:
    film = write_greys(tmp_path / "film.mp4", [(0, 1.0)])
    workspace = Workspace.create(tmp_path / "c", site())
    record(workspace, Recording(path=film, began=BEGAN))
    write_greys(film, TWO_VEHICLES)

    with pytest.raises(InputError, match=r"film\.mp4: is another recording than the one of this name"):
        record(workspace, Recording(path=film, began=BEGAN))


def test_a_damaged_recording_is_recorded_as_far_as_it_goes_and_says_so(tmp_path: Path) -> None:
    film = write_greys(tmp_path / "film.mkv", TWO_VEHICLES)
    data = film.read_bytes()
    film.write_bytes(data[: len(data) // 2])
    workspace = Workspace.create(tmp_path / "c", site())

    (session,) = record(workspace, Recording(path=film, began=BEGAN))

    assert session.state.complete
    assert session.state.damage is not None
    assert "film.mkv" in session.state.damage


def test_a_file_that_is_no_video_is_an_error_and_leaves_no_session(tmp_path: Path) -> None:
    film = tmp_path / "film.mp4"
    film.write_bytes(b"no video")
    workspace = Workspace.create(tmp_path / "c", site())

    with pytest.raises(MediaError, match=r"film\.mp4"):
        record(workspace, Recording(path=film, began=BEGAN))

    assert workspace.sessions() == ()


def test_the_rows_to_count_come_when_a_recording_was_read_to_its_end(tmp_path: Path) -> None:
    film = write_greys(tmp_path / "film.mp4", TWO_VEHICLES)
    workspace = Workspace.create(tmp_path / "c", site())
    record(workspace, Recording(path=film, began=BEGAN), stop_after=20.0)

    assert lay_out(workspace) == 0
    record(workspace, Recording(path=film, began=BEGAN))

    assert lay_out(workspace) == workspace.sessions()[0].count(MotionEvent) > 0
