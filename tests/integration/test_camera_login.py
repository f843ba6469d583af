# SPDX-License-Identifier: AGPL-3.0-or-later
"""Cameras that ask for a login: what is written on paper logs in, encoded in the address or kept apart from it."""

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import av
import numpy as np
import pytest

from anpr.capture.live import LiveSource
from anpr.capture.probe import facts_of, probe
from anpr.domain.errors import CameraError, CameraFault
from anpr.runtime.clock import SystemClock
from anpr.settings import CameraSettings

PASSWORDS = ["P@ss", "p#ss", "p:ss", "p/ss", "p?ss", "p%41s", "pässwörd", "p ss", "a&b=c!$"]


class Camera:
    """An HTTP server on loopback that streams a clip to the user "viewer" with this password only (Basic login)."""

    def __init__(self, clip: bytes, password: str) -> None:
        wanted = f"Basic {base64.b64encode(f'viewer:{password}'.encode()).decode()}"

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.headers.get("Authorization") != wanted:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="camera"')
                    self.end_headers()
                    return
                self.send_response(200)
                self.send_header("Content-Type", "video/mp2t")
                self.end_headers()
                self.wfile.write(clip)

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.place = f"127.0.0.1:{self.server.server_port}/live"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("clip") / "clip.ts"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=15)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for shade in range(30):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), shade * 8, np.uint8), format="bgr24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path.read_bytes()


@pytest.fixture
def camera(clip: bytes, request: pytest.FixtureRequest) -> Iterator[Camera]:
    made = Camera(clip, request.param)
    with made.server as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield made
        server.shutdown()
        thread.join()


def looked_at(**keys: str) -> str | None:
    """The codec of what the camera of these settings gives."""
    made = CameraSettings.model_validate({"id": "c", **keys}).to_domain()
    clock = SystemClock()
    source = LiveSource(made, 3.0, clock)
    assert probe(source, made.id, clock, 1e-6).size == (64, 48)
    return facts_of(source, made).codec


@pytest.mark.parametrize(("camera", "password"), [(one, one) for one in PASSWORDS], indirect=["camera"])
def test_every_password_logs_in_both_ways(camera: Camera, password: str, tmp_path: Path) -> None:
    assert looked_at(url=f"http://viewer:{quote(password, safe='')}@{camera.place}") == "h264"
    secret = tmp_path / "secret"
    secret.write_bytes(b"\xef\xbb\xbf" + f"{password}\r\n".encode())
    assert looked_at(url=f"http://{camera.place}", user="viewer", secret_file=str(secret)) == "h264"


@pytest.mark.parametrize("camera", ["right"], indirect=True)
def test_a_wrong_password_is_refused_and_not_shown(camera: Camera, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("SEGRETO", encoding="utf-8")
    with pytest.raises(CameraError) as caught:
        looked_at(url=f"http://{camera.place}", user="viewer", secret_file=str(secret))
    assert caught.value.fault is CameraFault.REFUSED
    assert "SEGRETO" not in str(caught.value)
