# SPDX-License-Identifier: AGPL-3.0-or-later
"""RTSP server of the demo: serves each clip of a folder in an endless loop, as a camera would."""

import asyncio
import contextlib
import logging
import threading
from pathlib import Path

import aio_rtsp_toolkit.server as toolkit

from anpr.domain.errors import InputError

log = logging.getLogger(__name__)

_START_TIMEOUT_S = 10.0
_STOP_TIMEOUT_S = 10.0


class RtspServer:
    """Serves `folder/NAME.mp4` as `rtsp://host:port/NAME.mp4` over TCP, in a loop, in a thread of its own.

    Each client sees the clip from its first frame. Clips must be H.264 or H.265 without B-frames.
    """

    def __init__(self, folder: Path, host: str = "127.0.0.1", port: int = 0) -> None:
        """`port` 0 takes a free port, which is known after `start`."""
        self._folder = folder
        self.host = host
        self.port = port
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._started = threading.Event()
        self._failure: OSError | None = None

    def start(self) -> None:
        """Start, and return when connections are accepted. Raises InputError when the port is taken."""
        self._started.clear()
        self._failure = None
        self._thread = threading.Thread(target=self._run, name="demo-rtsp", daemon=True)
        self._thread.start()
        if not self._started.wait(_START_TIMEOUT_S):
            raise InputError(f"the demo's RTSP server did not start within {_START_TIMEOUT_S:g} s")
        if self._failure is not None:
            self._thread.join(_STOP_TIMEOUT_S)
            raise InputError(
                f"the demo's RTSP server cannot listen on {self.host}:{self.port}: {self._failure.strerror}"
            ) from self._failure

    def stop(self) -> None:
        """Close every connection and free the port."""
        if self._thread is None or self._loop is None or self._stopping is None:
            return
        with contextlib.suppress(RuntimeError):  # the loop ended by itself
            self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(_STOP_TIMEOUT_S)
        self._thread = None

    def url(self, name: str) -> str:
        """URL of the clip with this file name."""
        return f"rtsp://{self.host}:{self.port}/{name}"

    def __enter__(self) -> "RtspServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        # Ending the loop cancels what still runs in it: the sessions of clients that are connected.
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        server = _EndlessServer(str(self._folder), host=self.host, port=self.port)
        try:
            await server.start()
        except OSError as exc:
            self._failure = exc
            self._started.set()
            return
        self.port = server.bound_port
        self._started.set()
        await self._stopping.wait()
        server.stop_listening()


class _EndlessServer(toolkit.RtspServer):  # type: ignore[misc]  # the package has no types
    """The toolkit's server, which repeats a clip when the URL asks for it, made to repeat always."""

    def __init__(self, directory: str, *, host: str, port: int) -> None:
        super().__init__(directory, host=host, port=port, session_name="anpr demo")
        self.logger = _Quiet()

    @property
    def bound_port(self) -> int:
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def parse_play_count(self, uri: str) -> int:  # noqa: ARG002  the signature is the toolkit's
        return 0

    async def _handle_client(self, sock: object) -> None:
        # Being cancelled is how a session ends here; asyncio's streams of Python 3.11 would print it as an error.
        with contextlib.suppress(asyncio.CancelledError):
            await super()._handle_client(sock)

    def stop_listening(self) -> None:
        """Without waiting for the clients, whose sessions never end by themselves."""
        self._server.close()


class _Quiet:
    """The toolkit logs every request to standard output, where a command's result belongs."""

    def debug(self, message: str) -> None:
        log.debug("%s", message)

    info = debug
    warning = debug

    def error(self, message: str) -> None:
        log.warning("%s", message)

    critical = error
