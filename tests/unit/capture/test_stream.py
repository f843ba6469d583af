# SPDX-License-Identifier: AGPL-3.0-or-later
"""A camera kept running, over scripted sources; real streams are in tests/integration/rtsp."""

import logging
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

from anpr.capture.frame import Frame
from anpr.capture.source import RawFrame
from anpr.capture.stream import CameraStatus, CameraStream
from anpr.domain.errors import CameraError, CameraFault
from anpr.domain.gate import Camera
from anpr.runtime.clock import SystemClock
from anpr.runtime.metrics import REGISTRY
from anpr.settings import ReaderSettings
from tests.support.waiting import eventually

LONG_S = 20.0
SETTINGS = ReaderSettings(frozen_after_s=0.2, retry_min_s=0.01, retry_max_s=0.02)
PATIENT = SETTINGS.model_copy(update={"frozen_after_s": 600.0})
URL = "rtsp://admin:secret@192.0.2.9/stream"
WHEN = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)

Step = RawFrame | CameraError | threading.Event | None


class ScriptedSource:
    """Plays one list of steps per session; an event is waited for, an error raised. A live one hangs at the end of
    a list; `exhausted` is set when all that the lists hold was taken.
    """

    def __init__(self, *sessions: list[Step], is_live: bool = True) -> None:
        self.is_live = is_live
        self._sessions = list(sessions)
        self.opened = 0
        self.exhausted = threading.Event()
        self.released = threading.Event()

    def raw_frames(self) -> Iterator[RawFrame | None]:
        self.opened += 1
        for step in self._sessions.pop(0) if self._sessions else []:
            if isinstance(step, threading.Event):
                step.wait(LONG_S)
            elif isinstance(step, CameraError):
                raise step
            else:
                yield step
        if not self._sessions:
            self.exhausted.set()
        if self.is_live:
            self.released.wait(LONG_S)


def raw(number: int, size: tuple[int, int] = (64, 48), *, is_whole: bool = True) -> RawFrame:
    return RawFrame(
        size=size,
        captured_at=WHEN,
        at_s=100.0 + number,
        image=lambda: np.full((size[1], size[0], 3), number, np.uint8),
        is_whole=is_whole,
    )


def fault(kind: CameraFault, camera: str) -> CameraError:
    return CameraError(kind, camera, "as the test wants it")


def faults(camera: str, kind: CameraFault) -> float:
    return REGISTRY.get_sample_value("anpr_camera_faults_total", {"camera": camera, "fault": kind}) or 0.0


def drops(camera: str, reason: str = "frame-late") -> float:
    return REGISTRY.get_sample_value("anpr_drops_total", {"camera": camera, "reason": reason}) or 0.0


Open = Callable[..., CameraStream]


@pytest.fixture
def opened(request: pytest.FixtureRequest) -> Iterator[Open]:
    """Starts a stream on a scripted source, its camera named after the test; stops it at the end."""
    streams: list[tuple[CameraStream, ScriptedSource]] = []

    def start(source: ScriptedSource, name: str | None = None, settings: ReaderSettings = SETTINGS) -> CameraStream:
        camera = Camera(id=name or request.node.name, url=URL)
        stream = CameraStream(camera, settings, SystemClock(), source=source, random=lambda: 0.0)
        streams.append((stream, source))
        stream.start()
        return stream

    yield start
    for stream, source in streams:
        source.released.set()
        stream.stop()


def take(stream: CameraStream) -> Frame:
    frame = stream.next_frame(LONG_S)
    assert frame is not None, stream.state
    return frame


def all_of(stream: CameraStream) -> list[Frame]:
    frames = []
    while not stream.finished:
        if frame := stream.next_frame(LONG_S):
            frames.append(frame)
    return frames


def test_the_newest_frame_wins_and_the_late_ones_are_counted(opened: Open) -> None:
    source = ScriptedSource([raw(0), raw(1), raw(2), raw(3)])
    stream = opened(source)
    assert source.exhausted.wait(LONG_S)
    frame = take(stream)
    assert (frame.index, frame.at_s, frame.captured_at) == (3, 3.0, WHEN)
    assert frame.image[0, 0, 0] == 3
    assert drops(stream.camera.id) == 3


@pytest.mark.parametrize("kind", [CameraFault.UNREACHABLE, CameraFault.REFUSED, CameraFault.ENDED])
def test_each_fault_is_counted_and_the_camera_tried_again(kind: CameraFault, opened: Open) -> None:
    source = ScriptedSource([fault(kind, "x")], [fault(kind, "x")], [raw(7)])
    stream = opened(source)
    assert take(stream).image[0, 0, 0] == 7
    assert faults(stream.camera.id, kind) == 2


def test_a_fault_is_one_line_that_names_the_camera_and_not_its_url(
    opened: Open, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        stream = opened(ScriptedSource([fault(CameraFault.REFUSED, "gate-7")], [raw(1)]), "gate-7", PATIENT)
        take(stream)
    lines = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert lines == ["camera gate-7: refused: as the test wants it; next try in 0.0 s"]
    assert "secret" not in caplog.text
    assert "192.0.2.9" not in caplog.text


def test_a_source_that_hangs_is_frozen_and_replaced(opened: Open) -> None:
    never = threading.Event()
    source = ScriptedSource([raw(1), never], [raw(2), never], [raw(3), never])
    stream = opened(source)
    seen = [take(stream).image[0, 0, 0] for _ in range(3)]
    never.set()
    assert seen == [1, 2, 3]
    assert faults(stream.camera.id, CameraFault.FROZEN) >= 2


def test_an_outage_begins_with_the_last_frame(opened: Open) -> None:
    stream = opened(ScriptedSource([raw(1), fault(CameraFault.FROZEN, "x")]), settings=PATIENT)
    eventually(lambda: stream.state.fault)
    assert stream.state.since == WHEN


def test_sessions_that_hang_do_not_pile_up(opened: Open) -> None:
    never = threading.Event()
    sessions: list[list[Step]] = [[raw(number), never] for number in range(20)]
    source = ScriptedSource(*sessions)
    stream = opened(source, settings=SETTINGS.model_copy(update={"retry_max_s": LONG_S}))
    for _ in range(3):
        take(stream)
    assert stream.next_frame(2.0) is None  # a fourth would come after half a second
    assert source.opened == 3
    never.set()


def test_stop_returns_while_the_source_hangs(opened: Open) -> None:
    never = threading.Event()
    stream = opened(ScriptedSource([raw(1), never]), settings=PATIENT)
    take(stream)
    stopper = threading.Thread(target=stream.stop, daemon=True)
    stopper.start()
    stopper.join(LONG_S)
    assert not stopper.is_alive()
    assert stream.state.status is CameraStatus.STOPPED
    assert stream.finished
    assert stream.next_frame(LONG_S) is None
    never.set()


def test_a_frame_of_another_size_ends_the_session_once(opened: Open) -> None:
    source = ScriptedSource([raw(1), raw(2, (128, 96))], [raw(3, (128, 96))])
    stream = opened(source, settings=PATIENT)
    sizes = set()
    while (128, 96) not in sizes:
        image = take(stream).image
        sizes.add((image.shape[1], image.shape[0]))
    assert faults(stream.camera.id, CameraFault.CHANGED_SIZE) == 1


def test_state_follows_the_camera(opened: Open) -> None:
    go = threading.Event()
    source = ScriptedSource([raw(1), go, fault(CameraFault.ENDED, "x")], [])
    stream = opened(source, settings=PATIENT)
    take(stream)
    assert stream.state.status is CameraStatus.UP
    name = {"camera": stream.camera.id}
    assert REGISTRY.get_sample_value("anpr_camera_up", name) == 1
    go.set()
    assert source.exhausted.wait(LONG_S)
    assert (stream.state.status, stream.state.fault) == (CameraStatus.FAULT, CameraFault.ENDED)
    assert REGISTRY.get_sample_value("anpr_camera_up", name) == 0


def test_one_camera_in_trouble_does_not_touch_another(opened: Open) -> None:
    never = threading.Event()
    bad = opened(ScriptedSource([raw(1), never]), "bad")
    good = opened(ScriptedSource([raw(n) for n in range(50)], is_live=False), "good")
    assert [frame.index for frame in all_of(good)] == list(range(50))
    assert faults("good", CameraFault.FROZEN) == 0
    take(bad)
    never.set()


def test_a_bug_in_a_source_is_a_fault_and_not_a_dead_thread(opened: Open, caplog: pytest.LogCaptureFixture) -> None:
    class Buggy(ScriptedSource):
        def raw_frames(self) -> Iterator[RawFrame | None]:
            if self.opened == 0:
                self.opened += 1
                raise ZeroDivisionError
            yield from super().raw_frames()

    stream = opened(Buggy([raw(5)]))
    assert take(stream).image[0, 0, 0] == 5
    assert faults(stream.camera.id, CameraFault.UNDECODABLE) == 1
    assert "ZeroDivisionError" in caplog.text


def test_index_and_time_go_on_over_sessions(opened: Open) -> None:
    source = ScriptedSource([raw(0), fault(CameraFault.ENDED, "x")], [raw(9)])
    stream = opened(source, settings=PATIENT)
    assert source.exhausted.wait(LONG_S)
    frame = take(stream)
    assert (frame.index, frame.at_s) == (1, 9.0)


def test_a_damaged_frame_is_counted_and_never_handed_out(opened: Open) -> None:
    source = ScriptedSource([raw(0), raw(1, is_whole=False), raw(2, is_whole=False)])
    stream = opened(source, settings=PATIENT)
    assert source.exhausted.wait(LONG_S)
    assert take(stream).index == 0
    assert drops(stream.camera.id, "frame-damaged") == 2
    assert stream.state.status is CameraStatus.UP, "one disturbance is no state"


def test_a_camera_that_gives_only_damaged_frames_does_not_come_up(opened: Open) -> None:
    source = ScriptedSource([raw(number, is_whole=False) for number in range(5)])
    stream = opened(source, settings=PATIENT)
    assert source.exhausted.wait(LONG_S)
    assert stream.state.status is CameraStatus.CONNECTING


def test_damage_that_lasts_is_a_state_of_the_camera_and_so_is_its_end() -> None:
    """One frame a second: each tenth is damaged for three minutes, then none."""
    go = threading.Event()
    bad = [raw(number, is_whole=number % 10 != 0) for number in range(1, 182)]
    source = ScriptedSource([*bad, go, *(raw(number) for number in range(182, 420))], is_live=False)
    states: list[str] = []
    camera = Camera(id="often-damaged", url=URL)
    stream = CameraStream(
        camera, PATIENT, SystemClock(), source=source, on_change=lambda state: states.append(state.name)
    )
    stream.start()
    frames: list[Frame] = []
    while len(frames) < 163:
        frames.append(take(stream))
    labels = {"camera": "often-damaged"}
    eventually(lambda: REGISTRY.get_sample_value("anpr_camera_damaged", labels) == 1)
    assert REGISTRY.get_sample_value("anpr_camera_up", labels) == 1
    go.set()
    assert len(frames) + len(all_of(stream)) == 419 - 18
    assert states == ["connecting", "up", "damaged", "up", "finished"]
    assert REGISTRY.get_sample_value("anpr_camera_damaged", labels) == 0
    counted = REGISTRY.get_sample_value("anpr_camera_degraded_total", {**labels, "state": "damaged"})
    assert counted == 1


def test_a_folder_of_images_is_read_in_the_order_of_its_numbers(tmp_path: Path) -> None:
    for number in (10, 9, 2):
        cv2.imwrite(str(tmp_path / f"frame-{number}.png"), np.full((20, 30, 3), number, np.uint8))
    (tmp_path / "frame-3.png").write_bytes(b"not an image")
    stream = CameraStream(Camera(id="folder", url=str(tmp_path)), SETTINGS, SystemClock())
    stream.start()
    frames = all_of(stream)
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [2, 9, 10]
    assert (stream.state.status, stream.state.fault) == (CameraStatus.FINISHED, CameraFault.UNDECODABLE)
    assert faults("folder", CameraFault.UNDECODABLE) == 1


@pytest.mark.parametrize(
    ("content", "kind"), [(b"some text", CameraFault.UNDECODABLE), (None, CameraFault.UNREACHABLE)]
)
def test_a_file_that_is_no_video_is_a_counted_fault_and_ends(
    content: bytes | None, kind: CameraFault, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "gate.mp4"
    if content is not None:
        path.write_bytes(content)
    stream = CameraStream(Camera(id=f"file-{kind}", url=str(path)), SETTINGS, SystemClock())
    stream.start()
    assert all_of(stream) == []
    assert (stream.state.status, stream.state.fault) == (CameraStatus.FINISHED, kind)
    assert faults(f"file-{kind}", kind) == 1
    assert "gate.mp4" in caplog.text
