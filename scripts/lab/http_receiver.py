# SPDX-License-Identifier: AGPL-3.0-or-later
"""An HTTPS server that keeps the requests that it gets and answers as a test says."""

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from scripts.lab.certificates import Authority, Issued
from scripts.lab.ports import free_ports


@dataclass(frozen=True, kw_only=True)
class Received:
    """One request; the names of its headers are in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(kw_only=True)
class HttpReceiver:
    """Where it listens, and what it got. `status`, `answer` and `headers` are what it answers; `before` is called with
    each request before that."""

    port: int
    authority: Authority
    taken: list[Received] = field(default_factory=list)
    status: int = 200
    answer: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    before: Callable[[Received], object] | None = None


@contextmanager
def http_receiver(authority: Authority, issued: Issued, port: int | None = None) -> Iterator[HttpReceiver]:
    """A server on this machine, with TLS."""
    receiver = HttpReceiver(port=port or free_ports(1)[0], authority=authority)

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            received = Received(method=self.command, path=self.path, headers=headers, body=body)
            receiver.taken.append(received)
            if receiver.before is not None:
                receiver.before(received)
            self.send_response(receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(receiver.answer)))
            self.end_headers()
            self.wfile.write(receiver.answer)

        do_GET = do_POST = do_PUT = _serve  # noqa: N815  the names are the standard library's

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that went away is what some tests want."""

    server = Quiet(("127.0.0.1", receiver.port), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(str(issued.certificate), str(issued.key))
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
