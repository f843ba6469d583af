# SPDX-License-Identifier: AGPL-3.0-or-later
"""A web service with TLS in a thread of its own, that keeps the files that it is sent and answers as it is told."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from anpr.runtime.certificate import load_pair
from scripts.lab.certificates import Issued
from scripts.lab.http_receiver import Received


@dataclass(frozen=True)
class Told:
    """An answer; `length` is told instead of the body's."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None


Answering = Callable[[Received], Told]


@dataclass
class HttpsServer:
    """Where it listens, what it was asked, and how it answers; a file's name is in the header X-File."""

    folder: Path
    port: int = 0
    asked: list[Received] = field(default_factory=list)
    answer: Answering = lambda _: Told()
    keeps: bool = True
    """Whether what comes is kept, in `asked` and in the folder; who sends it millions keeps it himself."""

    @property
    def url(self) -> str:
        """Of the service."""
        return f"https://127.0.0.1:{self.port}/transiti"


@contextmanager
def https_server(folder: Path, issued: Issued, client_authority: Path | None = None) -> Iterator[HttpsServer]:
    """A server with this certificate; with `client_authority` it lets in only those whom that one has signed."""
    folder.mkdir(parents=True)
    context = load_pair(str(issued.certificate), str(issued.key))
    if client_authority is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(client_authority)
    server = HttpsServer(folder)
    listener = _listener(server, context)
    server.port = listener.server_address[1]
    thread = threading.Thread(target=lambda: listener.serve_forever(poll_interval=0.02))
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        thread.join(20)
        listener.server_close()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        del request, client_address  # a handshake that fails is what some tests are about


def _listener(server: HttpsServer, context: ssl.SSLContext) -> _Listener:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 20

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Received(method=self.command, path=self.path, headers=headers, body=body)
            if server.keeps:
                server.asked.append(asked)
            told = server.answer(asked)
            if server.keeps and told.status < 300 and (name := headers.get("x-file")):
                (server.folder / name).write_bytes(body)
            self.send_response(told.status)
            for name, value in told.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(told.body) if told.length is None else told.length))
            self.end_headers()
            self.wfile.write(told.body)
            if told.length is not None:
                self.close_connection = True

        def do_PUT(self) -> None:
            self.do_POST()

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    listener = _Listener(("127.0.0.1", 0), Handler)
    listener.socket = context.wrap_socket(listener.socket, server_side=True, do_handshake_on_connect=False)
    return listener
