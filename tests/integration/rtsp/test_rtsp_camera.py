# SPDX-License-Identifier: AGPL-3.0-or-later
"""Capture from real RTSP servers: frames, faults, coming back."""

import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from anpr.capture.frame import Frame
from anpr.capture.stream import CameraStatus, CameraStream
from anpr.domain.errors import CameraFault
from anpr.runtime.metrics import REGISTRY
from tests.support.waiting import eventually

WITHIN_S = 120.0
"""A generous deadline: what is waited for comes within a second or two on an idle machine."""

Serve = Callable[..., Any]
"""See conftest.py, where the server's class is."""
Watch = Callable[..., CameraStream]

both = pytest.mark.parametrize("kind", ["toolkit", "gstreamer"])


def take(stream: CameraStream) -> Frame:
    frame = stream.next_frame(WITHIN_S)
    assert frame is not None, stream.state
    return frame


def take_until(stream: CameraStream, condition: Callable[[], bool]) -> None:
    """Takes frames, if there are any, until the condition holds."""

    def holds() -> bool:
        stream.next_frame(0.05)
        return condition()

    eventually(holds, seen=lambda: stream.state)


def faults(stream: CameraStream, kind: CameraFault) -> float:
    labels = {"camera": stream.camera.id, "fault": kind}
    return REGISTRY.get_sample_value("anpr_camera_faults_total", labels) or 0.0


def all_faults(stream: CameraStream) -> float:
    return sum(faults(stream, kind) for kind in CameraFault)


def drops(stream: CameraStream) -> float:
    labels = {"camera": stream.camera.id, "reason": "frame-late"}
    return REGISTRY.get_sample_value("anpr_drops_total", labels) or 0.0


@both
def test_frames_come_with_their_times(kind: str, serve: Serve, watch: Watch) -> None:
    stream = watch(serve(kind).url())
    frames = [take(stream) for _ in range(10)]
    assert all(frame.image.shape == (240, 320, 3) for frame in frames)
    assert [f.index for f in frames] == sorted({f.index for f in frames})
    assert [f.captured_at for f in frames] == sorted(f.captured_at for f in frames)
    assert stream.state.status is CameraStatus.UP
    assert all_faults(stream) == 0


def test_a_clip_goes_on_without_end_and_without_a_fault(serve: Serve, watch: Watch) -> None:
    stream = watch(serve("toolkit").url())
    first = take(stream)
    take_until(stream, lambda: take(stream).at_s - first.at_s > 3.2)  # the clip is one second long
    assert all_faults(stream) == 0


@both
def test_a_camera_that_was_killed_comes_back(kind: str, serve: Serve, watch: Watch) -> None:
    server = serve(kind)
    stream = watch(server.url())
    last = take(stream)
    server.kill()
    take_until(stream, lambda: faults(stream, CameraFault.UNREACHABLE) >= 1)
    assert faults(stream, CameraFault.ENDED) == 1
    assert stream.state.status is CameraStatus.FAULT
    server.start()
    take_until(stream, lambda: stream.state.status is CameraStatus.UP)
    assert take(stream).at_s > last.at_s


@both
def test_a_stream_that_says_nothing_more_is_frozen(kind: str, serve: Serve, watch: Watch) -> None:
    server = serve(kind)
    stream = watch(server.url())
    take(stream)
    server.pause()
    take_until(stream, lambda: faults(stream, CameraFault.FROZEN) >= 1)
    assert stream.state.status is not CameraStatus.UP


def test_a_stream_whose_connection_lives_but_whose_pictures_stop_is_frozen(serve: Serve, watch: Watch) -> None:
    server = serve("gstreamer")
    stream = watch(server.url())
    take(stream)
    server.tell("freeze")  # RTCP reports still come
    take_until(stream, lambda: faults(stream, CameraFault.FROZEN) >= 1)
    take_until(stream, lambda: stream.state.status is CameraStatus.UP)  # the server makes a new one for a new client


def test_another_size_in_mid_stream_is_a_fault_and_a_new_start(serve: Serve, watch: Watch) -> None:
    server = serve("gstreamer")
    stream = watch(server.url())
    take(stream)
    server.tell("size 640 480")
    take_until(stream, lambda: faults(stream, CameraFault.CHANGED_SIZE) == 1)
    take_until(stream, lambda: stream.state.status is CameraStatus.UP)


def test_another_size_after_coming_back_is_told_too(serve: Serve, watch: Watch, clips: Path, tmp_path: Path) -> None:
    shutil.copy(clips / "small.mp4", tmp_path / "large.mp4")
    server = serve("toolkit", str(tmp_path))
    stream = watch(server.url())
    assert take(stream).image.shape == (96, 160, 3)
    server.kill()
    shutil.copy(clips / "large.mp4", tmp_path / "large.mp4")
    server.start()
    take_until(stream, lambda: take(stream).image.shape == (240, 320, 3))
    assert faults(stream, CameraFault.CHANGED_SIZE) == 1


@both
def test_a_wrong_path_is_refused(kind: str, serve: Serve, watch: Watch) -> None:
    stream = watch(serve(kind).url("no-such-camera.mp4"))
    take_until(stream, lambda: faults(stream, CameraFault.REFUSED) >= 2)
    assert faults(stream, CameraFault.REFUSED) == all_faults(stream)


@pytest.mark.parametrize("user", ["", "viewer:wrong@"])
def test_a_wrong_password_is_refused_and_not_logged(
    user: str, serve: Serve, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    server = serve("gstreamer", "right")
    stream = watch(server.url(user=user))
    take_until(stream, lambda: faults(stream, CameraFault.REFUSED) >= 1)
    good = watch(server.url(user="viewer:right@"), "with-password")
    take(good)
    for word in ("wrong", "right@", "127.0.0.1"):
        assert word not in caplog.text.replace(stream.camera.id, "")


def test_user_and_password_may_lie_apart_from_the_address(serve: Serve, watch: Watch, tmp_path: Path) -> None:
    server = serve("gstreamer", "p@s/s #?%41")
    secret = tmp_path / "secret"
    secret.write_text("wrong\n", encoding="utf-8")
    stream = watch(server.url(), user="viewer", secret_file=secret)
    take_until(stream, lambda: faults(stream, CameraFault.REFUSED) >= 1)
    secret.write_bytes(b"\xef\xbb\xbfp@s/s #?%41\r\n")
    take(stream)


def test_late_frames_are_dropped_and_counted(serve: Serve, watch: Watch) -> None:
    stream = watch(serve("toolkit").url())
    first = take(stream)
    before = drops(stream)  # a slow machine drops some before the first is taken
    # A reader that is slower than the camera.
    eventually(lambda: drops(stream) >= before + 5, seen=lambda: stream.state)
    assert take(stream).index >= first.index + 5


@pytest.fixture
def silent_server() -> Iterator[tuple[str, socket.socket]]:
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"rtsp://127.0.0.1:{server.getsockname()[1]}/live", server


def test_a_server_that_never_answers_is_unreachable(silent_server: tuple[str, socket.socket], watch: Watch) -> None:
    url, _ = silent_server
    stream = watch(url)
    take_until(stream, lambda: faults(stream, CameraFault.UNREACHABLE) >= 1)


def test_stop_does_not_wait_for_a_server_that_never_answers(
    silent_server: tuple[str, socket.socket], watch: Watch
) -> None:
    url, server = silent_server
    stream = watch(url)
    server.settimeout(WITHIN_S)
    connection, _ = server.accept()
    began = time.monotonic()
    stream.stop()
    assert time.monotonic() - began < 4.0  # FFmpeg itself gives up after 5 s
    assert stream.finished
    connection.close()


def test_an_answer_that_is_not_rtsp_is_undecodable(watch: Watch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_talk_nonsense, args=(server,), daemon=True).start()
        stream = watch(f"rtsp://127.0.0.1:{server.getsockname()[1]}/live")
        take_until(stream, lambda: faults(stream, CameraFault.UNDECODABLE) >= 1)


def _talk_nonsense(server: socket.socket) -> None:
    try:
        while True:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(b"220 mail.example.org ESMTP\r\n\r\n" * 20)
    except OSError:
        return  # the test is over and has closed the server


def test_cameras_in_trouble_do_not_disturb_a_good_one(
    serve: Serve, watch: Watch, silent_server: tuple[str, socket.socket]
) -> None:
    server = serve("toolkit")
    bad = [
        watch(silent_server[0], "silent"),
        watch(server.url("no-such-camera.mp4"), "wrong-path"),
        watch("rtsp://127.0.0.1:1/live", "nobody-there"),
    ]
    good = watch(server.url(), "good")
    first = take(good)
    take_until(good, lambda: all(all_faults(stream) >= 1 for stream in bad))
    assert take(good).index > first.index
    assert all_faults(good) == 0
