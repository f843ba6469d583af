# SPDX-License-Identifier: AGPL-3.0-or-later
"""HTTP endpoints for operators, without login: metrics, liveness, readiness.

/metrics  for Prometheus
/healthz  200 while the process answers
/readyz   200 when it can do its work; else 503 and one line that names the parts that cannot

Why a part cannot is said in the log: it may name files, servers and people's plates.
"""

import logging
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from anpr.domain.errors import AnprError, SettingsError
from anpr.runtime.connection_limit import ConnectionLimits, LimitedListener
from anpr.runtime.metrics import CONNECTIONS_REFUSED, REGISTRY

log = logging.getLogger(__name__)

Check = Callable[[], str | None]
"""None when all is well, else what is wrong in a few words. May raise AnprError, which says the same."""

_TEXT = "text/plain; charset=utf-8"
_REQUEST_TIMEOUT_S = 5.0
_ANSWER_WITHIN_S = 10.0
_LIMITS = ConnectionLimits(in_all=32, per_address=16)


@dataclass(kw_only=True)
class Readiness:
    """Readiness of this process: what it waits for while it starts, then what its checks say."""

    starting: str | None = None
    _checks: dict[str, Check] = field(default_factory=dict)
    _told: dict[str, str] = field(default_factory=dict)

    def add(self, name: str, check: Check) -> None:
        """Add a check; a later one of the same name replaces it."""
        self._checks[name] = check

    def started(self) -> None:
        """Start-up is over: from now on only the checks count."""
        self.starting = None

    def why_not(self) -> str | None:
        """The parts, in one line, for which the process is not ready; None when it is. The log says why, once for each
        reason."""
        if self.starting is not None:
            return self.starting
        answers = {name: _ask(check) for name, check in list(self._checks.items())}
        reasons = {name: " ".join(answer.split()) for name, answer in answers.items() if answer is not None}
        for name, reason in reasons.items():
            if self._told.get(name) != reason:
                log.warning("not ready: %s: %s", name, reason)
        self._told = reasons
        return ", ".join(reasons) or None


def _ask(check: Check) -> str | None:
    try:
        return check()
    except AnprError as exc:
        return str(exc)


@contextmanager
def probes(port: int | None, readiness: Readiness, host: str = "127.0.0.1") -> Iterator[int | None]:
    """Serve the endpoints on this port of `host` while the context lasts; 0 takes a free one, None none.

    Gives the port. Raises SettingsError when it is taken or not allowed.
    """
    if port is None:
        yield None
        return
    server = _listen(host, port, readiness)
    thread = threading.Thread(target=server.serve_forever, name="probes", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _listen(host: str, port: int, readiness: Readiness) -> "_Server":
    class Handler(_Handler):
        ready = readiness

    try:
        return _Server(host, port, Handler)
    except (OSError, OverflowError) as exc:
        where = f"metrics_host, metrics_port: {host}:{port}"
        raise SettingsError(f"{where}: {getattr(exc, 'strerror', None) or exc}") from exc


class _Server(ThreadingHTTPServer):
    """Answers few at a time, and each within a deadline: asking needs no login."""

    # A client that asks and never reads must not keep the process from ending.
    daemon_threads = True
    block_on_close = False

    def __init__(self, host: str, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._since: dict[socket.socket, float] = {}
        super().__init__((host, port), handler, bind_and_activate=False)
        self.socket.close()
        self.socket = LimitedListener(self.address_family, _LIMITS, "probes")
        try:
            self.server_bind()
            self.server_activate()
        except BaseException:
            self.server_close()
            raise

    def process_request(self, request: Any, client_address: Any) -> None:
        """Called by socketserver: answer in a thread."""
        self._since[request] = time.monotonic()
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Called by socketserver at the end of an answer."""
        self._since.pop(request, None)
        super().shutdown_request(request)

    def service_actions(self) -> None:
        """Called by socketserver twice a second: cut those that take too long, however slowly they go on."""
        before = time.monotonic() - _ANSWER_WITHIN_S
        for request, since in list(self._since.items()):
            if since < before and self._since.pop(request, None) is not None:
                CONNECTIONS_REFUSED.labels("probes", "headers-late").inc()
                with suppress(OSError):  # it has ended by itself
                    request.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002  the signature is socketserver's
        """Called by socketserver, which would print a traceback: a client that goes away is no fault."""
        failure = sys.exc_info()
        if isinstance(failure[1], OSError):
            log.debug("probes: a client went away")
        else:
            log.error("probes: an answer failed", exc_info=failure)


class _Handler(BaseHTTPRequestHandler):
    ready: Readiness
    timeout = _REQUEST_TIMEOUT_S
    server_version = "anpr"
    sys_version = ""

    def do_GET(self) -> None:
        status, content_type, body = self._answer(self.path.partition("?")[0])
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self, path: str) -> tuple[int, str, bytes]:
        if path == "/metrics":
            return 200, CONTENT_TYPE_LATEST, generate_latest(REGISTRY)
        if path == "/healthz":
            return 200, _TEXT, b"ok\n"
        if path == "/readyz":
            why_not = self.ready.why_not()
            return (200, _TEXT, b"ready\n") if why_not is None else (503, _TEXT, f"not ready: {why_not}\n".encode())
        return 404, _TEXT, b"/metrics, /healthz, /readyz\n"

    def log_message(self, format: str, *args: object) -> None:
        """Log at debug only: a line per request every few seconds would bury all others."""
        log.debug(format, *args)
