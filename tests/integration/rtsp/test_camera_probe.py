# SPDX-License-Identifier: AGPL-3.0-or-later
"""`anpr camera probe` at real RTSP servers: what comes, and one line for each thing that may be wrong."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from anpr.capture.image_file import read_image
from anpr.cli import main
from tests.support.waiting import eventually

Serve = Callable[..., Any]
"""See conftest.py, where the server's class is."""


def tried(*arguments: str) -> Result:
    result = CliRunner().invoke(main, ["camera", "probe", *arguments])
    assert "right@" not in result.output
    assert "wrong" not in result.output.replace("is wrong", "")
    return result


def refused(*arguments: str) -> str:
    """The one line that is said."""
    result = tried(*arguments)
    assert result.exit_code == 1
    lines = [line for line in result.output.splitlines() if line.startswith("Error: ")]
    assert len(lines) == 1, result.output
    return lines[0].removeprefix("Error: camera probe: ")


def test_a_camera_of_the_demo_is_told_with_its_plates(tmp_path: Path, serve: Serve, shared_clip: Path) -> None:
    shutil.copy(shared_clip, tmp_path / "large.mp4")
    picture = tmp_path / "picture.jpg"
    result = tried(serve("toolkit", str(tmp_path)).url(), "--for", "3", "--json", "--picture", str(picture))
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert (told["codec"], told["width"], told["height"]) == ("h264", 1280, 720)
    assert [plate["text"] for plate in told["plates"]][:1] == ["LS15EBC"]
    assert told["plates"][0]["most_width_px"] > 90
    assert told["examined_frames"] >= 1
    assert read_image(picture).shape == (720, 1280, 3)


@pytest.fixture
def shared_clip(shared_data: Path) -> Path:
    return shared_data / "video" / "uk_LS15EBC_1280x720_30fps.mp4"


def test_rate_and_key_frames_are_measured(serve: Serve) -> None:
    told = json.loads(tried(serve("gstreamer").url(), "--for", "3", "--json").stdout)
    assert (told["width"], told["height"], told["announced_frames_per_s"]) == (320, 240, 25.0)
    assert 15 < told["frames_per_s"] < 35
    assert told["key_frame_every_s"] == pytest.approx(0.4, abs=0.2), "one in ten frames"
    assert told["plates"] == []


def test_a_wrong_password_is_told(serve: Serve) -> None:
    url = serve("gstreamer", "right").url(user="viewer:wrong@")
    assert refused(url) == "refused: the user or the password is not accepted (401)"


def test_a_wrong_path_is_told(serve: Serve) -> None:
    assert "no stream of this name" in refused(serve("gstreamer", "right").url("nowhere", "viewer:right@"))


def test_a_stream_without_video_is_told(serve: Serve) -> None:
    assert refused(serve("gstreamer", "", "audio").url()) == "undecodable: the stream has no video"


def test_a_stream_that_stops_is_told_with_what_had_come(serve: Serve) -> None:
    server = serve("toolkit")
    results: list[str] = []
    thread = threading.Thread(target=lambda: results.append(refused(server.url(), "--for", "60")))
    examined = threading.Event()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("anpr.reader.probe.examination.Examination.add", lambda _self, _raw: examined.set())
        thread.start()
        eventually(examined.is_set)
        server.pause()
        eventually(lambda: not thread.is_alive())
    assert results[0].startswith("frozen: no frame for 3 s, after ")


def test_a_camera_that_hangs_up_is_told(serve: Serve) -> None:
    server = serve("toolkit")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("anpr.reader.probe.examination.Examination.add", lambda _self, _raw: server.kill())
        assert refused(server.url(), "--for", "60").startswith("ended: ")


def test_a_closed_port_is_told(serve: Serve) -> None:
    server = serve("toolkit")
    server.kill()
    assert refused(server.url(user="viewer:right@")).startswith(f"unreachable: nothing listens at port {server.port}")


@pytest.fixture
def web_page() -> Iterator[int]:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!DOCTYPE html><title>camera</title>" * 100)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_a_web_page_is_told(scheme: str, web_page: int) -> None:
    line = refused(f"{scheme}://viewer:right@127.0.0.1:{web_page}/live")
    assert "web page" in line


def test_a_name_that_does_not_resolve_is_told() -> None:
    line = refused("rtsp://viewer:right@camera.invalid/live")
    assert line.startswith("unreachable: the name camera.invalid does not resolve")
