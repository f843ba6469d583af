# SPDX-License-Identifier: AGPL-3.0-or-later
"""HTTP/1.1 listener of the simulation: the standard library's server, with so many connections at most, in a thread."""

import contextlib
import logging
import socket
import ssl
import struct
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MAX_CONNECTIONS = 64
MAX_BODY_BYTES = 300 * 1024 * 1024
_PATIENCE_S = 120.0
_LINGER_OFF = struct.pack("ii", 1, 0)
log = logging.getLogger(__name__)


class SimulatorHandler(BaseHTTPRequestHandler):
    """What both HTTP servers of the simulation share."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "anpr-simulator", ""
    timeout = _PATIENCE_S

    def body(self, most: int = MAX_BODY_BYTES) -> bytes | None:
        """The request's body; None when its length is not told or too large: then it is answered already."""
        length = self.headers.get("Content-Length") or ""
        if not length.isascii() or not length.isdigit() or int(length) > most:
            self.close_connection = True
            self.answer(413 if length.isdigit() else 411)
            return None
        return self.rfile.read(int(length))

    def answer(
        self, status: int, body: bytes = b"", content_type: str = "text/plain; charset=utf-8", **headers: str
    ) -> None:
        """Send a whole answer; names of headers have `_` in place of `-`."""
        self.send_response(status)
        for name, value in {"Content-Type": content_type, **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:  # unsaid, the client would send its next request into it
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def cut(self) -> None:
        """End the connection without an answer, as a broken line does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_OFF)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: an address may hold a file's name, and the page shows what came."""


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, listening: socket.socket, handler: type[SimulatorHandler]) -> None:
        super().__init__(listening.getsockname()[:2], handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.server_name, self.server_port = listening.getsockname()[:2]
        self._seats = threading.BoundedSemaphore(MAX_CONNECTIONS)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._seats.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._seats.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A handshake that fails and a client that goes away are what a trial is about; the first is told."""
        del request
        exc = sys.exc_info()[1]
        if isinstance(exc, ssl.SSLError):
            log.warning("%s: no TLS with %s: %s", self.server_port, client_address[0], exc.reason)
        elif not isinstance(exc, OSError):
            log.error("%s: a request of %s failed", self.server_port, client_address[0], exc_info=exc)


@contextlib.contextmanager
def http_listener(
    listening: socket.socket, handler: type[SimulatorHandler], name: str, tls: ssl.SSLContext | None = None
) -> Iterator[None]:
    """Serve until the context ends; with `tls` each connection's thread shakes hands first."""
    server = _Listener(listening, handler)
    if tls is not None:
        server.socket = tls.wrap_socket(listening, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
