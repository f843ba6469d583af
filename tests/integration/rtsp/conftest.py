# SPDX-License-Identifier: AGPL-3.0-or-later
"""Real RTSP servers in processes of their own: the demo's, and GStreamer's as a second, independent one."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import av
import numpy as np
import pytest

from anpr.capture.stream import CameraStream
from anpr.domain.gate import Camera
from anpr.runtime.clock import SystemClock
from anpr.settings import ReaderSettings

HERE = Path(__file__).resolve().parent
SYSTEM_PYTHON = "/usr/bin/python3"
GSTREAMER = (
    "import gi; gi.require_version('Gst', '1.0'); gi.require_version('GstRtspServer', '1.0'); "
    "from gi.repository import Gst, GstRtspServer; Gst.init(None); "
    "assert all(Gst.ElementFactory.find(name) for name in ('videotestsrc', 'x264enc', 'rtph264pay'))"
)
PACKAGES = (
    "python3-gi gir1.2-gst-rtsp-server-1.0 "
    "gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-ugly"
)


class RunningServer:
    """A server process on 127.0.0.1 that can be stopped, killed and started again on its port."""

    def __init__(self, command: list[str], path: str, options: list[str]) -> None:
        self._command = command
        self._path = path
        self._options = options
        self.port = 0
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self._process = subprocess.Popen(
            [*self._command, str(self.port), *self._options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        line = self._pipe(self._process.stdout).readline()
        assert line.startswith("ready "), f"{self._command} did not start"
        self.port = int(line.split()[1])

    def url(self, path: str | None = None, user: str = "") -> str:
        return f"rtsp://{user}127.0.0.1:{self.port}/{path or self._path}"

    def tell(self, command: str) -> None:
        assert self._process is not None
        pipe = self._pipe(self._process.stdin)
        pipe.write(f"{command}\n")
        pipe.flush()

    def pause(self) -> None:
        """Connections stay open, and nothing comes any more."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for pipe in (self._process.stdin, self._process.stdout):
                self._pipe(pipe).close()
            self._process = None

    @staticmethod
    def _pipe(pipe: IO[str] | None) -> IO[str]:
        assert pipe is not None
        return pipe


Serve = Callable[..., RunningServer]
Watch = Callable[..., CameraStream]


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two one-second clips of different sizes."""
    folder = tmp_path_factory.mktemp("clips")
    write_clip(folder / "small.mp4", (160, 96))
    write_clip(folder / "large.mp4", (320, 240))
    return folder


def write_clip(path: Path, size: tuple[int, int]) -> None:
    rng = np.random.default_rng(5)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=15, options={"bf": "0", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.gop_size = 5
        for _ in range(15):
            image = rng.integers(0, 255, (size[1], size[0], 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "bgr24")))
        container.mux(stream.encode())


@pytest.fixture(scope="session")
def gstreamer() -> None:
    """Skips where the system has no GStreamer RTSP server."""
    if not Path(SYSTEM_PYTHON).exists():
        pytest.skip(f"no {SYSTEM_PYTHON} to run GStreamer's RTSP server with")
    found = subprocess.run([SYSTEM_PYTHON, "-c", GSTREAMER], capture_output=True, check=False)
    if found.returncode != 0:
        pytest.skip(f"GStreamer's RTSP server is not installed: apt-get install {PACKAGES}")


@pytest.fixture
def serve(request: pytest.FixtureRequest) -> Iterator[Serve]:
    """Starts a server: `serve("toolkit", folder)` or `serve("gstreamer", [password])`."""
    servers: list[RunningServer] = []

    def start(kind: str, *options: str) -> RunningServer:
        if kind == "gstreamer":
            request.getfixturevalue("gstreamer")
            server = RunningServer([SYSTEM_PYTHON, str(HERE / "gst_server.py")], "live", list(options))
        else:
            folder = options[0] if options else str(request.getfixturevalue("clips"))
            server = RunningServer([sys.executable, str(HERE / "toolkit_server.py")], "large.mp4", [folder])
        servers.append(server)
        server.start()
        return server

    yield start
    for server in servers:
        server.kill()


@pytest.fixture
def watch(request: pytest.FixtureRequest) -> Iterator[Watch]:
    """Starts a camera stream on a URL, named after the test; stops it at the end."""
    streams: list[CameraStream] = []

    def start(url: str, name: str | None = None, **login: Any) -> CameraStream:
        settings = ReaderSettings(frozen_after_s=1.0, retry_min_s=0.05, retry_max_s=0.1)
        stream = CameraStream(Camera(id=name or request.node.name, url=url, **login), settings, SystemClock())
        streams.append(stream)
        stream.start()
        return stream

    yield start
    for stream in streams:
        stream.stop()
