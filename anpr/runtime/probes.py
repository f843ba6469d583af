# SPDX-License-Identifier: AGPL-3.0-or-later
"""HTTP endpoints for operators, without login: metrics, liveness, readiness.

/metrics  for Prometheus
/healthz  200 while the process answers
/readyz   200 when it can do its work; else 503 and one line that says why not
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from anpr.domain.errors import AnprError, SettingsError
from anpr.runtime.metrics import REGISTRY

log = logging.getLogger(__name__)

Check = Callable[[], str | None]
"""None when all is well, else what is wrong in a few words. May raise AnprError, which says the same."""

_TEXT = "text/plain; charset=utf-8"
_REQUEST_TIMEOUT_S = 5.0


@dataclass(kw_only=True)
class Readiness:
    """Readiness of this process: what it waits for while it starts, then what its checks say."""

    starting: str | None = None
    _checks: dict[str, Check] = field(default_factory=dict)

    def add(self, name: str, check: Check) -> None:
        """Add a check; a later one of the same name replaces it."""
        self._checks[name] = check

    def started(self) -> None:
        """Start-up is over: from now on only the checks count."""
        self.starting = None

    def why_not(self) -> str | None:
        """The reason, in one line, why the process is not ready; None when it is."""
        if self.starting is not None:
            return self.starting
        answers = [(name, _ask(check)) for name, check in list(self._checks.items())]
        reasons = [f"{name}: {answer}" for name, answer in answers if answer is not None]
        return " ".join("; ".join(reasons).split()) or None


def _ask(check: Check) -> str | None:
    try:
        return check()
    except AnprError as exc:
        return str(exc)


@contextmanager
def probes(port: int | None, readiness: Readiness) -> Iterator[int | None]:
    """Serve the endpoints on this port of every interface while the context lasts; 0 takes a free one, None none.

    Gives the port. Raises SettingsError when it is taken or not allowed.
    """
    if port is None:
        yield None
        return
    server = _listen(port, readiness)
    thread = threading.Thread(target=server.serve_forever, name="probes", daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _listen(port: int, readiness: Readiness) -> ThreadingHTTPServer:
    class Handler(_Handler):
        ready = readiness

    try:
        server = ThreadingHTTPServer(("", port), Handler)
    except (OSError, OverflowError) as exc:
        raise SettingsError(f"metrics_port: {port}: {getattr(exc, 'strerror', None) or exc}") from exc
    # A client that asks and never reads must not keep the process from ending.
    server.daemon_threads, server.block_on_close = True, False
    return server


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
